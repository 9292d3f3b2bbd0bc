extension Rule where Value == [KafkaProperty] {
    /// Settings of librdkafka by their own names. The library itself says which it knows and which values it takes.
    static let clientProperties = Rule(
        schema: .members([
            "type": .texts(["object", "null"]),
            "propertyNames": .members(["not": .members(["enum": .texts(RefusedProperty.alwaysRefused)])]),
            "additionalProperties": .members(["type": .texts(["string", "number", "boolean"])]),
        ])
    ) { spot in
        if spot.node.isNull { return [] }
        guard case .mapping(let entries) = spot.node.content else {
            spot.report("\(spot.name) is \(spot.node.kind), not a mapping", allowed: "write one 'name: value' a line")
            return nil
        }
        var reading = PropertiesReading(spot: spot)
        for entry in entries { reading.read(entry) }
        return reading.properties.sorted { $0.name < $1.name }
    }
}

/// Reads the settings of one cluster.
private struct PropertiesReading {
    let spot: Spot
    var properties: [KafkaProperty] = []
    /// By the name that all names of a setting lead to.
    private var written: [String: YAMLEntry] = [:]

    init(spot: Spot) { self.spot = spot }

    mutating func read(_ entry: YAMLEntry) {
        let refused = RefusedProperty.byName[entry.name]
        if let refused, refused.isRefused == nil {
            report(entry, "\(entry.name) \(refused.reason)", allowed: refused.instead)
            return
        }
        let known = ClientLibrary.properties[entry.name]
        if known?.kind == .code {
            report(entry, "\(entry.name) is code and not text", allowed: "take it out")
            return
        }
        if known == nil, case .unknown = ClientLibrary.answer(to: entry.name, "") {
            let guess = Suggestion.closest(to: entry.name, among: Self.suggested)
            report(
                entry,
                "unknown property '\(entry.name)'\(guess.map { ", did you mean '\($0)'?" } ?? "")",
                allowed: "the properties are those of librdkafka's CONFIGURATION.md"
            )
            return
        }
        let setting = known?.target ?? entry.name
        if let other = written[setting] {
            report(
                entry,
                "\(entry.name) is another name of \(other.name)",
                allowed: "that stands on line \(other.position.line) already, keep one of them"
            )
            return
        }
        written[setting] = entry
        let place = spot.inside(entry.name, entry.value)
        guard let value = Rule<String>.clientProperty(entry.name, known).read(place) else { return }
        if let refused, case .taken(let canonical) = ClientLibrary.answer(to: entry.name, value),
            refused.isRefused?(canonical) == true
        {
            spot.diagnostics.report(
                entry.value.position(ofCharacter: 0),
                "\(place.name): \(entry.value.shown) \(refused.reason)",
                allowed: refused.instead
            )
            return
        }
        properties.append(KafkaProperty(name: entry.name, value: value))
    }

    private func report(_ entry: YAMLEntry, _ wrong: String, allowed: String) {
        spot.diagnostics.report(entry.position, "\(spot.name): \(wrong)", allowed: allowed)
    }

    /// What can be meant: never something that is refused.
    private static let suggested = ClientLibrary.properties.values
        .filter { $0.kind != .code && !RefusedProperty.alwaysRefused.contains($0.name) }
        .map(\.name).sorted()
}

extension Rule where Value == String {
    /// The value of one setting.
    fileprivate static func clientProperty(_ name: String, _ known: ClientLibrary.Property?) -> Rule {
        let range = known?.range ?? ""
        let allowed =
            range.isEmpty ? "see \(name) in librdkafka's CONFIGURATION.md" : "\(name) takes \(range)"
        return scalar("a value of \(name)", allowed: allowed, schema: .object([])) { text throws(ScalarFault) in
            guard text.utf8.count <= valueLimit, !text.utf8.contains(0) else {
                throw ScalarFault(
                    reason: "is too long or holds a zero character",
                    allowed: "a value has at most \(valueLimit) bytes"
                )
            }
            guard known.map({ $0.isWhole(text) }) ?? true else { throw ScalarFault() }
            switch ClientLibrary.answer(to: name, text) {
            case .taken:
                return text
            case .unknown:
                throw ScalarFault()
            case .refused(let words):
                throw ScalarFault(reason: range.isEmpty ? "is not taken: \(words)" : nil)
            }
        }
    }

    /// The longest value, in bytes: several PEM certificates.
    private static let valueLimit = 64 << 10
}

extension ClientLibrary.Property {
    /// Whether the library reads all of a number. It stops at the first letter, so that `10s` would be 10 milliseconds,
    /// takes `010` for 8, and cuts what does not fit into 32 bits.
    fileprivate func isWhole(_ text: String) -> Bool {
        switch kind {
        case .integer: Int32(text).map(String.init) == text || text.allSatisfy(\.isLetter)
        case .float: Double(text)?.isFinite == true
        case .code, .text: true
        }
    }
}
