import Metering
import ReportDefinitions
import Testing

@testable import Charges

@Suite("What cannot be charged")
struct ChargeErrorTests {
    private func error(
        _ meter: PricedMeter,
        _ rows: [UsageRow],
        day: String = "2025-06-07",
        totals: [UsageRow] = []
    ) throws -> ChargeError {
        try #require(throws: ChargeError.self) {
            var month = try ChargeMonth(meter: meter, before: [], totals: totals)
            _ = try month.charges(on: Samples.day(day), rows: rows)
        }
    }

    @Test("usage before the first price is refused with the meter, the day and what to add")
    func noPrice() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("1")))
        let error = try error(meter, [try Samples.row("a", "1")], day: "2024-12-31")
        #expect(
            error.description == "meter tokens_total has usage on 2024-12-31 but its first price begins on 2025-01-01; "
                + "add a price from 2024-12-31 or earlier"
        )
    }

    @Test("a day that used nothing needs no price; its series are counted, and its events")
    func nothingUsed() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("1")))
        var month = try ChargeMonth(meter: meter, before: [], totals: [])
        let day = try month.charges(on: Samples.day("2024-12-31"), rows: [Samples.row("a", "0", events: 4)])
        #expect(day.charges.isEmpty)
        #expect(day.skippedRows == 1)
        #expect(day.events == 4)
    }

    @Test("a day tells the events of all its series and the series without a charge")
    func counts() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("1")))
        var month = try ChargeMonth(meter: meter, before: [], totals: [])
        let rows = [
            try Samples.row("a", "0", events: 4), try Samples.row("b", "2", events: 3),
            try Samples.row("c", "-2", events: 2),
        ]
        let day = try month.charges(on: Samples.day("2025-06-07"), rows: rows)
        #expect(day.charges.map(\.subject) == ["b", "c"])
        #expect(day.skippedRows == 1)
        #expect(day.events == 9)
    }

    @Test(
        "a needed column whose source is empty is refused by name",
        arguments: [FocusValue.subject, .dimension("model")]
    )
    func emptyColumn(source: FocusValue) throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("1"))) { catalog in
            catalog.focusProfiles[Samples.slug]?.billingAccountID = source
        }
        let error = try error(meter, [try Samples.row("", "1", model: "")])
        #expect(
            error.description == "BillingAccountId may not be null, but \(source) is empty in usage of meter "
                + "tokens_total on 2025-06-07; set a constant for it"
        )
    }

    @Test("a volume price without the subject's month is refused")
    func noTotal() throws {
        let meter = try Samples.pricedMeter(
            try Samples.price(try Samples.tiers([("1", "2"), (nil, "1")], mode: .volume))
        )
        let error = try error(meter, [try Samples.row("b", "1")], totals: [try Samples.row("a", "1")])
        #expect(error == .noMonthTotal(meter: "tokens_total", subject: "b", day: try Samples.day("2025-06-07")))
        #expect(error.description.hasSuffix("run the report again"))
    }

    @Test("a cost of more than 38 digits is refused, not rounded")
    func overflow() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("0.123456789")))
        let error = try error(meter, [try Samples.row("a", "123456789012345678901234567890123456")])
        #expect(
            error.description.hasPrefix("ListCost of tokens_total usage by a on 2025-06-07 has more than 38 digits")
        )
        let contract = try Samples.pricedMeter(
            try Samples.price(try Samples.flat("1"), contracted: try Samples.flat("0.123456789"))
        )
        #expect(
            "\(try self.error(contract, [try Samples.row("", "123456789012345678901234567890123456")]))"
                .hasPrefix("ContractedCost of tokens_total usage on 2025-06-07 has")
        )
    }

    @Test("a month's quantity of more than 38 digits is refused, not rounded")
    func positionOverflow() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.tiers([("1", "2"), (nil, "0")])))
        let nines = String(repeating: "9", count: 38)
        let rows = [try Samples.row("a", nines, model: "x"), try Samples.row("a", nines, model: "y")]
        #expect("\(try error(meter, rows))".hasPrefix("the month's quantity of tokens_total usage by a on 2025-06-07"))
    }

    @Test("a quantity without an exact decimal is refused, not rounded")
    func inexact() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("1"), per: "3"))
        let error = try error(meter, [try Samples.row("a", "1")])
        #expect(error.description.hasPrefix("PricingQuantity of tokens_total usage by a on 2025-06-07 has no exact"))
        #expect(error.description.contains("no prime factors but 2 and 5"))
    }

    @Test("tiers count so many subjects and no more")
    func subjectLimit() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.tiers([("1", "2"), (nil, "0")])))
        let rows = try ["a", "b", "c"].map { try Samples.row($0, "1") }
        var month = try ChargeMonth(meter: meter, before: [], totals: [], subjectLimit: 3)
        #expect(try month.charges(on: Samples.day("2025-06-07"), rows: rows).charges.count == 3)
        #expect(throws: ChargeError.tooManySubjects(meter: "tokens_total", limit: 3)) {
            try month.charges(on: Samples.day("2025-06-08"), rows: [Samples.row("d", "1")])
        }
        #expect(throws: ChargeError.tooManySubjects(meter: "tokens_total", limit: 2)) {
            try ChargeMonth(meter: meter, before: rows, totals: [], subjectLimit: 2)
        }
    }

    @Test("a meter whose prices do not depend on the month counts no subjects")
    func flatHasNoLimit() throws {
        let meter = try Samples.pricedMeter(try Samples.price(try Samples.flat("1")))
        let rows = try ["a", "b", "c"].map { try Samples.row($0, "1") }
        var month = try ChargeMonth(meter: meter, before: rows, totals: rows, subjectLimit: 1)
        #expect(try month.charges(on: Samples.day("2025-06-07"), rows: rows).charges.count == 3)
    }

    @Test("a definition that cannot give rows is refused with what it lacks")
    func definitions() throws {
        func problem(_ change: (inout ReportCatalog) throws -> Void) throws -> String {
            let price = try Samples.price(try Samples.flat("1"))
            return try #require(throws: ReportDefinitionProblem.self) {
                try Samples.pricedMeter(price, change: change)
            }.description
        }
        #expect(try problem { $0.prices = [] }.contains("no price"))
        #expect(try problem { $0.meters = [:] }.contains("no meter"))
        #expect(try problem { $0.focusProfiles = [:] }.contains("no focus: values"))
        #expect(try problem { $0.focusProfiles[Samples.slug]?.currency = "EUR" }.contains("nothing here converts"))
        #expect(try problem { $0.prices += $0.prices }.contains("two prices from 2025-01-01"))
        #expect(
            try problem { $0.focusProfiles[Samples.slug]?.regionID = .dimension("zone") }.contains("dimension zone")
        )
        #expect(
            try problem { $0.focusProfiles[Samples.slug]?.customColumns = [.init(name: "x_A", value: .dimension("b"))] }
                .contains("dimension b")
        )
        #expect(try problem { $0.focusProfiles[Samples.slug]?.serviceName = .constant("") }.contains("ServiceName"))
    }

    @Test(
        "tiers whose ends do not rise, or are out of range, are refused",
        arguments: [["5", "5"], ["5", "4"], ["0"], ["-1"]]
    )
    func bounds(ends: [String]) throws {
        let rates = try Samples.tiers(ends.map { ($0, "1") } + [(nil, "1")])
        let price = try Samples.price(try Samples.flat("1"), overrides: ["a": rates])
        let problem = try #require(throws: ReportDefinitionProblem.self) { try Samples.pricedMeter(price) }
        #expect(problem.reason.hasPrefix("the price of meter tokens_total from 2025-01-01: "))
    }

    @Test("tiers and allowances are refused for meters whose month is not the sum of its days")
    func aggregations() throws {
        let tiers = try Samples.price(try Samples.tiers([("1", "2"), (nil, "0")]))
        for aggregation in Aggregation.allCases {
            let meter = try Samples.meter(aggregation: aggregation)
            let make = { try Samples.pricedMeter(tiers) { $0.meters[Samples.slug] = meter } }
            if [.sum, .count].contains(aggregation) {
                #expect(try make().dependsOnMonth)
            } else {
                let problem = try #require(throws: ReportDefinitionProblem.self) { _ = try make() }
                #expect(problem.reason.contains(aggregation.rawValue))
            }
            let flat = try Samples.price(try Samples.flat("1"))
            #expect(throws: Never.self) { try Samples.pricedMeter(flat) { $0.meters[Samples.slug] = meter } }
        }
    }
}
