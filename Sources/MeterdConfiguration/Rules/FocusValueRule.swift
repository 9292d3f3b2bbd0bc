import ReportDefinitions

extension Rule where Value == Placed<FocusValue> {
    /// A constant, `{ subject: true }` or `{ dimension: name }`.
    static let focusValue = Rule(schema: .members(["$ref": .text("#/$defs/focusValue")])) { spot in
        guard case .mapping = spot.node.content else {
            return constant.read(spot).map { Placed(value: .constant($0), node: spot.node) }
        }
        return source.read(spot).map { Placed(value: $0, node: spot.node) }
    }

    /// What the schema says of it, told once.
    static let focusValueSchema: JSONValue = .members([
        "description": .text("a constant, { subject: true } or { dimension: name }"),
        "anyOf": .array([constant.schema, source.schema]),
    ])

    private static let constant = Rule<String>.text(upTo: 512)
    private static let subject = Key<Bool>("subject", .boolean, .optional, "true: the event's subject")
    private static let dimension = Key<String>(
        "dimension",
        .matching(.dimension),
        .optional,
        "the name of a dimension of the meter"
    )

    private static let source = Rule<FocusValue>.object(
        "where a value comes from",
        keys: [subject, dimension],
        schema: JSONValue.schema(of: [subject, dimension], about: "where a value comes from").adding([
            .init(name: "minProperties", value: .number(1)), .init(name: "maxProperties", value: .number(1)),
        ])
    ) { fields in
        let isSubject = fields(subject)
        let name = fields(dimension)
        guard fields.has(subject) != fields.has(dimension), isSubject != false else {
            fields.spot.report(
                "\(fields.spot.name) does not say where its value comes from",
                allowed: "a constant, { subject: true } or { dimension: name }"
            )
            return nil
        }
        return name.map(FocusValue.dimension) ?? isSubject.map { _ in .subject }
    }
}
