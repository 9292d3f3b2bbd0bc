/// A dictionary of texts in one parameter: in JSON, or as Python writes it (`{'model': 'gpt-4'}`), which is how OpenMeter's
/// Python client sends `filterGroupBy`.
///
/// Python's texts stand in single or double quotes with the escapes of its literals
/// (https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences), of which `repr` uses these: the backslash,
/// the quote, `\n`, `\r`, `\t`, and `\x`, `\u`, `\U` with two, four and eight hexadecimal digits.
enum DictionaryText {
    /// The pairs in order; nil when the text is no such dictionary.
    static func pairs(_ text: String) -> [(key: String, value: String)]? {
        guard text.utf8.first == UInt8(ascii: "{") else { return nil }
        if let value = try? JSONParser.value(Array(text.utf8)) { return pairs(value) }
        var reader = Reader(rest: text.unicodeScalars[...])
        return reader.pairs()
    }

    private static func pairs(_ value: JSONValue) -> [(key: String, value: String)]? {
        guard case .object(let members) = value.content else { return nil }
        var pairs: [(key: String, value: String)] = []
        for member in members {
            guard case .string(let text) = member.value.content else { return nil }
            pairs.append((member.name, text))
        }
        return pairs
    }

    /// Reads what `repr` of a dictionary of texts writes.
    private struct Reader {
        var rest: String.UnicodeScalarView.SubSequence

        mutating func pairs() -> [(key: String, value: String)]? {
            guard skip("{") else { return nil }
            var pairs: [(key: String, value: String)] = []
            if skip("}") { return rest.isEmpty ? pairs : nil }
            while true {
                guard let key = text(), skip(":"), let value = text() else { return nil }
                pairs.append((key, value))
                if skip("}") { return rest.isEmpty ? pairs : nil }
                guard skip(",") else { return nil }
            }
        }

        /// Goes past blanks, and past a character behind them if it is this one.
        private mutating func skip(_ wanted: Unicode.Scalar) -> Bool {
            rest = rest.drop { $0 == " " }
            guard rest.first == wanted else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func text() -> String? {
            let quote: Unicode.Scalar = skip("'") ? "'" : "\""
            guard quote == "'" || skip(quote) else { return nil }
            var text = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                switch scalar {
                case quote: return String(text)
                case "\\":
                    guard let escaped = escaped() else { return nil }
                    text.append(escaped)
                default: text.append(scalar)
                }
            }
            return nil
        }

        private mutating func escaped() -> Unicode.Scalar? {
            switch rest.popFirst() {
            case "\\": "\\"
            case "'": "'"
            case "\"": "\""
            case "n": "\n"
            case "r": "\r"
            case "t": "\t"
            case "x": hexadecimal(digits: 2)
            case "u": hexadecimal(digits: 4)
            case "U": hexadecimal(digits: 8)
            default: nil
            }
        }

        /// Nil for less digits, for half a pair of surrogates, and for null.
        private mutating func hexadecimal(digits: Int) -> Unicode.Scalar? {
            var number: UInt32 = 0
            for _ in 0..<digits {
                guard let scalar = rest.popFirst(), let digit = UInt8(exactly: scalar.value)?.hexadecimal else {
                    return nil
                }
                number = number << 4 | UInt32(digit)
            }
            return number == 0 ? nil : Unicode.Scalar(number)
        }
    }
}
