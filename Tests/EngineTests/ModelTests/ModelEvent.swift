import CloudEvents

/// A JSON value as the model writes it.
indirect enum ModelValue: Hashable {
    /// As it is written.
    case number(String)
    case text(String)
    case boolean(Bool)
    case null
    case object([Member])

    struct Member: Hashable {
        var name: String
        var value: ModelValue
    }

    var json: String {
        switch self {
        case .number(let literal): literal
        case .text(let text): Self.quoted(text)
        case .boolean(let value): value ? "true" : "false"
        case .null: "null"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.json }.joined(separator: ",") + "}"
        }
    }

    /// What a dimension shows of it.
    var dimension: String {
        switch self {
        case .text(let text): text
        case .null: ""
        default: json
        }
    }

    /// The value at the end of a chain of names; nil where there is none.
    func value(at names: ArraySlice<String>) -> ModelValue? {
        guard let name = names.first else { return self }
        guard case .object(let members) = self else { return nil }
        let member = members.first { $0.name.utf8.elementsEqual(name.utf8) }
        return member?.value.value(at: names.dropFirst())
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case "\u{0}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// An event as the model sends it.
struct ModelEvent: Hashable {
    var id: String
    var source: String
    var type: String
    /// "" for none.
    var subject: String
    /// Microseconds since 1970; nil for none.
    var time: Int64?
    /// Nil for none.
    var data: ModelValue?

    var json: String {
        var members = [#""specversion":"1.0""#]
        members.append("\"id\":" + ModelValue.quoted(id))
        members.append("\"source\":" + ModelValue.quoted(source))
        members.append("\"type\":" + ModelValue.quoted(type))
        if !subject.isEmpty { members.append("\"subject\":" + ModelValue.quoted(subject)) }
        if let time { members.append("\"time\":\"\(Timestamp(microseconds: time))\"") }
        if let data { members.append("\"data\":" + data.json) }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// What a path finds: `$`, `$.a` or `$.a.b`.
    func value(at path: String) -> ModelValue? {
        data?.value(at: path.split(separator: ".").dropFirst().map(String.init)[...])
    }

    /// What a dimension shows of a path.
    func dimension(_ path: String) -> String { value(at: path)?.dimension ?? "" }

    /// Whether another event is the same to whoever compares bytes: Swift would take texts that look alike for equal.
    func isSame(as other: ModelEvent) -> Bool { json.utf8.elementsEqual(other.json.utf8) }

    /// What tells events apart.
    var key: [[UInt8]] { [Array(source.utf8), Array(id.utf8)] }
}
