import Metering

/// What a JSON value may be, in the words of JSON Schema 2020-12, which OpenAPI 3.1 speaks (section 4.8.24).
struct APISchema: Sendable {
    private var keywords: [(name: String, value: JSONNode)]

    private init(_ keywords: [(name: String, value: JSONNode)]) {
        self.keywords = keywords
    }

    /// The schema as the document has it.
    var node: JSONNode { .object(keywords) }

    private func with(_ name: String, _ value: JSONNode?) -> APISchema {
        guard let value else { return self }
        return APISchema(keywords + [(name, value)])
    }

    /// The same with a text for people.
    func about(_ description: String) -> APISchema { with("description", .text(description)) }

    /// The same with a value as it may look.
    func example(_ value: JSONNode) -> APISchema { with("examples", [value]) }

    /// The same, or null.
    var orNull: APISchema { .any(of: [self, APISchema([("type", "null")])]) }
}

// MARK: - Texts, numbers, truth

extension APISchema {
    /// A text; lengths are in characters (Unicode scalars).
    static func text(_ length: ClosedRange<Int>? = nil, pattern: String? = nil, format: Format? = nil) -> APISchema {
        APISchema([("type", "string")])
            .with("minLength", length.flatMap { $0.lowerBound > 0 ? .integer($0.lowerBound) : nil })
            .with("maxLength", length.flatMap { $0.upperBound < .max ? .integer($0.upperBound) : nil })
            .with("pattern", pattern.map(JSONNode.text))
            .with("format", format.map { .text($0.rawValue) })
    }

    /// A text without the null character, which no name and no condition here has.
    static func plain(_ length: ClosedRange<Int>? = nil) -> APISchema { .text(length, pattern: #"^[^\u0000]*$"#) }

    /// What a text stands for.
    enum Format: String {
        /// RFC 3339.
        case dateTime = "date-time"
        /// RFC 3339 `full-date`.
        case date
        /// RFC 3986.
        case uriReference = "uri-reference"
        /// RFC 3986, absolute.
        case uri
    }

    /// A moment (RFC 3339).
    static var time: APISchema { .text(format: .dateTime) }

    /// A day of the calendar, such as 2025-06-07.
    static var day: APISchema { .text(format: .date) }

    /// One of some texts.
    static func one(of texts: [String]) -> APISchema {
        APISchema([("type", "string"), ("enum", .array(texts.map(JSONNode.text)))])
    }

    /// An integer within bounds.
    static func integer(_ range: ClosedRange<Int>, unlessGiven value: Int? = nil) -> APISchema {
        APISchema([("type", "integer"), ("minimum", .integer(range.lowerBound))])
            .with("maximum", range.upperBound < .max ? .integer(range.upperBound) : nil)
            .with("default", value.map(JSONNode.integer))
    }

    /// A sequence number: a place in the log.
    static var sequence: APISchema {
        APISchema([("type", "integer"), ("minimum", 0), ("maximum", .number(ExactDecimal(count: .max)))])
    }

    /// How many: an integer from 0.
    static var count: APISchema { .integer(0 ... .max) }

    /// A decimal number, exact digit by digit.
    static var decimal: APISchema { APISchema([("type", "number")]) }

    /// True or false.
    static func flag(unlessGiven value: Bool? = nil) -> APISchema {
        APISchema([("type", "boolean")]).with("default", value.map(JSONNode.flag))
    }
}

// MARK: - Lists, objects, choices

extension APISchema {
    /// A list of values of one kind.
    static func list(of element: APISchema, count: ClosedRange<Int> = 0 ... .max) -> APISchema {
        APISchema([("type", "array"), ("items", element.node)])
            .with("minItems", count.lowerBound > 0 ? .integer(count.lowerBound) : nil)
            .with("maxItems", count.upperBound < .max ? .integer(count.upperBound) : nil)
    }

    /// An object with these members and no others.
    static func object(_ members: Member...) -> APISchema { object(members, others: false) }

    /// An object with these members and `others`.
    static func object(_ members: [Member], others: JSONNode, names: APISchema? = nil) -> APISchema {
        let required = members.filter(\.isRequired).map { JSONNode.text($0.name) }
        return APISchema([("type", "object")])
            .with("required", required.isEmpty ? nil : .array(required))
            .with("properties", .object(members.map { ($0.name, $0.schema.node) }))
            .with("propertyNames", names?.node)
            .with("additionalProperties", others)
    }

    /// A member of an object.
    struct Member: Sendable {
        var name: String
        var schema: APISchema
        var isRequired: Bool

        /// A member that is always there.
        static func always(_ name: String, _ schema: APISchema, _ about: String? = nil) -> Member {
            Member(name: name, schema: about.map(schema.about) ?? schema, isRequired: true)
        }

        /// A member of a request that may be missing, or null, which is the same.
        static func optional(_ name: String, _ schema: APISchema, _ about: String? = nil) -> Member {
            perhaps(name, schema.orNull, about)
        }

        /// A member of an answer that may be missing.
        static func perhaps(_ name: String, _ schema: APISchema, _ about: String? = nil) -> Member {
            Member(name: name, schema: about.map(schema.about) ?? schema, isRequired: false)
        }
    }

    /// An object that gives names a value each.
    static func map(names: APISchema, to value: APISchema, atMost count: Int? = nil) -> APISchema {
        APISchema([("type", "object"), ("propertyNames", names.node), ("additionalProperties", value.node)])
            .with("maxProperties", count.map(JSONNode.integer))
    }

    /// The same with one member or more.
    var notEmpty: APISchema { with("minProperties", 1) }

    /// What one of the schemas allows.
    static func any(of schemas: [APISchema]) -> APISchema {
        APISchema([("anyOf", .array(schemas.map(\.node)))])
    }

    /// A schema of the document's components.
    static func named(_ name: String) -> APISchema {
        APISchema([("$ref", .text("#/components/schemas/\(name)"))])
    }

    /// Where `member` has `value`, there is no `forbidden`; everywhere else it has to be there.
    func without(_ forbidden: String, where member: String, is value: String) -> APISchema {
        with("if", ["properties": .member(member, ["const": .text(value)]), "required": [.text(member)]])
            .with("then", ["properties": .member(forbidden, false)])
            .with("else", ["required": [.text(forbidden)]])
    }
}
