import Metering

/// Conditions as requests write them: a text, an array of texts (any of them), or an object of OpenMeter's `FilterString`
/// (`{"$gte": "a", "$lt": "b"}`; several operators: all of them).
enum ConditionJSON {
    /// Reads a condition; throws 400. `name` is where it stands, for messages.
    static func read(_ value: JSONValue, _ name: String) throws(Problem) -> TextCondition {
        let condition: TextCondition
        switch value.content {
        case .string: condition = .equal(try JSONMembers.text(value, name))
        case .array: condition = try anyOf(try JSONMembers.texts(value, name), name)
        case .object: condition = try object(value, name, levels: TextCondition.maximumDepth)
        default:
            throw Problem(
                status: 400,
                detail: "\(name) is \(value.kind); it can be a text, an array of texts, or an object such as "
                    + #"{"$like": "a%"}"#
            )
        }
        do throws(TextConditionError) {
            try condition.check()
        } catch {
            throw Problem(status: 400, detail: "\(name): \(error)")
        }
        return condition
    }

    /// One of the texts, of which there is one at least.
    static func anyOf(_ texts: [String], _ name: String) throws(Problem) -> TextCondition {
        guard let first = texts.first else {
            throw Problem(status: 400, detail: "\(name) is an empty array, which nothing can be one of; leave it out")
        }
        return texts.count == 1 ? .equal(first) : .oneOf(texts)
    }

    /// Throws 400 when there are more `levels` than so many, or none.
    private static func object(_ value: JSONValue, _ name: String, levels: Int) throws(Problem) -> TextCondition {
        guard levels > 0 else {
            throw Problem(
                status: 400,
                detail: "\(name) is nested too deep; at most \(TextCondition.maximumDepth) levels are allowed"
            )
        }
        var members = try JSONMembers(value, name)
        var conditions: [TextCondition] = []
        for `operator` in TextCondition.Operator.allCases {
            guard let operand = members.take(`operator`.rawValue) else { continue }
            let place = "\(name).\(`operator`.rawValue)"
            let condition: TextCondition? =
                switch `operator`.operand {
                case .text: TextCondition(`operator`, text: try JSONMembers.text(operand, place))
                case .texts: TextCondition(`operator`, texts: try JSONMembers.texts(operand, place))
                case .conditions:
                    TextCondition(`operator`, conditions: try list(operand, place, levels: levels - 1))
                }
            if let condition { conditions.append(condition) }
        }
        try members.finish()
        guard let first = conditions.first else {
            throw Problem(
                status: 400,
                detail: "\(name) has no operator; there are "
                    + TextCondition.Operator.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return conditions.count == 1 ? first : .all(conditions)
    }

    private static func list(_ value: JSONValue, _ name: String, levels: Int) throws(Problem) -> [TextCondition] {
        guard case .array(let elements) = value.content else {
            throw Problem(status: 400, detail: "\(name) is \(value.kind) and not an array of conditions")
        }
        var conditions: [TextCondition] = []
        for element in elements { conditions.append(try object(element, name, levels: levels)) }
        return conditions
    }

    /// Writes a condition as an object with one operator.
    static func write(_ condition: TextCondition, _ json: inout JSONWriter) {
        let (name, texts, conditions) = condition.parts
        json.object { json in
            json.key(name.rawValue)
            switch name.operand {
            case .text: json.string(texts[0])
            case .texts: json.array { json in for text in texts { json.string(text) } }
            case .conditions: json.array { json in for condition in conditions { write(condition, &json) } }
            }
        }
    }
}
