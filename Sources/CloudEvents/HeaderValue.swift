/// The value of a `ce-` header: printable ASCII, perhaps quoted, percent-encoded (HTTP protocol binding, section
/// 3.1.3.2).
enum HeaderValue {
    /// Why a value is none.
    struct Refusal: Error {
        var reason: String
    }

    /// The text that the header's value stands for: unquoted first, then percent-decoded, once.
    static func decode(_ value: String) throws(Refusal) -> String {
        var bytes = Array(value.utf8)
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw Refusal(reason: "must be printable ASCII in its header; other characters are percent-encoded UTF-8")
        }
        if bytes.first == UInt8(ascii: "\"") { bytes = try unquoted(bytes) }
        if bytes.contains(UInt8(ascii: "%")) { bytes = try percentDecoded(bytes) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(reason: "must be UTF-8 once its percent-encoding is undone")
        }
        return text
    }

    /// A quoted string (RFC 9110 section 5.6.4) that is the whole value.
    private static func unquoted(_ bytes: [UInt8]) throws(Refusal) -> [UInt8] {
        var text: [UInt8] = []
        var at = 1
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\"") {
                guard at == bytes.count - 1 else { break }
                return text
            }
            if bytes[at] == UInt8(ascii: "\\") { at += 1 }
            guard at < bytes.count else { break }
            text.append(bytes[at])
            at += 1
        }
        throw Refusal(reason: "begins with a quote in its header but is no quoted string")
    }

    private static func percentDecoded(_ bytes: [UInt8]) throws(Refusal) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "%") else {
                text.append(bytes[at])
                at += 1
                continue
            }
            guard at + 2 < bytes.count, let high = Hexadecimal.digit(bytes[at + 1]),
                let low = Hexadecimal.digit(bytes[at + 2])
            else {
                throw Refusal(reason: "holds a percent sign in its header that two hexadecimal digits do not follow")
            }
            text.append(high << 4 | low)
            at += 3
        }
        return text
    }
}
