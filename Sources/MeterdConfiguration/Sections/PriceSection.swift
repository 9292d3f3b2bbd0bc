import Metering

/// One entry of the `prices:` section.
enum PriceSection {
    static let meter = Key<String>("meter", .matching(.slug), .required, "the meter it prices")
    static let sku = Key<String>(
        "sku",
        .text("an SKU"),
        .required,
        "SkuId; SkuPriceId is this, - and the currency in lower case"
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
    static let listUnitPrice = Key<ExactDecimal>("listUnitPrice", .price, .required, "the list price of one unit")
    static let contractedUnitPrice = Key<ExactDecimal>(
        "contractedUnitPrice",
        .price,
        .optional,
        "the price agreed for one unit; without it, listUnitPrice"
    )
    static let currency = Key<String>(
        "currency",
        .matching(.currency),
        .optional,
        "ISO 4217; without it, the meter's currency under focus"
    )
    static let from = Key<LocalDay>(
        "from",
        .day,
        .required,
        "the first day (UTC) it holds; it holds until the meter's next price"
    )

    static let rule = Rule<PriceDraft>.object(
        "a price of a meter",
        keys: [meter, sku, unit, per, consumedUnit, listUnitPrice, contractedUnitPrice, currency, from],
        build: PriceDraft.init
    )
}

/// A price as far as it could be read.
struct PriceDraft: Sendable {
    var position: Position
    var meter: Placed<String>?
    var sku: String?
    var unit: String?
    /// nil where it is wrong.
    var measure: Measure?
    var listUnitPrice: ExactDecimal?
    var contractedUnitPrice: ExactDecimal?
    var currency: Placed<String>?
    /// The file names a currency, be it a wrong one.
    var hasCurrency: Bool
    var from: Placed<LocalDay>?

    /// How what is consumed becomes what is priced.
    struct Measure: Sendable {
        var consumedUnit: String
        var per: ExactDecimal
    }

    init(_ fields: Fields) {
        typealias Keys = PriceSection
        position = fields.position
        meter = fields.placed(Keys.meter)
        sku = fields(Keys.sku)
        let unit = fields.placed(Keys.unit)
        self.unit = unit?.value
        listUnitPrice = fields(Keys.listUnitPrice)
        contractedUnitPrice = fields.has(Keys.contractedUnitPrice) ? fields(Keys.contractedUnitPrice) : listUnitPrice
        currency = fields.placed(Keys.currency)
        hasCurrency = fields.has(Keys.currency)
        from = fields.placed(Keys.from)
        measure = Self.measure(fields, unit: unit)
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
        let number = count.flatMap { try? ExactDecimal($0) } ?? ExactDecimal(1)
        guard consumed == words else {
            if per == nil {
                fields.spot.report(
                    "a price by another unit than consumedUnit has no per",
                    allowed: "per says how many of consumedUnit make one unit, such as 1000000000 for Bytes and GB"
                )
            }
            return per.map { Measure(consumedUnit: consumed, per: $0.value) }
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
