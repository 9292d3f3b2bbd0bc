/// The Tags column: a flat JSON object of texts, its keys sorted byte by byte.
enum FocusTags {
    /// The object; nil (null) when no tag has a value. Tags without one are left out.
    static func text(_ tags: [(key: String, value: String?)]) -> String? {
        let pairs = tags.compactMap { key, value in value.map { (key, $0) } }
            .sorted { $0.0.precedesBytewise($1.0) }
            .map { quoted($0.0) + ":" + quoted($0.1) }
        return pairs.isEmpty ? nil : "{" + pairs.joined(separator: ",") + "}"
    }

    /// A JSON string (ECMA-404): quotes, backslashes and control characters escaped, all else as it is.
    private static func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\r": json += "\\r"
            case "\t": json += "\\t"
            case "\u{00}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
