import MeterdConfiguration
import Metering
import Testing

@Suite("filters and aggregations of meters")
struct FilterTests {
    private func meter(_ filters: String) throws -> Meter {
        let lines = filters.split(separator: "\n").map { "      \($0)\n" }.joined()
        let text = """
            meters:
              - slug: a
                eventType: a
                aggregation: COUNT
                groupBy: { model: $.model, team: "$['a team']" }
                filters:

            """
        return try #require(try Sample.parse(text + lines).meters.first)
    }

    private func condition(_ written: String) throws -> TextCondition? {
        try meter("model: \(written)").filters.first?.condition
    }

    @Test("are about a dimension, the subject, the source, or a place in the data")
    func places() throws {
        let meter = try meter("team: x\nsource: y\nsubject: z\n$.plan: p\n\"$['a b'][0]\": q")
        #expect(meter.filters.map(\.name) == ["$.plan", "$['a b'][0]", "source", "subject", "team"])
        #expect(
            meter.filters.map(\.place) == [
                .path(try ValuePath("$.plan")), .path(try ValuePath("$['a b'][0]")), .source, .subject,
                .path(try ValuePath("$['a team']")),
            ]
        )
    }

    @Test("a dimension named source goes before the event's")
    func ownSource() throws {
        let text = """
            meters: [{ slug: a, eventType: a, aggregation: COUNT, groupBy: { source: $.from }, filters: { source: x } }]
            """
        let filter = try #require(try Sample.parse(text).meters.first?.filters.first)
        #expect(filter.place == .path(try ValuePath("$.from")))
    }

    @Test("a text, a list and each operator are the condition they look like")
    func conditions() throws {
        let expected: [(String, TextCondition)] = [
            ("x", .equal("x")), ("\"\"", .equal("")), ("1.0", .equal("1.0")), ("\"true\"", .equal("true")),
            ("[a, 2, \"\"]", .oneOf(["a", "2", ""])), ("{ $eq: x }", .equal("x")), ("{ $ne: x }", .notEqual("x")),
            ("{ $in: [a] }", .oneOf(["a"])), ("{ $nin: [a, b] }", .noneOf(["a", "b"])),
            ("{ $like: a%_ }", .like("a%_")),
            ("{ $nlike: '\\%' }", .notLike("\\%")), ("{ $ilike: É }", .likeIgnoringCase("É")),
            ("{ $nilike: e }", .notLikeIgnoringCase("e")), ("{ $gt: a }", .greater("a")),
            ("{ $gte: 5 }", .greaterOrEqual("5")), ("{ $lt: a }", .less("a")), ("{ $lte: a }", .lessOrEqual("a")),
            ("{ $and: [a, { $ne: b }] }", .all([.equal("a"), .notEqual("b")])),
            ("{ $or: [[a, b], { $like: c% }] }", .any([.oneOf(["a", "b"]), .like("c%")])),
        ]
        for (written, condition) in expected {
            #expect(try self.condition(written) == condition, "\(written)")
        }
    }

    @Test("several operators all hold, and in which order they are written makes no other meter")
    func several() throws {
        let condition = try condition("{ $lt: \"599\", $gte: \"500\", $ne: \"503\" }")
        #expect(condition == .all([.notEqual("503"), .greaterOrEqual("500"), .less("599")]))
        #expect(try self.condition("{ $ne: \"503\", $gte: \"500\", $lt: \"599\" }") == condition)
    }

    @Test("a meter without filters has none, and takes a value from the environment in one")
    func environment() throws {
        #expect(try meter("").filters.isEmpty)
        let text = "meters: [{ slug: a, eventType: a, aggregation: COUNT, filters: { subject: \"${S}\" } }]"
        #expect(try Sample.parse(text, ["S": "x"]).meters.first?.filters.first?.condition == .equal("x"))
        #expect(Sample.errors(text, ["S": ""]).count == 1)
    }

    @Test("more filters, texts or letters than a meter takes are refused with what it takes")
    func limits() throws {
        func errors(_ filters: String) -> [String] {
            Sample.errors("meters: [{ slug: a, eventType: a, aggregation: COUNT, filters: { \(filters) } }]")
        }
        let many = (0..<65).map { "$.a\($0): x" }
        #expect(errors(many.dropLast().joined(separator: ", ")).isEmpty)
        #expect(errors(many.joined(separator: ", ")) == ["c.yaml:1:55: a meter has 65 filters; at most 64"])
        let texts = Array(repeating: "x", count: 1001)
        #expect(errors("subject: [\(texts.dropLast().joined(separator: ", "))]").isEmpty)
        #expect(
            errors("subject: [\(texts.joined(separator: ", "))]").allSatisfy {
                $0.hasPrefix("c.yaml:1:75: meters[0].filters.subject: the condition has 1001 values; at most 1000")
            }
        )
        #expect(errors("subject: [\(texts.joined(separator: ", "))]").count == 1)
        #expect(errors("subject: \(String(repeating: "x", count: 1024))").isEmpty)
        #expect(errors("subject: { $like: \(String(repeating: "é", count: 1000)) }").count == 1)
    }

    @Test("every aggregation is read by its name", arguments: Aggregation.allCases)
    func aggregations(aggregation: Aggregation) throws {
        let value = aggregation.measuresValue ? ", valueProperty: $.x" : ""
        let text = "meters: [{ slug: a, eventType: a, aggregation: \(aggregation.rawValue)\(value) }]"
        #expect(try Sample.parse(text).meters.first?.aggregation == aggregation)
    }

    @Test("percentiles and levels may have a flat price")
    func prices() throws {
        for aggregation in ["P99", "WEIGHTED_SUM"] {
            let text = """
                meters: [{ slug: a, eventType: a, aggregation: \(aggregation), valueProperty: $.x }]
                prices: [{ meter: a, sku: a, unit: GB-Hours, listUnitPrice: 1, currency: EUR, from: 2025-01-01 }]
                """
            #expect(try Sample.parse(text).prices.count == 1)
        }
    }

    @Test("the documentation defines each aggregation and each operator")
    func documented() throws {
        let documentation = try Sample.file("docs/configuration.md")
        for aggregation in Aggregation.allCases {
            #expect(documentation.contains("`\(aggregation.rawValue)`"), "\(aggregation.rawValue)")
        }
        for name in TextCondition.Operator.allCases {
            #expect(documentation.contains("`{ \(name.rawValue): "), "\(name.rawValue)")
        }
    }
}
