import Metering
import ReportDefinitions
import Testing

@testable import Charges

@Suite("Prices that change, and prices of single subjects")
struct PriceListTests {
    private static func first() throws -> Rates { try Samples.tiers([("1000", "0.1"), (nil, "0.05")]) }
    private static func second() throws -> Rates { try Samples.tiers([("500", "0.08"), (nil, "0.04")]) }

    @Test("a day has the last price that began on it or before")
    func byDay() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(try Samples.flat("3"), from: "2025-06-15"),
            try Samples.price(try Samples.flat("2")),
            try Samples.price(try Samples.flat("4"), from: "2025-06-17")
        )
        let days = ["2025-06-14", "2025-06-15", "2025-06-16", "2025-06-17"]
        let lines = try Samples.lines(meter, try days.map { ($0, [try Samples.row("a", "1")]) })
        #expect(lines.flatMap { $0 } == ["a 1 x 2 tokens", "a 1 x 3 tokens", "a 1 x 3 tokens", "a 1 x 4 tokens"])
        #expect(meter.consumedUnit(on: try Samples.day("2025-06-14")) == "Tokens")
        #expect(meter.consumedUnit(on: try Samples.day("2024-12-31")) == nil)
    }

    @Test("a price that begins in mid-month goes on where the subject's month stands")
    func midMonth() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(try Self.first()),
            try Samples.price(try Self.second(), from: "2025-06-16")
        )
        let days = [
            ("2025-06-10", [try Samples.row("a", "800")]), ("2025-06-16", [try Samples.row("a", "400")]),
        ]
        #expect(try Samples.lines(meter, days) == [["a 800 x 0.1 tokens-tier-1"], ["a 400 x 0.04 tokens-tier-2"]])
        #expect(try Samples.costs(meter, days).list == "96")
    }

    @Test("in volume tiers the whole month's quantity picks the tier of each price")
    func midMonthVolume() throws {
        func volume(_ rates: Rates) -> Rates { Rates(mode: .volume, tiers: rates.tiers) }
        let meter = try Samples.pricedMeter(
            try Samples.price(volume(try Self.first())),
            try Samples.price(volume(try Self.second()), from: "2025-06-16")
        )
        let days = [
            ("2025-06-10", [try Samples.row("a", "800")]), ("2025-06-16", [try Samples.row("a", "400")]),
        ]
        #expect(try Samples.lines(meter, days) == [["a 800 x 0.05 tokens-tier-2"], ["a 400 x 0.04 tokens-tier-2"]])
        #expect(try Samples.costs(meter, days).list == "56")
    }

    @Test("units before a tiered price began in mid-month count towards its tiers")
    func flatBefore() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(try Samples.flat("1")),
            try Samples.price(try Self.second(), from: "2025-06-16")
        )
        let lines = try Samples.lines(
            meter,
            [("2025-06-10", [try Samples.row("a", "450")]), ("2025-06-16", [try Samples.row("a", "100")])]
        )
        #expect(lines == [["a 450 x 1 tokens"], ["a 50 x 0.08 tokens-tier-1", "a 50 x 0.04 tokens-tier-2"]])
    }

    @Test("a subject's own price stands beside the list price under the list's id")
    func override() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(
                try Samples.flat("2"),
                contracted: try Samples.flat("1.8"),
                overrides: ["b": try Samples.flat("1")]
            )
        )
        #expect(!meter.dependsOnMonth)
        let lines = try Samples.lines(
            meter,
            [("2025-06-07", [try Samples.row("a", "3"), try Samples.row("b", "3")])]
        )
        #expect(lines == [["a 3 x 2 (1.8) tokens", "b 3 x 2 (1) tokens"]])
        let costs = try Samples.costs(meter, [("2025-06-07", [try Samples.row("b", "3")])])
        #expect(costs == ("6", "3"))
    }

    @Test("subjects are told apart by their bytes")
    func byteOverride() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(try Samples.flat("2"), overrides: ["\u{E9}": try Samples.flat("1")])
        )
        let lines = try Samples.lines(meter, [("2025-06-07", [try Samples.row("e\u{301}", "1")])])
        #expect(lines[0][0].hasSuffix(" 1 x 2 tokens"))
    }

    @Test("where list and contract have bounds of their own, each charge has one list and one contracted price")
    func twoSetsOfBounds() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(
                try Self.first(),
                overrides: ["b": try Samples.tiers([("400", "0.09"), ("1000", "0.07"), (nil, "0.02")])]
            )
        )
        let lines = try Samples.lines(
            meter,
            [("2025-06-07", [try Samples.row("a", "1200"), try Samples.row("b", "1200")])]
        )
        #expect(
            lines == [
                [
                    "a 1000 x 0.1 tokens-tier-1", "a 200 x 0.05 tokens-tier-2",
                    "b 400 x 0.1 (0.09) tokens-tier-1-contract-1", "b 600 x 0.1 (0.07) tokens-tier-1-contract-2",
                    "b 200 x 0.05 (0.02) tokens-tier-2",
                ]
            ]
        )
        let costs = try Samples.costs(meter, [("2025-06-07", [try Samples.row("b", "1200")])])
        #expect(costs == ("110", "82"))
    }

    @Test("a contracted allowance under a flat list price cuts it")
    func contractedAllowance() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(
                try Samples.flat("2"),
                overrides: ["b": try Samples.tiers([(nil, "2")], allowance: "100")]
            )
        )
        let lines = try Samples.lines(meter, [("2025-06-07", [try Samples.row("b", "150")])])
        #expect(lines == [["b 100 x 2 (0) tokens-contract-free", "b 50 x 2 tokens-contract-1"]])
    }

    @Test("units that are free by the list can have a contracted price")
    func freeByListOnly() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(
                try Samples.tiers([(nil, "2")], allowance: "100"),
                overrides: ["b": try Samples.flat("1")]
            )
        )
        let lines = try Samples.lines(meter, [("2025-06-07", [try Samples.row("b", "150")])])
        #expect(lines == [["b 100 x 0 (1) tokens-free", "b 50 x 2 (1) tokens"]])
    }

    @Test("a graduated list with a contract of volume: the contract's price is the month's, the list's the unit's")
    func volumeContract() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(
                try Self.first(),
                contracted: try Samples.tiers([("1000", "0.09"), (nil, "0.03")], allowance: "100", mode: .volume)
            )
        )
        #expect(meter.needsMonthTotals)
        let lines = try Samples.lines(meter, [("2025-06-07", [try Samples.row("a", "1200")])])
        #expect(
            lines == [
                [
                    "a 100 x 0.1 (0) tokens-tier-1-contract-free", "a 900 x 0.1 (0.03) tokens-tier-1-contract-2",
                    "a 200 x 0.05 (0.03) tokens-tier-2",
                ]
            ]
        )
    }

    @Test("what a meter asks of the month: nothing, what came before, or its totals")
    func needs() throws {
        let flat = try Samples.pricedMeter(try Samples.price(try Samples.flat("1")))
        #expect(!flat.dependsOnMonth && !flat.needsMonthTotals)
        let graduated = try Samples.pricedMeter(try Samples.price(try Self.first()))
        #expect(graduated.dependsOnMonth && !graduated.needsMonthTotals)
        let volume = try Samples.pricedMeter(
            try Samples.price(
                try Samples.flat("1"),
                overrides: ["b": try Samples.tiers([("1", "2"), (nil, "1")], mode: .volume)]
            )
        )
        #expect(volume.dependsOnMonth && volume.needsMonthTotals)
        #expect(flat.groupBy == ["subject", "model"])
    }
}
