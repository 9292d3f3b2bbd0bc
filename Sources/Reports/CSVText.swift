/// CSV as RFC 4180 has it, except that lines end in `\n`: the text that is written here is the text that is hashed,
/// stored and compared, so there is one way to write each value.
enum CSVText {
    static let comma = UInt8(ascii: ",")
    static let lineEnd = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")

    /// Appends a field in quotes; quotes in it are doubled, nothing else changes.
    static func appendQuoted(_ field: String, to bytes: inout [UInt8]) {
        bytes.append(quote)
        if field.utf8.contains(quote) {
            for byte in field.utf8 {
                if byte == quote { bytes.append(quote) }
                bytes.append(byte)
            }
        } else {
            bytes.append(contentsOf: field.utf8)
        }
        bytes.append(quote)
    }

    /// Appends a field, in quotes only where it needs them: when it holds a comma, a quote, a line end, or begins or ends
    /// with a space, which some readers drop.
    static func append(_ field: String, to bytes: inout [UInt8]) {
        if needsQuotes(field) {
            appendQuoted(field, to: &bytes)
        } else {
            bytes.append(contentsOf: field.utf8)
        }
    }

    private static func needsQuotes(_ field: String) -> Bool {
        let utf8 = field.utf8
        if utf8.first == UInt8(ascii: " ") || utf8.last == UInt8(ascii: " ") { return true }
        return utf8.contains { $0 == comma || $0 == quote || $0 == lineEnd || $0 == UInt8(ascii: "\r") }
    }
}

extension String {
    /// Whether this comes before another text byte by byte in UTF-8, whatever either means.
    func precedesBytewise(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}

extension [String] {
    /// Whether these texts come before others, the first that differ deciding, byte by byte.
    func precedeBytewise(_ others: [String]) -> Bool {
        for (mine, theirs) in zip(self, others) where !mine.utf8.elementsEqual(theirs.utf8) {
            return mine.precedesBytewise(theirs)
        }
        return count < others.count
    }
}
