import Crypto
import Glibc
import ObjectStore

/// A file of a report while it is made: hashed as it grows, kept in memory up to a limit and on disk beyond it.
///
/// The file on disk loses its name as soon as it is open, so that nothing is left of it whatever happens.
struct ReportSpool: ~Copyable {
    private let settings: SpoolSettings
    private var hash = SHA256()
    private var count = 0
    private var memory: [UInt8] = []
    private var file: SpoolFile?

    /// Makes an empty file.
    init(_ settings: SpoolSettings) {
        self.settings = settings
    }

    /// Adds bytes at the end.
    mutating func append(_ bytes: [UInt8]) throws(SpoolError) {
        hash.update(data: bytes)
        count += bytes.count
        memory += bytes
        if memory.count > settings.memoryLimit { try spill() }
    }

    /// The file as a whole.
    consuming func finish() throws(SpoolError) -> SpooledReport {
        if file != nil { try spill() }
        return SpooledReport(sha256: hash.finalize().hexadecimal, bytes: count, memory: memory, file: file)
    }

    private mutating func spill() throws(SpoolError) {
        let file: SpoolFile
        if let open = self.file {
            file = open
        } else {
            file = try SpoolFile(directory: settings.directory)
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
    /// Bytes of a file that are kept in memory before they go to disk.
    var memoryLimit: Int
}

/// A finished file of a report.
struct SpooledReport: Sendable {
    let sha256: String
    let bytes: Int
    fileprivate let memory: [UInt8]
    fileprivate let file: SpoolFile?

    /// What the object store sends; it can be read again when a request is repeated.
    var body: ObjectBody {
        guard let file else { return .bytes(memory) }
        return .reading(sha256: sha256) { try file.read(at: $0, limit: Self.chunkBytes) }
    }

    /// Bytes read from disk at a time.
    private static let chunkBytes = 1 << 20
}

/// A nameless file.
final class SpoolFile: Sendable {
    private let descriptor: Int32
    private let path: String

    init(directory: String) throws(SpoolError) {
        path = directory
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
