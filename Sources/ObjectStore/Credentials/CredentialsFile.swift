import Glibc

/// A small text file of the credentials' sources: a token, or a file of profiles.
enum CredentialsFile {
    /// Bytes one may have.
    static let limit = 1 << 20

    /// Why a file could not be read.
    enum Fault: Error {
        case absent
        case unreadable(String)
    }

    /// Reads a whole file.
    static func read(_ path: String) throws(Fault) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .absent : .unreadable(String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var page = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = page.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += page[0..<count]
            guard bytes.count <= limit else { throw .unreadable("it is larger than \(limit) bytes") }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads a token: the file's text without white space around it, fit for a header.
    static func readToken(_ path: String) throws(Fault) -> String {
        let words = try read(path).split(whereSeparator: \.isWhitespace)
        guard words.count == 1, words[0].utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .unreadable("it should hold one token of printable characters")
        }
        return String(words[0])
    }
}

extension CredentialsFile.Fault: CustomStringConvertible {
    var description: String {
        switch self {
        case .absent: "there is no such file"
        case .unreadable(let reason): reason
        }
    }
}
