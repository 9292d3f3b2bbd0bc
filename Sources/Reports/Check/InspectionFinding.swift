/// Something in a destination that is not as its reader wants it.
public struct InspectionFinding: Sendable, Hashable, CustomStringConvertible {
    /// The object's key below the destination.
    public var key: String
    /// The line in it, from 1; nil for what is about the object as a whole.
    public var line: Int?
    /// What is wrong, and what the reader takes.
    public var reason: String

    /// Makes a finding.
    public init(key: String, line: Int? = nil, reason: String) {
        self.key = key
        self.line = line
        self.reason = reason
    }

    /// `key:line: reason`, or `key: reason`, on one line whatever the key holds.
    public var description: String {
        key.onOneLine + (line.map { ":\($0)" } ?? "") + ": " + reason
    }
}

extension String {
    /// As it is; what would move a terminal's cursor or turn its text is escaped.
    var onOneLine: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text += scalar.escaped(asASCII: true)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// In quotes and on one line, cut where it is long.
    var quoted: String {
        let limit = 60
        let isLong = unicodeScalars.count > limit
        let shown = isLong ? String(String.UnicodeScalarView(unicodeScalars.prefix(limit))) : self
        return "\"\(shown.onOneLine)\"" + (isLong ? "…" : "")
    }
}

extension Int {
    /// `1 field`, `2 fields`.
    func of(_ thing: String) -> String { "\(self) \(thing)\(self == 1 ? "" : "s")" }
}
