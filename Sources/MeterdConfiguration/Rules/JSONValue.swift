/// A JSON value whose objects keep the order of their members, for writing the schema.
enum JSONValue: Sendable, Hashable {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case array([JSONValue])
    case object([Member])

    struct Member: Sendable, Hashable {
        var name: String
        var value: JSONValue
    }

    /// An object from its members in order.
    static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// An array of texts.
    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.text)) }

    /// The object with more members after its own; anything else as it is.
    func adding(_ more: [Member]) -> JSONValue {
        guard case .object(let own) = self else { return self }
        return .object(own + more)
    }

    /// The value as text, two spaces a level; short arrays of plain values on one line.
    func rendered(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return Self.quoted(text)
        case .number(let number): return "\(number)"
        case .boolean(let boolean): return "\(boolean)"
        case .array(let items):
            let line = "[" + items.map { $0.rendered() }.joined(separator: ", ") + "]"
            if items.isEmpty || (line.count + inner.count <= 100 && !line.contains("{")) { return line }
            return "[\n" + items.map { inner + $0.rendered(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { inner + Self.quoted($0.name) + ": " + $0.value.rendered(indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
