import Metering
import ReportDefinitions

/// One entry of the `prices:` section.
enum PriceSection {
    static let meter = Key<String>("meter", .matching(.slug), .required, "the meter it prices")
    static let sku = Key<String>(
        "sku",
        .text("an SKU"),
        .required,
        "SkuId; SkuPriceId is this, with -free or -tier-1 behind it where there is an allowance or tiers"
    )
    static let unit = Key<String>("unit", .matching(.unit), .required, "what one price buys, such as 1000 Tokens or GB")
    static let per = Key<ExactDecimal>(
        "per",
        .divisor,
        .optional,
        "how many of consumedUnit make one unit; without it, the number in front of unit, or 1"
    )
    static let consumedUnit = Key<String>(
        "consumedUnit",
        .matching(.unit),
        .optional,
        "what the meter counts; without it, the words of unit: Tokens for 1000 Tokens"
    )
    static let listUnitPrice = Key<ExactDecimal>(
        "listUnitPrice",
        .price,
        .optional,
        "the list price of one unit; or tiers"
    )
    static let tiers = Key<[Placed<TierDraft>]>(
        "tiers",
        .list(of: TierSection.listed),
        .optional,
        "list prices by the quantity of a subject in a billing month, in rising order; or listUnitPrice"
    )
    static let tiering = Key<Rates.Mode>(
        "tiering",
        .choice("a tiering"),
        .optional,
        "graduated: each unit costs what its tier says; volume: the month's quantity picks one tier for all units. "
            + "Without it, graduated"
    )
    static let allowance = Key<ExactDecimal>(
        "allowance",
        .allowance,
        .optional,
        "how many of consumedUnit cost a subject nothing in a billing month; tiers count what is beyond. Without it, 0"
    )
    static let contractedUnitPrice = Key<ExactDecimal>(
        "contractedUnitPrice",
        .price,
        .optional,
        "the price agreed for one unit; without it, the list's"
    )
    static let subjects = Key<[NamedEntry<SubjectDraft>]>(
        "subjects",
        .map(keys: .subject, of: SubjectSection.rule),
        .section,
        "what is agreed with single subjects, by the event's subject; what is not written is as for others"
    )
    static let currency = Key<String>(
        "currency",
        .currency,
        .optional,
        "ISO 4217; without it, the meter's currency under focus"
    )
    static let from = Key<LocalDay>(
        "from",
        .day,
        .required,
        "the first day (UTC) it holds; it holds until the meter's next price"
    )

    private static let keys: [any DescribedKey] = [
        meter, sku, unit, per, consumedUnit, listUnitPrice, tiers, tiering, allowance, contractedUnitPrice, subjects,
        currency, from,
    ]

    static let rule = Rule<PriceDraft>.object(
        "a price of a meter",
        keys: keys,
        foreign: foreign,
        schema: JSONValue.schema(of: keys, about: "a price of a meter").adding([
            .init(
                name: "oneOf",
                value: .array([listUnitPrice.name, tiers.name].map { .members(["required": .texts([$0])]) })
            )
        ]),
        build: PriceDraft.init
    )

    /// What other billing programs write in a price, with what to do instead.
    private static let foreign: [String: String] = {
        let minimum = "which is left out on purpose: a minimum is a charge of the invoice and no usage"
        let price = "write listUnitPrice, or contractedUnitPrice for what is agreed"
        let names = ["minimum", "minimumAmount", "minimumCost", "minimumPrice", "minimumSpend"]
        return Dictionary(uniqueKeysWithValues: names.map { ($0, minimum) }).merging([
            "price": price, "unitPrice": price, "unitAmount": price,
            "to": "a price holds until the meter's next one",
            "until": "a price holds until the meter's next one",
            "freeUnits": "write allowance", "customers": "write subjects",
            "discount": "write contractedUnitPrice, the price that is left",
        ]) { $1 }
    }()
}

/// A price as far as it could be read.
struct PriceDraft: Sendable {
    var position: Position
    var meter: Placed<String>?
    var sku: Placed<String>?
    var unit: Placed<String>?
    /// nil where it is wrong.
    var measure: Measure?
    /// nil where they are wrong.
    var rates: RatesDraft?
    /// Where the first key stands that makes a unit's price depend on the month's others.
    var dependsOnMonth: Position?
    var currency: Placed<String>?
    /// The file names a currency, be it a wrong one.
    var hasCurrency: Bool
    var from: Placed<LocalDay>?

    /// How what is consumed becomes what is priced.
    struct Measure: Sendable, Hashable {
        var consumedUnit: String
        var per: ExactDecimal
    }

    init(_ fields: Fields) {
        typealias Keys = PriceSection
        position = fields.position
        meter = fields.placed(Keys.meter)
        sku = fields.placed(Keys.sku)
        unit = fields.placed(Keys.unit)
        currency = fields.placed(Keys.currency)
        hasCurrency = fields.has(Keys.currency)
        from = fields.placed(Keys.from)
        measure = Self.measure(fields, unit: unit)
        rates = RatesDraft(fields)
        dependsOnMonth = rates.flatMap { Self.monthKey($0) }.map(fields.position(of:))
    }

    private static func monthKey(_ rates: RatesDraft) -> (any DescribedKey)? {
        if rates.list.tiers.count > 1 { return PriceSection.tiers }
        if rates.list.allowance != .zero { return PriceSection.allowance }
        return rates.overrides.contains { !$0.rates.isFlat } ? PriceSection.subjects : nil
    }

    private static func measure(_ fields: Fields, unit: Placed<String>?) -> Measure? {
        typealias Keys = PriceSection
        let per = fields.placed(Keys.per)
        let written = fields(Keys.consumedUnit)
        guard let unit, fields.has(Keys.per) == (per != nil), fields.has(Keys.consumedUnit) == (written != nil) else {
            return nil
        }
        let (count, words) = UnitName.split(unit.value)
        let consumed = written ?? words
        guard consumed == words else {
            if per == nil {
                fields.spot.report(
                    "a price by another unit than consumedUnit has no per",
                    allowed: "per says how many of consumedUnit make one unit, such as 1000000000 for Bytes and GB"
                )
            }
            return per.map { Measure(consumedUnit: consumed, per: $0.value) }
        }
        let number = count.map { try? ExactDecimal($0) } ?? ExactDecimal(1)
        guard let number, number.isDivisor else {
            fields.spot.diagnostics.report(
                unit.position,
                "the number of unit \(unit.shown) does not divide quantities into decimals that have an end",
                allowed:
                    "a number of at most 38 digits whose only prime factors are 2 and 5, such as 10, 1000 or 1000000"
            )
            return nil
        }
        guard let per else { return Measure(consumedUnit: consumed, per: number) }
        if per.value != number {
            fields.spot.diagnostics.report(
                per.position,
                "per \(per.shown) is not the number of unit \(unit.shown)",
                allowed: "per is the number in front of unit, or 1; if the meter counts something else than unit, "
                    + "name that as consumedUnit"
            )
            return nil
        }
        return Measure(consumedUnit: consumed, per: number)
    }
}

/// A unit's number and words.
enum UnitName {
    /// `1000 Tokens` is 1000 and Tokens; `GB` is no number and GB.
    static func split(_ unit: String) -> (count: String?, words: String) {
        let digits = unit.prefix { $0.isASCII && $0.isNumber }
        let rest = unit.dropFirst(digits.count)
        guard !digits.isEmpty, rest.hasPrefix(" ") else { return (nil, unit) }
        return (String(digits), String(rest.dropFirst()))
    }
}
