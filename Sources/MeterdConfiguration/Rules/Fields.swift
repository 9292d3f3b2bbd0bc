extension Rule {
    /// A mapping with known keys.
    /// - Parameters:
    ///   - foreign: What to say of keys that belong to another program, by key.
    ///   - build: Reads the keys it needs. Their faults are reported by the reading.
    static func object(
        _ about: String,
        keys: [any DescribedKey],
        foreign: [String: String] = [:],
        schema: JSONValue? = nil,
        build: @escaping @Sendable (Fields) -> Value?
    ) -> Rule {
        Rule(schema: schema ?? .schema(of: keys, about: about)) { spot in
            Fields(spot, keys: keys, foreign: foreign).flatMap(build)
        }
    }
}

/// The entries of a mapping whose keys are known.
struct Fields {
    let spot: Spot
    private let entries: [String: YAMLEntry]

    /// Reports keys that are not known; nil when the value is no mapping.
    init?(_ spot: Spot, keys: [any DescribedKey], foreign: [String: String]) {
        self.spot = spot
        let names = keys.map(\.name)
        if spot.node.isNull {
            entries = [:]
            return
        }
        guard case .mapping(let list) = spot.node.content else {
            spot.report(
                "\(spot.name.isEmpty ? "the file" : spot.name) is \(spot.node.kind), not a mapping",
                allowed: "its keys are \(names.joined(separator: ", "))"
            )
            return nil
        }
        var entries: [String: YAMLEntry] = [:]
        for entry in list {
            if names.contains(entry.name) {
                entries[entry.name] = entry
            } else {
                let place = spot.name.isEmpty ? "" : " in \(spot.name)"
                let hint = foreign[entry.name].map { ", \($0)" }
                let guess = Suggestion.closest(to: entry.name, among: names).map { ", did you mean '\($0)'?" }
                spot.diagnostics.report(
                    entry.position,
                    "unknown key '\(entry.name)'\(place)\(hint ?? guess ?? "")",
                    allowed: "the keys are \(names.joined(separator: ", "))"
                )
            }
        }
        self.entries = entries
    }

    /// Where the mapping stands.
    var position: Position { spot.node.position }

    /// Whether the key is written, whatever its value.
    func has(_ key: any DescribedKey) -> Bool { entries[key.name] != nil }

    /// Where the key is written; the mapping's place where it is not.
    func position(of key: any DescribedKey) -> Position { entries[key.name]?.position ?? position }

    /// The key's value, or what holds without it. nil when it is missing or wrong; reported where that is a fault.
    func callAsFunction<Value>(_ key: Key<Value>) -> Value? { placed(key)?.value }

    /// The same with the place it was read from.
    func placed<Value>(_ key: Key<Value>) -> Placed<Value>? {
        guard let node = entries[key.name]?.value ?? standIn(for: key) else { return nil }
        return key.rule.read(spot.inside(key.name, node)).map { Placed(value: $0, node: node) }
    }

    private func standIn(for key: any DescribedKey) -> YAMLNode? {
        switch key.presence {
        case .optional:
            return nil
        case .required:
            spot.report(
                "\(spot.name.isEmpty ? "the file" : spot.name) has no \(key.name)",
                allowed: "\(key.name) is \(key.about)"
            )
            return nil
        case .section:
            let nothing = YAMLScalar(text: "", written: "", isPlain: true, isFilledIn: false, isBroken: false)
            return YAMLNode(position: position, content: .scalar(nothing))
        case .standard(let text):
            let scalar = YAMLScalar(text: text, written: text, isPlain: true, isFilledIn: false, isBroken: false)
            return YAMLNode(position: position, content: .scalar(scalar))
        }
    }
}
