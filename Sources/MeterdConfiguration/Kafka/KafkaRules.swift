import Foundation

extension NamePattern {
    /// What a cluster is called here.
    static let cluster = NamePattern(
        noun: "a cluster's name",
        pattern: "^[A-Za-z0-9._-]+$",
        allowed: "a cluster's name is 1 to 64 letters, digits, ., _ and -",
        length: 1...64
    )

    /// The names a broker takes for a topic; `.` and `..` are not among them.
    static let topic = NamePattern(
        noun: "a topic's name",
        pattern: "^(?!\\.{1,2}$)[A-Za-z0-9._-]+$",
        allowed: "a topic's name is 1 to 249 letters, digits, ., _ and -, and not . or ..",
        length: 1...249
    )

    static let broker = NamePattern(
        noun: "a broker",
        pattern: "^(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?$",
        allowed: "write host:port such as broker-1.example.org:9092 or [::1]:9092, the port from 1 to 65535",
        length: 1...512
    )

    /// Brokers with commas between them, each with its port.
    static func brokers(in text: String) throws(ScalarFault) -> [String] {
        var brokers: [String] = []
        var offset = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let front = part.prefix { $0 == " " }.count
            let named = part.trimmingCharacters(in: .whitespaces)
            let place = offset + front
            offset += part.unicodeScalars.count + 1
            if named.contains("://") {
                throw ScalarFault(
                    reason: "has a protocol in front of a broker",
                    allowed: "write host:port, and the protocol as security.protocol under properties",
                    offset: place
                )
            }
            guard broker.matches(named) else { throw ScalarFault(offset: place) }
            let digits = named.hasSuffix("]") ? nil : named.lastIndex(of: ":").map { named[$0...].dropFirst() }
            guard let digits else {
                brokers.append("\(named):\(standardPort)")
                continue
            }
            guard let port = Int(digits), (1...65_535).contains(port) else { throw ScalarFault(offset: place) }
            brokers.append(named)
        }
        return brokers
    }

    /// Kafka's own port.
    private static let standardPort = 9092
}

extension Rule where Value == [String] {
    /// A list of brokers, or brokers with commas between them, each with its port.
    static let brokers = Rule(
        schema: .members([
            "anyOf": .array([
                .members(["type": .text("string"), "minLength": .number(1)]),
                .members([
                    "type": .text("array"), "minItems": .number(1),
                    "items": .members(["type": .text("string"), "minLength": .number(1)]),
                ]),
            ])
        ])
    ) { spot in
        guard case .sequence(let nodes) = spot.node.content else { return brokersOfOneText.read(spot) }
        if nodes.isEmpty { spot.report("\(spot.name) is empty", allowed: "name at least one broker") }
        let lists = nodes.enumerated().map { index, node in
            brokersOfOneText.read(Spot(node: node, name: "\(spot.name)[\(index)]", diagnostics: spot.diagnostics))
        }
        let brokers = lists.compactMap(\.self).flatMap(\.self)
        return lists.contains { $0 == nil } || brokers.isEmpty ? nil : brokers
    }

    private static let brokersOfOneText = scalar(
        "a broker",
        allowed: NamePattern.broker.allowed,
        schema: .object([])
    ) { text throws(ScalarFault) in try NamePattern.brokers(in: text) }
}

extension Rule where Value == [Placed<String>] {
    /// A list of topics that is not empty.
    static let topics = Rule(
        schema: .members([
            "type": .text("array"), "minItems": .number(1), "items": Rule<String>.topicOrPattern.schema,
        ])
    ) { spot in
        let topics = list(of: .topicOrPattern).read(spot)
        if case .sequence(let nodes) = spot.node.content, !nodes.isEmpty { return topics }
        if topics != nil { spot.report("\(spot.name) is empty", allowed: "name at least one topic") }
        return nil
    }
}

extension Rule where Value == String {
    /// A topic's name, or a regular expression for names, which begins with `^`.
    static let topicOrPattern = scalar(
        "a topic",
        allowed:
            "a topic is a name of 1 to 249 letters, digits, ., _ and -, or a regular expression that begins with ^",
        schema: .members([
            "type": .texts(["string", "number"]), "pattern": .text("^(?:\\^.*|(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249})$"),
            "maxLength": .number(expressionLimit),
        ])
    ) { text throws(ScalarFault) in
        guard text.hasPrefix("^") else {
            guard NamePattern.topic.matches(text) else { throw ScalarFault() }
            return text
        }
        let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isClean, text.unicodeScalars.count <= expressionLimit else { throw ScalarFault() }
        do throws(TopicPattern.Fault) {
            _ = try TopicPattern(text)
        } catch {
            throw ScalarFault(
                reason: "is not a regular expression: \(error.words)",
                allowed: "write a POSIX extended regular expression, see regex(7)"
            )
        }
        return text
    }

    /// The longest expression for topics, in characters.
    private static let expressionLimit = 512
}

extension Rule where Value == Int? {
    /// A duration in seconds, or `never`, which is nil.
    static func durationOrNever(_ range: ClosedRange<Int>, _ text: String) -> Rule {
        let duration = Rule<Int>.duration(range, text)
        let never: JSONValue = .members(["const": .text("never")])
        return Rule(schema: .members(["anyOf": .array([never, duration.schema])])) { spot in
            if case .scalar(let scalar) = spot.node.content, scalar.text == "never" { return .some(nil) }
            return duration.read(spot).map(Optional.some)
        }
    }
}
