import CloudEvents
import Metering
import ReportDefinitions
import Testing

@testable import Charges

/// Definitions and shorthand that many tests share.
enum Samples {
    static let slug = "tokens_total"

    static func meter(aggregation: Aggregation = .sum, dimensions: [String] = ["model"]) throws -> Meter {
        try Meter(
            slug: slug,
            name: "AI Tokens",
            eventType: "prompt",
            aggregation: aggregation,
            valueProperty: aggregation.measuresValue ? ValuePath("$.tokens") : nil,
            groupBy: dimensions.map { Dimension(name: $0, path: try ValuePath("$.\($0)")) }
        )
    }

    /// No more than every row needs.
    static func profile() -> FocusProfile {
        FocusProfile(
            provider: .constant("Example Metering"),
            billingAccountID: .constant("acct-001"),
            currency: "USD",
            serviceName: .constant("Example AI"),
            serviceCategory: "AI and Machine Learning"
        )
    }

    static func price(
        _ list: Rates,
        contracted: Rates? = nil,
        overrides: KeyValuePairs<String, Rates> = [:],
        per: String = "1",
        sku: String = "tokens",
        from: String = "2025-01-01"
    ) throws -> Price {
        Price(
            meter: slug,
            sku: sku,
            unit: per == "1" ? "Tokens" : "\(per) Tokens",
            per: try ExactDecimal(per),
            consumedUnit: "Tokens",
            currency: "USD",
            from: try day(from),
            list: list,
            contracted: contracted,
            overrides: overrides.sorted { $0.key.precedesBytewise($1.key) }.map {
                SubjectRates(subject: $0.key, rates: $0.value)
            }
        )
    }

    static func flat(_ unitPrice: String) throws -> Rates {
        Rates(unitPrice: try ExactDecimal(unitPrice))
    }

    /// Tiers as `1000: 0.10`, the last one's end nil.
    static func tiers(
        _ tiers: [(upTo: String?, unitPrice: String)],
        allowance: String = "0",
        mode: Rates.Mode = .graduated
    ) throws -> Rates {
        Rates(
            allowance: try ExactDecimal(allowance),
            mode: mode,
            tiers: try tiers.map {
                Rates.Tier(upTo: try $0.upTo.map { try ExactDecimal($0) }, unitPrice: try ExactDecimal($0.unitPrice))
            }
        )
    }

    static func catalog(_ prices: [Price], profile: FocusProfile = profile()) throws -> ReportCatalog {
        ReportCatalog(
            reports: [],
            meters: [slug: try meter()],
            focusProfiles: [slug: profile],
            prices: prices,
            destinations: [:]
        )
    }

    static func pricedMeter(
        _ prices: Price...,
        change: (inout ReportCatalog) throws -> Void = { _ in }
    ) throws -> PricedMeter {
        var catalog = try catalog(prices)
        try change(&catalog)
        return try PricedMeter(slug: slug, in: catalog)
    }

    static func day(_ text: String) throws -> LocalDay { try #require(LocalDay(text)) }

    static func row(
        _ subject: String?,
        _ value: String,
        model: String = "m",
        events: UInt64 = 1,
        day: String = "2025-06-07"
    ) throws -> UsageRow {
        let day = try Self.day(day)
        return UsageRow(
            window: TimeWindow(start: day.start(in: .utc), end: day.next.start(in: .utc)),
            subject: subject,
            dimensions: [model],
            value: try ExactDecimal(value),
            events: events
        )
    }

    /// The charge of 1,500 tokens of one series on one day.
    static func charge(
        subject: String = "customer-1",
        model: String = "m",
        value: String = "1500",
        price: Price? = nil,
        change: (inout FocusProfile) -> Void = { _ in }
    ) throws -> FocusCharge {
        let meter = try pricedMeter(try price ?? Samples.price(flat("0.002"), per: "1000")) { catalog in
            var profile = profile()
            change(&profile)
            catalog.focusProfiles[slug] = profile
        }
        var month = try ChargeMonth(meter: meter, before: [], totals: [])
        let charges = try month.charges(on: day("2025-06-07"), rows: [row(subject, value, model: model)]).charges
        try #require(charges.count == 1)
        return charges[0]
    }

    /// Charges a month, a day after the other, and tells each charge in a few words: `<subject> <quantity> x <list>
    /// <SkuPriceId>`, with ` (<contracted>)` behind the list price where it is another one.
    static func lines(
        _ meter: PricedMeter,
        _ days: [(day: String, rows: [UsageRow])],
        before: [UsageRow] = [],
        totals: [UsageRow]? = nil
    ) throws -> [[String]] {
        var month = try ChargeMonth(meter: meter, before: before, totals: totals ?? days.flatMap(\.rows))
        return try days.map { day, rows in
            try month.charges(on: Self.day(day), rows: rows).charges.map { charge in
                let contracted =
                    charge.listUnitPrice == charge.contractedUnitPrice ? "" : " (\(charge.contractedUnitPrice))"
                return "\(charge.subject) \(charge.consumedQuantity) x \(charge.listUnitPrice)\(contracted) "
                    + charge.skuPriceID
            }
        }
    }

    /// The sum of what the charges of a month cost: by the list, and as contracted.
    static func costs(
        _ meter: PricedMeter,
        _ days: [(day: String, rows: [UsageRow])]
    ) throws -> (list: String, contracted: String) {
        var month = try ChargeMonth(meter: meter, before: [], totals: days.flatMap(\.rows))
        var (list, contracted) = (ExactDecimal.zero, ExactDecimal.zero)
        for (day, rows) in days {
            for charge in try month.charges(on: Self.day(day), rows: rows).charges {
                list = try list.adding(charge.listCost)
                contracted = try contracted.adding(charge.contractedCost)
            }
        }
        return (list.description, contracted.description)
    }
}
