import Metering
import ReportDefinitions
import Testing

@testable import Charges

@Suite("Tiers and allowances")
struct TierTests {
    private static let steps: [(upTo: String?, unitPrice: String)] = [
        ("1000", "0.1"), ("10000", "0.05"), (nil, "0.01"),
    ]

    private func meter(_ rates: Rates, contracted: Rates? = nil) throws -> PricedMeter {
        try Samples.pricedMeter(try Samples.price(rates, contracted: contracted))
    }

    private func cost(_ rates: Rates, of quantity: String) throws -> String {
        try Samples.costs(try meter(rates), [("2025-06-07", [try Samples.row("a", quantity)])]).list
    }

    @Test(
        "in graduated tiers each unit costs what its tier says, an end included",
        arguments: [
            ("15000", "600"), ("1000", "100"), ("1001", "100.05"), ("1000.5", "100.025"), ("10000", "550"),
            ("10000.01", "550.0001"), ("0.5", "0.05"),
        ]
    )
    func graduated(quantity: String, cost: String) throws {
        #expect(try self.cost(try Samples.tiers(Self.steps), of: quantity) == cost)
    }

    @Test(
        "in volume tiers the month's quantity picks one price for all units, an end included",
        arguments: [("15000", "150"), ("1000", "100"), ("1001", "50.05"), ("10000", "500"), ("10000.5", "100.005")]
    )
    func volume(quantity: String, cost: String) throws {
        #expect(try self.cost(try Samples.tiers(Self.steps, mode: .volume), of: quantity) == cost)
    }

    @Test("a day that reaches into the next tier has a charge for each, with an id of its own")
    func graduatedByDays() throws {
        let meter = try meter(try Samples.tiers(Self.steps))
        let lines = try Samples.lines(
            meter,
            [("2025-06-01", [try Samples.row("a", "600")]), ("2025-06-02", [try Samples.row("a", "700")])]
        )
        #expect(lines == [["a 600 x 0.1 tokens-tier-1"], ["a 400 x 0.1 tokens-tier-1", "a 300 x 0.05 tokens-tier-2"]])
    }

