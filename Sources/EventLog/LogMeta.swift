// log.meta: four lines of text.
//
//     meterd event log 1
//     identity 00112233445566778899aabbccddeeff
//     created 1733000000000000
//     crc32c 1a2b3c4d          (of the three lines before it, in hexadecimal)

internal import CPlatform

/// The small file that says whose log this is, made when the log is first opened.
struct LogMeta: Hashable, Sendable {
    /// The largest file looked at, in bytes.
    private static let limitBytes = 4_096

    var identity: LogIdentity
    /// When the log was made, in microseconds since 1970.
    var created: Int64

    var text: String {
        let body = "meterd event log 1\nidentity \(identity)\ncreated \(created)\n"
        return body + "crc32c \(Self.checksum(body))\n"
    }

    init(identity: LogIdentity, created: Int64) {
        self.identity = identity
        self.created = created
    }

    /// Reads the text; nil when it is not one.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 5, lines[4].isEmpty, lines[0] == "meterd event log 1",
            lines[1].hasPrefix("identity "), let identity = LogIdentity(lines[1].dropFirst(9)),
            lines[2].hasPrefix("created "), let created = Int64(lines[2].dropFirst(8))
        else { return nil }
        self.init(identity: identity, created: created)
        guard self.text == text else { return nil }
    }

    static func read(in directory: String, on disk: any LogDisk) throws(EventLogError) -> LogMeta {
        let path = directory + "/" + LogName.metaFile
        var bytes = [UInt8](repeating: 0, count: limitBytes)
        let count: Int
        do throws(SystemError) {
            let file = try File(path, .reading, on: disk)
            count = try file.readAll(into: &bytes)
        } catch {
            guard error.isMissing else { throw .system(error) }
            throw .identityUnreadable(path: path, reason: "the file is missing though there are segments")
        }
        guard let meta = LogMeta(String(decoding: bytes.prefix(count), as: UTF8.self)) else {
            throw .identityUnreadable(path: path, reason: "the file is damaged")
        }
        return meta
    }

    /// Makes the file durable under its name, whole or not at all.
    func write(in directory: String, on disk: any LogDisk) throws(SystemError) {
        try disk.writeWhole(Array(text.utf8), directory: directory, name: LogName.metaFile)
    }

    private static func checksum(_ body: String) -> String {
        var body = body
        let value = body.withUTF8 { meterd_crc32c(0, $0.baseAddress, $0.count) }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension LogDisk {
    /// Writes a small file by temp, sync, rename and directory sync: after a crash it is there whole or not at all.
    func writeWhole(_ bytes: [UInt8], directory: String, name: String) throws(SystemError) {
        let path = directory + "/" + name
        let temporary = path + ".tmp"
        do throws(SystemError) { try remove(temporary) } catch  where error.isMissing {}
        let file = try File(temporary, .creating, on: self)
        try file.writeAll(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(directory)
    }
}
