import Metering
import Testing

@Suite("Filters of a meter")
struct MeterFilterTests {
    static func dimensions(_ dimensions: [(String, String)]) throws -> [Dimension] {
        try dimensions.map { Dimension(name: $0.0, path: try ValuePath($0.1)) }
    }

    static func meter(_ groupBy: [(String, String)], _ filters: [MeterFilter]) throws -> Meter {
        try Meter(
            slug: "tokens",
            eventType: "prompt",
            aggregation: .sum,
            valueProperty: try ValuePath("$.tokens"),
            groupBy: try dimensions(groupBy),
            filters: filters
        )
    }

    static func filter(
        _ name: String,
        _ condition: TextCondition = .equal("x"),
        of groupBy: [(String, String)] = []
    ) throws -> MeterFilter {
        try MeterFilter(name: name, condition: condition, dimensions: try dimensions(groupBy), slug: "tokens")
    }

    @Test("a filter's name is a dimension, the subject, the source, or a path")
    func places() throws {
        #expect(try Self.filter("model", of: [("model", "$.m")]).place == .path(ValuePath("$.m")))
        #expect(try Self.filter("subject").place == .subject)
        #expect(try Self.filter("source").place == .source)
        #expect(try Self.filter("$.a['b']").place == .path(ValuePath("$.a.b")))
        #expect(try Self.filter("source", of: [("source", "$.s")]).place == .path(ValuePath("$.s")))
        #expect(try Self.filter("subject").path == nil)
    }

    @Test(
        "other names are refused with what there is",
        arguments: [
            ("region", "model, and paths"), ("", "subject, source"), ("Subject", "subject"), ("type", "source"),
        ]
    )
    func unknownName(name: String, hint: String) throws {
        let error = #expect(throws: MeterError.self) { try Self.filter(name, of: [("model", "$.m")]) }
        #expect(error == .filterUnknown(slug: "tokens", name: name, dimensions: ["model"]))
        #expect(error?.field == "filters.\(name)")
        #expect(error?.description.contains(hint) == true)
    }

    @Test("a path that is none is refused with the column")
    func badPath() throws {
        let error = #expect(throws: MeterError.self) { try Self.filter("$.a[*]") }
        #expect(error?.field == "filters.$.a[*]")
        #expect(error?.reason.contains("column 5") == true)
    }

    @Test("a meter sorts its filters by name and asks for their paths after the dimensions'")
    func order() throws {
        let groupBy = [("model", "$.m"), ("zone", "$.z")]
        let meter = try Self.meter(
            groupBy,
            [
                Self.filter("zone", of: groupBy), Self.filter("subject"), Self.filter("$.plan"),
                Self.filter("source"),
            ]
        )
        #expect(meter.filters.map(\.name) == ["$.plan", "source", "subject", "zone"])
        #expect(meter.paths.map(\.description) == ["$.tokens", "$.m", "$.z", "$.plan", "$.z"])
        #expect(try Self.meter([], [Self.filter("$.tokens")]).paths.count == 2)
    }

    @Test("a name stands there once, and there are at most 64")
    func counts() throws {
        #expect(throws: MeterError.filterRepeated(slug: "tokens", name: "$.a")) {
            try Self.meter([], [Self.filter("$.a"), Self.filter("subject"), Self.filter("$.a", .equal("y"))])
        }
        _ = try Self.meter([], (0..<64).map { try Self.filter("$.d\($0)") })
        #expect(throws: MeterError.tooManyFilters(slug: "tokens", count: 65)) {
            try Self.meter([], (0..<65).map { try Self.filter("$.d\($0)") })
        }
    }

    @Test("a condition beyond the limits is refused")
    func limits() throws {
        #expect(throws: MeterError.filterCondition(slug: "tokens", name: "subject", error: .tooDeep(depth: 9))) {
            try Self.meter([], [Self.filter("subject", TextConditionTests.nested(9))])
        }
    }

    @Test("dimensions cannot be changed under a filter so that it means another place")
    func moved() throws {
        let old = [("model", "$.m")]
        let filters = [try Self.filter("model", of: old)]
        _ = try Self.meter(old + [("zone", "$.z")], filters)
        #expect(throws: MeterError.filterMoved(slug: "tokens", name: "model")) {
            try Self.meter([("model", "$.other")], filters)
        }
        #expect(throws: MeterError.filterUnknown(slug: "tokens", name: "model", dimensions: [])) {
            try Self.meter([], filters)
        }
        #expect(throws: MeterError.filterMoved(slug: "tokens", name: "source")) {
            try Self.meter([("source", "$.s")], [Self.filter("source")])
        }
        #expect(throws: MeterError.filterMoved(slug: "tokens", name: "$.a")) {
            try Self.meter([], [MeterFilter(name: "$.a", place: .subject, condition: .equal("x"))])
        }
    }

    @Test("meters with other filters are other meters")
    func equality() throws {
        let plain = try Self.meter([], [])
        #expect(plain != (try Self.meter([], [Self.filter("subject")])))
        #expect(try Self.meter([], [Self.filter("subject")]) == (try Self.meter([], [Self.filter("subject")])))
        #expect(
            try Self.meter([], [Self.filter("subject", .equal("é"))])
                != (try Self.meter([], [Self.filter("subject", .equal("e\u{301}"))]))
        )
    }
}
