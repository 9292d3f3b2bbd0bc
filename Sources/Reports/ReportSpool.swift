import Crypto
import Glibc
import ObjectStore

/// The files of one delivery while they are made, one behind the other: hashed as they grow, kept in memory up to a limit
/// all together and on disk beyond it.
///
/// The file on disk loses its name as soon as it is open, so that nothing is left of it whatever happens.
struct ReportSpool: ~Copyable {
    private let settings: SpoolSettings
    private var hash = SHA256()
    private var count = 0
    private var start = 0
    private var memory: [UInt8] = []
    private var file: SpoolFile?

    /// Begins the first file.
    init(_ settings: SpoolSettings) {
        self.settings = settings
    }

    /// Adds bytes at the end of the file.
    mutating func append(_ bytes: [UInt8]) throws(SpoolError) {
        hash.update(data: bytes)
        count += bytes.count
        memory += bytes
        if memory.count > settings.memoryLimit { try spill() }
    }

    /// Ends the file and begins another.
    mutating func cut() -> SpooledFile {
        let ended = SpooledFile(offset: start, bytes: count - start, sha256: hash.finalize().hexadecimal)
        hash = SHA256()
        start = count
        return ended
    }

    /// What was spooled. Bytes since the last cut belong to no file.
    consuming func finish() throws(SpoolError) -> SpooledReport {
        if file != nil { try spill() }
        return SpooledReport(memory: memory, file: file)
    }

    private mutating func spill() throws(SpoolError) {
        let file: SpoolFile
        if let open = self.file {
            file = open
        } else {
            file = try SpoolFile(directory: settings.directory, reserve: settings.reserve)
            self.file = file
        }
        try file.append(memory)
        memory.removeAll(keepingCapacity: true)
    }
}

/// Where reports' files are kept while they are made.
struct SpoolSettings: Sendable {
    /// A directory of this machine; made when it is needed.
    var directory: String
    /// Bytes of a delivery that are kept in memory before they go to disk.
    var memoryLimit: Int
    /// Bytes of the disk that stay free: the log and the totals are on it as well.
    var reserve = 0
}

/// One of the files, where it is in the spool.
struct SpooledFile: Sendable, Hashable {
    var offset: Int
    var bytes: Int
    /// In lower-case hexadecimal.
    var sha256: String
}

/// The finished files of a delivery.
struct SpooledReport: Sendable {
    fileprivate let memory: [UInt8]
    fileprivate let file: SpoolFile?

    /// What the object store sends; it can be read again when a request is repeated.
    func body(of spooled: SpooledFile) -> ObjectBody {
        guard let file else {
            let end = spooled.offset + spooled.bytes
            return .bytes(spooled.bytes == memory.count ? memory : Array(memory[spooled.offset..<end]))
        }
        return .reading(sha256: spooled.sha256) { offset in
            try file.read(at: spooled.offset + offset, limit: min(Self.chunkBytes, spooled.bytes - offset))
        }
    }

    /// The bytes from an offset of the spool on, at most `limit` of them; none at the end.
    func read(at offset: Int, limit: Int) throws(SpoolError) -> [UInt8] {
        guard let file else { return Array(memory.dropFirst(offset).prefix(limit)) }
        return try file.read(at: offset, limit: limit)
    }

    /// Bytes read from disk at a time.
    private static let chunkBytes = 1 << 20
}

/// A nameless file.
final class SpoolFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let reserve: Int

    init(directory: String, reserve: Int) throws(SpoolError) {
        path = directory
        self.reserve = reserve
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            throw SpoolError(path: directory, call: "mkdir", code: errno)
        }
        var template = Array((directory + "/report-XXXXXX").utf8CString)
        descriptor = template.withUnsafeMutableBufferPointer { buffer in
            guard let name = buffer.baseAddress else { return -1 }
            let descriptor = mkstemp(name)
            if descriptor >= 0 { unlink(name) }
            return descriptor
        }
        guard descriptor >= 0 else { throw SpoolError(path: directory, call: "mkstemp", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    func append(_ bytes: [UInt8]) throws(SpoolError) {
        var disk = statvfs()
        if reserve > 0, fstatvfs(descriptor, &disk) == 0,
            Int(clamping: disk.f_bavail) * Int(clamping: disk.f_frsize) < reserve + bytes.count
        {
            throw SpoolError(path: path, call: "keeping \(reserve) bytes of the disk free for the log", code: ENOSPC)
        }
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if result > 0 {
                written += result
            } else if errno != EINTR {
                throw SpoolError(path: path, call: "write", code: errno)
            }
        }
    }

    /// The bytes from an offset on, at most `limit` of them; none at the end.
    func read(at offset: Int, limit: Int) throws(SpoolError) -> [UInt8] {
        var failure: Int32?
        let chunk = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var result: Int
            repeat {
                result = pread(descriptor, buffer.baseAddress, limit, offset)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            count = max(result, 0)
        }
        if let failure { throw SpoolError(path: path, call: "pread", code: failure) }
        return chunk
    }
}

/// A report's file could not be kept on disk while it was made.
struct SpoolError: Error, CustomStringConvertible {
    var path: String
    var call: String
    var code: Int32

    var description: String { "\(call) in \(path): \(String(cString: strerror(code)))" }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        var text = ""
        for byte in self {
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
        return text
    }
}
