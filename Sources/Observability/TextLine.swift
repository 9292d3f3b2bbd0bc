import Logging

/// A log line for people: time, level, logger, message, then `key=value`. Nothing from outside can start a new line
/// or steer a terminal: control characters are written as escapes.
enum TextLine {
    static func render(
        _ time: String,
        _ level: Logger.Level,
        _ label: String,
        _ message: String,
        _ fields: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var line = "\(time) \(level.rawValue) \(label): "
        append(message, to: &line, quoted: false)
        for (key, value) in fields {
            line += " "
            append(key, to: &line, quoted: false)
            line += "="
            let text = cut(value.description)
            let quoted = text.isEmpty || text.unicodeScalars.contains { $0 == " " || $0 == "\"" || $0 == "=" }
            if quoted { line += "\"" }
            append(text, to: &line, quoted: quoted)
            if quoted { line += "\"" }
        }
        line += "\n"
        return line
    }

    private static func append(_ text: String, to line: inout String, quoted: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case "\"" where quoted: line += "\\\""
            case _ where scalar.properties.generalCategory == .control:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            case "\u{2028}", "\u{2029}": line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
    }
}
