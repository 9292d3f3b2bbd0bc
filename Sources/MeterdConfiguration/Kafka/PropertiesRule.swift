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
        if let fault = ClientProperty.fault(ofName: entry.name) {
            report(entry, fault.wrong, allowed: fault.allowed)
            return
        }
        let known = ClientLibrary.properties[entry.name]
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
        guard let value = Rule<String>.clientProperty(entry.name).read(place) else { return }
        if let refused = ClientProperty.brokenPromise(entry.name, value) {
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
}

extension Rule where Value == String {
    /// The value of one setting.
    fileprivate static func clientProperty(_ name: String) -> Rule {
        scalar("a value of \(name)", allowed: ClientProperty.allowed(name), schema: .object([])) {
            text throws(ScalarFault) in
            try ClientProperty.check(name, text)
            return text
        }
    }
}
