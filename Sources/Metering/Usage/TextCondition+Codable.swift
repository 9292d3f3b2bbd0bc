/// The form of OpenMeter's `FilterString` with one operator: `{"$in": ["a", "b"]}`, `{"$and": [{"$gt": "a"}, {"$lt": "c"}]}`.
extension TextCondition: Codable {
    private struct Key: CodingKey {
        let name: Operator

        init(_ name: Operator) { self.name = name }

        init?(stringValue: String) {
            guard let name = Operator(rawValue: stringValue) else { return nil }
            self.name = name
        }

        init?(intValue: Int) { nil }

        var stringValue: String { name.rawValue }
        var intValue: Int? { nil }
    }

    /// Reads a condition of exactly one operator. Limits are not checked.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard container.allKeys.count == 1, let key = container.allKeys.first else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath,
                    debugDescription: "a condition has one operator, one of "
                        + Operator.allCases.map(\.rawValue).joined(separator: ", ")
                )
            )
        }
        let condition: TextCondition? =
            switch key.name.operand {
            case .text: TextCondition(key.name, text: try container.decode(String.self, forKey: key))
            case .texts: TextCondition(key.name, texts: try container.decode([String].self, forKey: key))
            case .conditions:
                TextCondition(key.name, conditions: try container.decode([TextCondition].self, forKey: key))
            }
        guard let condition else { preconditionFailure("an operator is made with the operand it says it has") }
        self = condition
    }

    /// Writes an object with the operator as its one member.
    public func encode(to encoder: any Encoder) throws {
        let (name, texts, conditions) = parts
        var container = encoder.container(keyedBy: Key.self)
        switch name.operand {
        case .text: try container.encode(texts[0], forKey: Key(name))
        case .texts: try container.encode(texts, forKey: Key(name))
        case .conditions: try container.encode(conditions, forKey: Key(name))
        }
    }
}
