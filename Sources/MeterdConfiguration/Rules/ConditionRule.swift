import Metering

extension Rule where Value == TextCondition {
    /// What must be true of a text: the text it is, texts of which it is one, or a mapping of operators that all hold.
    static let condition = Rule(schema: .members(["$ref": .text("#/$defs/condition")]), read: readCondition)

    /// What the schema says of it, told once.
    static let conditionSchema: JSONValue = .members([
        "description": .text("a text, a list of texts, or a mapping of operators that all hold"),
        "anyOf": .array([
            text.schema, texts.schema,
            JSONValue.schema(of: operators.map(\.key), about: "operators that all hold").adding([
                .init(name: "minProperties", value: .number(1))
            ]),
        ]),
    ])

    private static let allowed =
        "a condition is a text, a list of texts, or a mapping of operators such as { $ne: test }"

    private static func readCondition(_ spot: Spot) -> TextCondition? {
        switch spot.node.content {
        case .scalar: text.read(spot).map(TextCondition.equal)
        case .sequence: texts.read(spot).map(TextCondition.oneOf)
        case .mapping: mapping.read(spot)
        }
    }

    private static let mapping = Rule.object("operators that all hold", keys: operators.map(\.key)) { fields in
        let written = operators.filter { fields.has($0.key) }
        // In one order, so that two meters that say the same are the same.
        let conditions = written.compactMap { entry in fields(entry.key) }
        if written.isEmpty {
            fields.spot.report("\(fields.spot.name) has no operator", allowed: allowed)
            return nil
        }
        guard conditions.count == written.count else { return nil }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private static let operators = TextCondition.Operator.allCases.map { name in
        (name: name, key: Key<TextCondition>(name.rawValue, rule(of: name), .optional, about(name)))
    }

    private static func rule(of name: TextCondition.Operator) -> Rule {
        switch name.operand {
        case .text:
            Rule(schema: text.schema) { spot in text.read(spot).flatMap { TextCondition(name, text: $0) } }
        case .texts:
            Rule(schema: texts.schema) { spot in texts.read(spot).flatMap { TextCondition(name, texts: $0) } }
        case .conditions:
            Rule(
                schema: .members([
                    "type": .text("array"), "minItems": .number(1),
                    "items": .members(["$ref": .text("#/$defs/condition")]),
                ])
            ) { spot in
                elements(of: spot, readCondition).flatMap { TextCondition(name, conditions: $0) }
            }
        }
    }

    private static func about(_ name: TextCondition.Operator) -> String {
        switch name {
        case .equal: "the text it is"
        case .notEqual: "the text it is not"
        case .oneOf: "the texts it is one of"
        case .noneOf: "the texts it is none of"
        case .like: "a pattern it fits: % is any text, _ any one character, \\ takes the next one as it is"
        case .notLike: "a pattern it does not fit"
        case .likeIgnoringCase: "a pattern it fits, capitals or not"
        case .notLikeIgnoringCase: "a pattern it does not fit, capitals or not"
        case .greater: "it comes after this text, by the bytes of UTF-8"
        case .greaterOrEqual: "it is this text or comes after it, by the bytes of UTF-8"
        case .less: "it comes before this text, by the bytes of UTF-8"
        case .lessOrEqual: "it is this text or comes before it, by the bytes of UTF-8"
        case .all: "conditions that all hold"
        case .any: "conditions of which one or more hold"
        }
    }

    /// A text, or "" in quotes, which is what an event has that lacks the value.
    private static let text: Rule<String> = {
        let longest = Rule<String>.text("a text", upTo: TextCondition.maximumPatternLength)
        let schema: JSONValue = .members([
            "type": .texts(["string", "number"]), "maxLength": .number(TextCondition.maximumPatternLength),
        ])
        return Rule<String>(schema: schema) { spot in
            if case .scalar(let scalar) = spot.node.content, !scalar.isPlain, scalar.written.isEmpty { return "" }
            return longest.read(spot)
        }
    }()

    /// One text or more.
    private static let texts = Rule<[String]>(
        schema: .members(["type": .text("array"), "minItems": .number(1), "items": text.schema])
    ) { spot in
        elements(of: spot, text.read)
    }

    /// The entries of a list that is not empty; nil when one of them is wrong.
    private static func elements<Element>(of spot: Spot, _ read: (Spot) -> Element?) -> [Element]? {
        guard case .sequence(let nodes) = spot.node.content, !nodes.isEmpty else {
            spot.report(
                spot.node.isEmptyList ? "\(spot.name) is empty" : "\(spot.name) is \(spot.node.kind), not a list",
                allowed: "write [ … ] with one entry or more"
            )
            return nil
        }
        let elements = nodes.enumerated().compactMap { index, node in
            read(Spot(node: node, name: "\(spot.name)[\(index)]", diagnostics: spot.diagnostics))
        }
        return elements.count == nodes.count ? elements : nil
    }
}

extension NamePattern {
    /// What a meter's filter is about.
    static let filterPlace = NamePattern(
        noun: "what a filter can be about",
        pattern: "^(?:\\$.*|[a-zA-Z_][0-9a-zA-Z_]*)$",
        allowed: "a filter is about subject, source, a dimension of the meter, or a path such as $.model",
        length: 1...1024
    )
}
