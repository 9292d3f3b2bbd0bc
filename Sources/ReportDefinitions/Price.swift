public import Metering

/// The price of one SKU of a meter from a day on.
///
/// A subject's quantities of one billing month, all its series together, run through the rates from the month's first
/// day on. Another price that begins in mid-month goes on where the month stands; it does not begin anew.
public struct Price: Sendable, Hashable {
    /// The meter's slug.
    public var meter: String
    /// SkuId.
    public var sku: String
    /// PricingUnit, for example `1000 Tokens`.
    public var unit: String
    /// How many of what the meter counts make one pricing unit; its only prime factors are 2 and 5, so that quantities
    /// stay exact.
    public var per: ExactDecimal
    /// What the meter counts, for ConsumedUnit, for example `Tokens`.
    public var consumedUnit: String
    /// ISO 4217.
    public var currency: String
    /// The first day (UTC) it holds; it ends where the meter's next price begins.
    public var from: LocalDay
    /// What everybody is asked.
    public var list: Rates
    /// What is agreed with everybody who has no rates of their own; the list's where the configuration names none.
    public var contracted: Rates
    /// What is agreed with single subjects, sorted by the subjects' bytes, no subject twice.
    public var overrides: [SubjectRates]

    /// Makes a price.
    public init(
        meter: String,
        sku: String,
        unit: String,
        per: ExactDecimal,
        consumedUnit: String,
        currency: String,
        from: LocalDay,
        list: Rates,
        contracted: Rates? = nil,
        overrides: [SubjectRates] = []
    ) {
        self.meter = meter
        self.sku = sku
        self.unit = unit
        self.per = per
        self.consumedUnit = consumedUnit
        self.currency = currency
        self.from = from
        self.list = list
        self.contracted = contracted ?? list
        self.overrides = overrides
    }

    /// Whether what a unit costs depends on the month's other units.
    public var dependsOnMonth: Bool {
        ([list, contracted] + overrides.map(\.rates)).contains { !$0.isFlat }
    }
}

/// What is agreed with one subject.
public struct SubjectRates: Sendable, Hashable {
    /// The subject, compared byte by byte.
    public var subject: String
    /// Its rates.
    public var rates: Rates

    /// Makes a subject's rates.
    public init(subject: String, rates: Rates) {
        self.subject = subject
        self.rates = rates
    }
}

/// What a subject's units of one billing month cost.
public struct Rates: Sendable, Hashable {
    /// In consumed units: so many of a subject's first units in a billing month cost nothing. Tiers count what is beyond.
    public var allowance: ExactDecimal
    /// Which tier a unit belongs to.
    public var mode: Mode
    /// In rising order; only the last one has no end.
    public var tiers: [Tier]

    /// Graduated: each unit costs what the tier it falls into says. Volume: the month's quantity picks one tier, and all
    /// units beyond the allowance cost what it says.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        case graduated, volume
    }

    /// A range of quantities with one price.
    public struct Tier: Sendable, Hashable {
        /// In consumed units beyond the allowance, inclusive; nil: no end.
        public var upTo: ExactDecimal?
        /// Per pricing unit, zero or more.
        public var unitPrice: ExactDecimal

        /// Makes a tier.
        public init(upTo: ExactDecimal?, unitPrice: ExactDecimal) {
            self.upTo = upTo
            self.unitPrice = unitPrice
        }
    }

    /// Makes rates.
    public init(allowance: ExactDecimal = .zero, mode: Mode = .graduated, tiers: [Tier]) {
        precondition(tiers.last?.upTo == nil && !tiers.isEmpty, "the last tier has no end")
        self.allowance = allowance
        self.mode = mode
        self.tiers = tiers
    }

    /// Every unit at the same price.
    public init(unitPrice: ExactDecimal) {
        self.init(tiers: [Tier(upTo: nil, unitPrice: unitPrice)])
    }

    /// Whether every unit costs the same.
    public var isFlat: Bool { tiers.count == 1 && allowance == .zero }
}
