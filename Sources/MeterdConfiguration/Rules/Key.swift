/// A key of a mapping: what parser, schema and messages know of it.
struct Key<Value: Sendable>: DescribedKey {
    let name: String
    let rule: Rule<Value>
    let presence: KeyPresence
    let about: String

    init(_ name: String, _ rule: Rule<Value>, _ presence: KeyPresence, _ about: String) {
        self.name = name
        self.rule = rule
        self.presence = presence
        self.about = about
    }

    var schema: JSONValue { rule.schema }
}

/// What is known of a key without the type of its value.
protocol DescribedKey: Sendable {
    var name: String { get }
    var about: String { get }
    var presence: KeyPresence { get }
    var schema: JSONValue { get }
}

/// Whether a key has to be there, and what holds where it is not.
enum KeyPresence: Sendable, Hashable {
    case required
    case optional
    /// What the value would be written like.
    case standard(String)
    /// A mapping or list: missing is the same as empty.
    case section
}

extension DescribedKey {
    /// The key in its mapping's schema.
    var property: JSONValue.Member {
        var more = [JSONValue.Member(name: "description", value: .text(about))]
        if case .standard(let text) = presence {
            let value: JSONValue = Int(text).map(JSONValue.number) ?? Bool(text).map(JSONValue.boolean) ?? .text(text)
            more.append(JSONValue.Member(name: "default", value: value))
        }
        return JSONValue.Member(name: name, value: .object(more).merged(before: schema))
    }
}

extension JSONValue {
    /// This object's members in front of those another has beside them.
    fileprivate func merged(before other: JSONValue) -> JSONValue {
        guard case .object(let own) = self, case .object(let members) = other else { return self }
        return adding(members.filter { member in !own.contains { $0.name == member.name } })
    }

    /// The schema of a mapping with just these keys.
    static func schema(of keys: [any DescribedKey], about: String) -> JSONValue {
        let required = keys.filter { $0.presence == .required }.map(\.name)
        let schema: JSONValue = .members([
            "description": .text(about),
            "type": required.isEmpty ? .texts(["object", "null"]) : .text("object"),
            "properties": .object(keys.map(\.property)),
            "additionalProperties": .boolean(false),
        ])
        return required.isEmpty ? schema : schema.adding([Member(name: "required", value: .texts(required))])
    }
}
