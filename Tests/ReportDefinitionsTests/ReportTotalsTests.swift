import Metering
import ReportDefinitions
import Testing

@Suite("totals of reports")
struct ReportTotalsTests {
    @Test("keep a sum for each currency, in the order of the codes")
    func currencies() throws {
        var totals = ReportTotals()
        #expect(totals.description.isEmpty && totals.value(of: "EUR") == .zero)
        for (amount, currency) in [("12", "USD"), ("0.75", "EUR"), ("0.75", "EUR"), ("-2", "USD"), ("100", "JPY")] {
            try totals.add(try ExactDecimal(amount), currency: currency)
        }
        #expect(totals.description == "EUR 1.5, JPY 100, USD 10")
        #expect(totals.value(of: "USD") == ExactDecimal(10) && totals.value(of: "KWD") == .zero)
        var twice = totals
        try twice.add(totals)
        #expect(twice.description == "EUR 3, JPY 200, USD 20")
    }

    @Test("are read back from what they are written as", arguments: ["", "12.5", "-0.001", "EUR 1.5, USD 12", "JPY 0"])
    func text(written: String) throws {
        let totals = try #require(ReportTotals(written))
        #expect(totals.description == written)
    }

    @Test("are not read from anything else", arguments: ["x", "EUR", "EUR 1,", "EUR  1 2", "EUR x", ",", "1.5 EUR"])
    func junk(written: String) {
        #expect(ReportTotals(written) == nil)
    }

    @Test("that do not fit 38 digits are an error and leave the sum as it was")
    func overflow() throws {
        var totals = ReportTotals()
        let large = try ExactDecimal(String(repeating: "9", count: 38))
        try totals.add(large, currency: "EUR")
        #expect(throws: ExactDecimalError.overflow) { try totals.add(large, currency: "EUR") }
        #expect(totals.value(of: "EUR") == large)
    }
}

@Suite("rates")
struct RatesTests {
    @Test("are flat with one tier and no allowance, and only other ones depend on the month")
    func flat() throws {
        let flat = Rates(unitPrice: ExactDecimal(2))
        let tiered = Rates(tiers: [
            .init(upTo: ExactDecimal(10), unitPrice: ExactDecimal(2)), .init(upTo: nil, unitPrice: .one),
        ])
        let free = Rates(allowance: .one, tiers: [.init(upTo: nil, unitPrice: .one)])
        #expect(flat.isFlat && !tiered.isFlat && !free.isFlat)
        func price(_ list: Rates, contracted: Rates? = nil, _ own: Rates? = nil) throws -> Price {
            Price(
                meter: "a",
                sku: "a",
                unit: "Calls",
                per: .one,
                consumedUnit: "Calls",
                currency: "EUR",
                from: try #require(LocalDay("2025-01-01")),
                list: list,
                contracted: contracted,
                overrides: own.map { [SubjectRates(subject: "s", rates: $0)] } ?? []
            )
        }
        #expect(try !price(flat).dependsOnMonth && price(flat).contracted == flat)
        #expect(try price(tiered).dependsOnMonth && price(flat, contracted: free).dependsOnMonth)
        #expect(try price(flat, free).dependsOnMonth && !price(flat, contracted: flat, flat).dependsOnMonth)
    }
}
