import CloudEvents
import Metering
import Testing

@Suite("Meter")
struct MeterTests {
    static func meter(
        slug: String = "tokens_total",
        name: String? = nil,
        description: String? = nil,
        eventType: String = "prompt",
        aggregation: Aggregation = .sum,
        value: String? = "$.tokens",
        groupBy: [(String, String)] = []
    ) throws -> Meter {
        try Meter(
            slug: slug,
            name: name,
            description: description,
            eventType: eventType,
            aggregation: aggregation,
            valueProperty: value.map { try ValuePath($0) },
            groupBy: groupBy.map { Dimension(name: $0.0, path: try ValuePath($0.1)) }
        )
    }

    @Test("a meter keeps what it is given, names itself by its slug, and sorts its dimensions")
    func accepts() throws {
        let meter = try Self.meter(groupBy: [("type", "$.type"), ("Model", "$.model"), ("_x", "$.x")])
        #expect(meter.name == "tokens_total")
        #expect(meter.groupBy.map(\.name) == ["Model", "_x", "type"])
        #expect(meter.paths.map(\.description) == ["$.tokens", "$.model", "$.x", "$.type"])
        #expect(
            try Self.meter(aggregation: .count, value: nil, groupBy: [("m", "$.m")]).paths.map(\.description) == ["$.m"]
        )
    }

    @Test("slugs of lower-case words are taken", arguments: ["a", "0", "a_b_1", String(repeating: "a", count: 64)])
    func goodSlugs(slug: String) throws {
        #expect(try Self.meter(slug: slug).slug == slug)
    }

    @Test(
        "other slugs are refused",
        arguments: ["", "A", "a-b", "_a", "a_", "a__b", "a b", "ä", "a\n", String(repeating: "a", count: 65)]
    )
    func badSlugs(slug: String) {
        #expect(throws: MeterError.slug(slug)) { try Self.meter(slug: slug) }
    }

    @Test("names are 1 to 256 and descriptions up to 1024 characters long")
    func lengths() throws {
        _ = try Self.meter(name: String(repeating: "é", count: 256), description: String(repeating: "ü", count: 1024))
        #expect(throws: MeterError.nameLength(slug: "tokens_total")) { try Self.meter(name: "") }
        #expect(throws: MeterError.nameLength(slug: "tokens_total")) {
            try Self.meter(name: String(repeating: "x", count: 257))
        }
        #expect(throws: MeterError.descriptionLength(slug: "tokens_total")) {
            try Self.meter(description: String(repeating: "x", count: 1025))
        }
    }

    @Test("an event type is required")
    func eventType() {
        #expect(throws: MeterError.eventTypeMissing(slug: "tokens_total")) { try Self.meter(eventType: "") }
    }

    @Test("COUNT has no value property and every other aggregation needs one", arguments: Aggregation.allCases)
    func valueProperty(aggregation: Aggregation) throws {
        if aggregation == .count {
            #expect(try Self.meter(aggregation: .count, value: nil).valueProperty == nil)
            #expect(throws: MeterError.valuePropertyNotAllowed(slug: "tokens_total")) {
                try Self.meter(aggregation: .count)
            }
        } else {
            #expect(try Self.meter(aggregation: aggregation).valueProperty?.description == "$.tokens")
            #expect(throws: MeterError.valuePropertyMissing(slug: "tokens_total", aggregation: aggregation)) {
                try Self.meter(aggregation: aggregation, value: nil)
            }
        }
    }

    @Test(
        "dimension names of letters, digits and underscores are taken, others refused",
        arguments: ["", "1a", "a-b", "a b", "é", "a.b"]
    )
    func dimensionNames(name: String) throws {
        #expect(throws: MeterError.dimensionName(slug: "tokens_total", name: name)) {
            try Self.meter(groupBy: [(name, "$.x")])
        }
    }

    @Test("a dimension cannot be named subject, be there twice, or read the value's own path")
    func dimensionRules() throws {
        #expect(throws: MeterError.dimensionReserved(slug: "tokens_total", name: "subject")) {
            try Self.meter(groupBy: [("subject", "$.s")])
        }
        #expect(throws: MeterError.dimensionRepeated(slug: "tokens_total", name: "a")) {
            try Self.meter(groupBy: [("a", "$.x"), ("a", "$.y")])
        }
        let path = try ValuePath("$['tokens']")
        #expect(throws: MeterError.dimensionIsValue(slug: "tokens_total", name: "a", path: path)) {
            try Self.meter(groupBy: [("a", "$['tokens']")])
        }
        _ = try Self.meter(groupBy: [("a", "$.x"), ("b", "$.x")])
    }

    @Test("at most 64 dimensions are allowed")
    func dimensionCount() throws {
        _ = try Self.meter(groupBy: (0..<64).map { ("d\($0)", "$.d\($0)") })
        #expect(throws: MeterError.tooManyDimensions(slug: "tokens_total", count: 65)) {
            try Self.meter(groupBy: (0..<65).map { ("d\($0)", "$.d\($0)") })
        }
    }

    @Test("an error names the meter, the field, what is wrong and what is allowed")
    func message() throws {
        let error = #expect(throws: MeterError.self) { try Self.meter(groupBy: [("model", "$.tokens")]) }
        #expect(error?.field == "groupBy.model")
        #expect(
            error?.description
                == "meter \"tokens_total\": groupBy.model: the path $.tokens is the value's own; a dimension reads another place"
        )
    }
}
