import Metering

/// A JSON text that is the same bytes each time: members in the order given, two spaces a level, one line feed at the end.
enum JSONDocument {
    case string(String)
    /// A number's digits.
    case number(String)
    case bool(Bool)
    case array([JSONDocument])
    case object([(String, JSONDocument)])

    var bytes: [UInt8] { Array((text(indent: "") + "\n").utf8) }

    private func text(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .string(let text): return text.jsonString
        case .number(let digits): return digits
        case .bool(let flag): return flag ? "true" : "false"
        case .array(let values):
            return Self.block("[", values.map { inner + $0.text(indent: inner) }, "]", indent)
        case .object(let members):
            let lines = members.map { name, value in inner + name.jsonString + ": " + value.text(indent: inner) }
            return Self.block("{", lines, "}", indent)
        }
    }

    private static func block(_ open: String, _ lines: [String], _ close: String, _ indent: String) -> String {
        lines.isEmpty ? open + close : open + "\n" + lines.joined(separator: ",\n") + "\n" + indent + close
    }
}
