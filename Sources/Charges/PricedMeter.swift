public import Metering
public import ReportDefinitions

/// A meter with its prices and everything else its FOCUS rows take from the configuration.
public struct PricedMeter: Sendable {
    /// The meter.
    public let meter: Meter
    /// What usage cannot know of its rows.
    public let profile: FocusProfile
    /// What a usage query groups by, so that each row is one series: `subject`, then the dimensions.
    public let groupBy: [String]
    /// Whether what a unit costs depends on the subject's other units in the month: there are tiers or an allowance.
    public let dependsOnMonth: Bool
    /// Whether the month's quantity must be known before any of it is priced: there are volume tiers.
    public let needsMonthTotals: Bool
    /// Not empty; by the first day each holds.
    let prices: [MonthPrice]
    /// Where the values of columns come from.
    let values: SeriesValues

    /// Finds what the configuration says of a meter.
    /// - Throws: a sentence that says what is missing.
    public init(slug: String, in catalog: ReportCatalog) throws(ReportDefinitionProblem) {
        guard let meter = catalog.meters[slug] else {
            throw ReportDefinitionProblem("there is no meter \(slug)")
        }
        guard let profile = catalog.focusProfiles[slug] else {
            throw ReportDefinitionProblem("meter \(slug) has no focus: values")
        }
        let prices = catalog.prices.filter { $0.meter == slug }.sorted { $0.from < $1.from }
        guard !prices.isEmpty else {
            throw ReportDefinitionProblem("meter \(slug) has no price; add one under prices:")
        }
        for (price, next) in zip(prices, prices.dropFirst()) where price.from == next.from {
            throw ReportDefinitionProblem("meter \(slug) has two prices from \(price.from)")
        }
        if let foreign = prices.first(where: { $0.currency != profile.currency }) {
            throw ReportDefinitionProblem(
                "the price of meter \(slug) from \(foreign.from) is in \(foreign.currency), the billing currency is "
                    + "\(profile.currency); FOCUS costs are in the billing currency and nothing here converts"
            )
        }
        dependsOnMonth = prices.contains { $0.dependsOnMonth }
        guard !dependsOnMonth || [.sum, .count].contains(meter.aggregation) else {
            throw ReportDefinitionProblem(
                "meter \(slug) is \(meter.aggregation.rawValue), and tiers and allowances are for SUM and COUNT: the month "
                    + "of other meters is not the sum of its days"
            )
        }
        var monthPrices: [MonthPrice] = []
        for price in prices { monthPrices.append(try MonthPrice(price)) }
        self.prices = monthPrices
        needsMonthTotals = monthPrices.contains { $0.needsMonthTotals }
        values = try SeriesValues(of: profile, meter: meter)
        groupBy = ["subject"] + meter.groupBy.map(\.name)
        self.meter = meter
        self.profile = profile
    }

    /// The unit of what the meter counts, in the price of a day; nil before the first price.
    public func consumedUnit(on day: LocalDay) -> String? {
        priceIndex(on: day).map { prices[$0].price.consumedUnit }
    }

    /// The price that holds on a day: the last one that began on it or before.
    func priceIndex(on day: LocalDay) -> Int? {
        prices.lastIndex { $0.price.from <= day }
    }
}

/// A price with its bounds counted over a subject's month.
struct MonthPrice: Sendable {
    let price: Price
    let list: MonthRates
    /// What is agreed: first with everybody, then the overrides in their order.
    let contracted: [MonthRates]
    /// Which of `contracted` a subject has that is not the first.
    let overrides: [SubjectKey: Int]
    let needsMonthTotals: Bool
    /// How many pricing units one consumed unit is; nil where that is no decimal of 38 digits.
    let unitsPerConsumed: ExactDecimal?

    init(_ price: Price) throws(ReportDefinitionProblem) {
        self.price = price
        do {
            list = try MonthRates(price.list)
            var contracted = [try MonthRates(price.contracted)]
            var overrides: [SubjectKey: Int] = [:]
            for override in price.overrides {
                overrides[SubjectKey(override.subject)] = contracted.count
                contracted.append(try MonthRates(override.rates))
            }
            self.contracted = contracted
            self.overrides = overrides
        } catch {
            throw ReportDefinitionProblem("the price of meter \(price.meter) from \(price.from): \(error.reason)")
        }
        needsMonthTotals = ([list] + contracted).contains { $0.needsMonthTotal }
        unitsPerConsumed = try? ExactDecimal.one.divided(by: price.per)
    }
}
