public import Metering

/// The price of one SKU of a meter from a day on.
public struct Price: Sendable, Hashable {
    /// The meter's slug.
    public var meter: String
    /// SkuId; SkuPriceId is `<sku>-<currency in lower case>`.
    public var sku: String
    /// PricingUnit, for example `1000 Tokens`.
    public var unit: String
    /// How many of what the meter counts make one pricing unit; its only prime factors are 2 and 5, so that quantities stay exact.
    public var per: ExactDecimal
    /// What the meter counts, for ConsumedUnit, for example `Tokens`.
    public var consumedUnit: String
    /// Per pricing unit.
    public var listUnitPrice: ExactDecimal
    /// Per pricing unit; the list price where the configuration names none.
    public var contractedUnitPrice: ExactDecimal
    /// ISO 4217.
    public var currency: String
    /// The first day it holds; it ends where the meter's next price begins.
    public var from: LocalDay

    /// Makes a price.
    public init(
        meter: String,
        sku: String,
        unit: String,
        per: ExactDecimal,
        consumedUnit: String,
        listUnitPrice: ExactDecimal,
        contractedUnitPrice: ExactDecimal,
        currency: String,
        from: LocalDay
    ) {
        self.meter = meter
        self.sku = sku
        self.unit = unit
        self.per = per
        self.consumedUnit = consumedUnit
        self.listUnitPrice = listUnitPrice
        self.contractedUnitPrice = contractedUnitPrice
        self.currency = currency
        self.from = from
    }
}
