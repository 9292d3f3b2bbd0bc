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

    /// Appends a line of such fields; nil is an empty one.
    static func appendLine(_ fields: [String?], to bytes: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(comma) }
            if let field { append(field, to: &bytes) }
        }
        bytes.append(lineEnd)
    }

    /// The text with an apostrophe in front where a spreadsheet would take it for a formula: where it begins with `=`, `+`,
    /// `-`, `@`, a tab or a line end (OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection); and where it
    /// begins with an apostrophe itself, so that different texts stay different.
    static func withoutFormula(_ text: String) -> String {
        switch text.utf8.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
            UInt8(ascii: "\r"), lineEnd, UInt8(ascii: "'"):
            "'" + text
        default: text
        }
    }

    private static func needsQuotes(_ field: String) -> Bool {
        let utf8 = field.utf8
        if utf8.first == UInt8(ascii: " ") || utf8.last == UInt8(ascii: " ") { return true }
        return utf8.contains { $0 == comma || $0 == quote || $0 == lineEnd || $0 == UInt8(ascii: "\r") }
    }
}