    @Test("a late event of an earlier day moves what later days cost")
    func lateEvent() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps)),
            [("2025-06-01", [try Samples.row("a", "700")]), ("2025-06-02", [try Samples.row("a", "700")])]
        )
        #expect(lines == [["a 700 x 0.1 tokens-tier-1"], ["a 300 x 0.1 tokens-tier-1", "a 400 x 0.05 tokens-tier-2"]])
    }

    @Test("one day can pass through all tiers")
    func allTiers() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps)),
            [("2025-06-01", [try Samples.row("a", "15000")])]
        )
        #expect(
            lines == [
                ["a 1000 x 0.1 tokens-tier-1", "a 9000 x 0.05 tokens-tier-2", "a 5000 x 0.01 tokens-tier-3"]
            ]
        )
    }

    @Test("a subject's series share its tiers, in the order of their bytes whatever order they come in")
    func series() throws {
        let rows = [
            try Samples.row("a", "600", model: "z"), try Samples.row("b", "1", model: "m"),
            try Samples.row("a", "600", model: "Z"),
        ]
        let lines = try Samples.lines(try meter(try Samples.tiers(Self.steps)), [("2025-06-01", rows)])
        #expect(
            lines == [
                [
                    "a 600 x 0.1 tokens-tier-1", "a 400 x 0.1 tokens-tier-1", "a 200 x 0.05 tokens-tier-2",
                    "b 1 x 0.1 tokens-tier-1",
                ]
            ]
        )
    }

    @Test("each subject has its own month; events without a subject are one customer")
    func subjects() throws {
        let rows = [try Samples.row("", "600", model: "x"), try Samples.row(nil, "600", model: "y")]
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps)),
            [("2025-06-01", rows + [try Samples.row("b", "600")])]
        )
        #expect(
            lines == [
                [
                    " 600 x 0.1 tokens-tier-1", " 400 x 0.1 tokens-tier-1", " 200 x 0.05 tokens-tier-2",
                    "b 600 x 0.1 tokens-tier-1",
                ]
            ]
        )
    }

    @Test("subjects that differ in their bytes alone are two customers")
    func byteSubjects() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps)),
            [("2025-06-01", [try Samples.row("\u{E9}", "1000"), try Samples.row("e\u{301}", "1000")])]
        )
        #expect(lines[0].count == 2)
        #expect(lines[0].allSatisfy { $0.hasSuffix("1000 x 0.1 tokens-tier-1") })
    }

    @Test("the first units of a month are free, and tiers count what is beyond them")
    func allowance() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps, allowance: "500")),
            [("2025-06-01", [try Samples.row("a", "300")]), ("2025-06-02", [try Samples.row("a", "1300")])]
        )
        #expect(
            lines == [
                ["a 300 x 0 tokens-free"],
                ["a 200 x 0 tokens-free", "a 1000 x 0.1 tokens-tier-1", "a 100 x 0.05 tokens-tier-2"],
            ]
        )
    }

    @Test("an allowance over a flat price: what is beyond it has the plain id")
    func flatAllowance() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers([(nil, "2")], allowance: "500")),
            [("2025-06-01", [try Samples.row("a", "500")]), ("2025-06-02", [try Samples.row("a", "0.5")])]
        )
        #expect(lines == [["a 500 x 0 tokens-free"], ["a 0.5 x 2 tokens"]])
    }

    @Test("volume tiers are picked by what is beyond the allowance, and the free units stay free")
    func volumeAllowance() throws {
        let meter = try meter(try Samples.tiers(Self.steps, allowance: "500", mode: .volume))
        func lines(_ second: String) throws -> [[String]] {
            try Samples.lines(
                meter,
                [("2025-06-01", [try Samples.row("a", "600")]), ("2025-06-02", [try Samples.row("a", second)])]
            )
        }
        #expect(
            try lines("900") == [
                ["a 500 x 0 tokens-free", "a 100 x 0.1 tokens-tier-1"], ["a 900 x 0.1 tokens-tier-1"],
            ]
        )
        #expect(
            try lines("901") == [
                ["a 500 x 0 tokens-free", "a 100 x 0.05 tokens-tier-2"], ["a 901 x 0.05 tokens-tier-2"],
            ]
        )
    }

    @Test("days of a volume month that are not asked for count among its quantity")
    func volumeTotals() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps, mode: .volume)),
            [("2025-06-01", [try Samples.row("a", "10")])],
            totals: [try Samples.row("a", "20000")]
        )
        #expect(lines == [["a 10 x 0.01 tokens-tier-3"]])
    }

    @Test("a walk that begins in mid-month gives the same charges as one from the first day")
    func before() throws {
        let meter = try meter(try Samples.tiers(Self.steps))
        let days = [
            ("2025-06-01", [try Samples.row("a", "600", model: "x"), try Samples.row("a", "300", model: "y")]),
            ("2025-06-02", [try Samples.row("a", "700")]),
        ]
        let whole = try Samples.lines(meter, days)
        let part = try Samples.lines(meter, [days[1]], before: [try Samples.row("a", "900")])
        #expect(part == [whole[1]])
    }

    @Test("usage below zero gives back what the last units cost")
    func negative() throws {
        let lines = try Samples.lines(
            try meter(try Samples.tiers(Self.steps)),
            [
                ("2025-06-01", [try Samples.row("a", "1200")]), ("2025-06-02", [try Samples.row("a", "-500")]),
                ("2025-06-03", [try Samples.row("a", "500")]),
            ]
        )
        #expect(
            lines == [
                ["a 1000 x 0.1 tokens-tier-1", "a 200 x 0.05 tokens-tier-2"],
                ["a -300 x 0.1 tokens-tier-1", "a -200 x 0.05 tokens-tier-2"],
                ["a 300 x 0.1 tokens-tier-1", "a 200 x 0.05 tokens-tier-2"],
            ]
        )
    }

    @Test("a month below zero is in the first part, and what brings it back to zero too")
    func belowZero() throws {
        let tiers = try Samples.lines(
            try meter(try Samples.tiers(Self.steps)),
            [("2025-06-01", [try Samples.row("a", "-50")]), ("2025-06-02", [try Samples.row("a", "1060")])]
        )
        #expect(
            tiers == [
                ["a -50 x 0.1 tokens-tier-1"], ["a 1050 x 0.1 tokens-tier-1", "a 10 x 0.05 tokens-tier-2"],
            ]
        )
        let free = try Samples.lines(
            try meter(try Samples.tiers([(nil, "2")], allowance: "5")),
            [("2025-06-01", [try Samples.row("a", "-3")]), ("2025-06-02", [try Samples.row("a", "9")])]
        )
        #expect(free == [["a -3 x 0 tokens-free"], ["a 8 x 0 tokens-free", "a 1 x 2 tokens"]])
    }

    @Test("the tiers' ends are in consumed units, whatever a pricing unit is")
    func perThousand() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(try Samples.tiers([("1500", "10"), (nil, "5")]), per: "1000")
        )
        var month = try ChargeMonth(meter: meter, before: [], totals: [])
        let charges = try month.charges(on: Samples.day("2025-06-07"), rows: [Samples.row("a", "2000")]).charges
        #expect(charges.map { $0.text(of: .consumedQuantity) } == ["1500.0", "500.0"])
        #expect(charges.map { $0.text(of: .pricingQuantity) } == ["1.5", "0.5"])
        #expect(charges.map { $0.text(of: .listCost) } == ["15.0", "2.5"])
    }

    @Test("a tier's charge says which tier it is, in texts, whose keys begin with x_")
    func details() throws {
        let steps: [(upTo: String?, unitPrice: String)] = [("1000", "0.1"), (nil, "0.05")]
        func details(_ rates: Rates) throws -> [String?] {
            var month = try ChargeMonth(meter: try meter(rates), before: [], totals: [try Samples.row("a", "2000")])
            return try month.charges(on: Samples.day("2025-06-07"), rows: [Samples.row("a", "2000")]).charges
                .map { $0.text(of: .skuPriceDetails) }
        }
        #expect(
            try details(try Samples.tiers(steps, allowance: "500")) == [
                #"{"x_TierMode":"free","x_TierUpTo":"500"}"#,
                #"{"x_TierAbove":"500","x_TierMode":"graduated","x_TierUpTo":"1500"}"#,
                #"{"x_TierAbove":"1500","x_TierMode":"graduated"}"#,
            ]
        )
        #expect(
            try details(try Samples.tiers(steps, mode: .volume)) == [#"{"x_TierAbove":"1000","x_TierMode":"volume"}"#]
        )
        #expect(try details(try Samples.flat("1")) == [nil])
    }

    @Test("a tier's charge says so in its description")
    func description() throws {
        var month = try ChargeMonth(
            meter: try meter(try Samples.tiers(Self.steps, allowance: "1")),
            before: [],
            totals: []
        )
        let charges = try month.charges(on: Samples.day("2025-06-07"), rows: [Samples.row("a", "2")]).charges
        #expect(
            charges.map(\.description) == [
                "tokens_total usage by a on 2025-06-07 (free)", "tokens_total usage by a on 2025-06-07 (tier 1)",
            ]
        )
    }
}
