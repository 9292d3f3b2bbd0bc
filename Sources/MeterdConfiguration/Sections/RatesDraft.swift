import Metering
import ReportDefinitions

/// What a unit of a price costs: by the list, as agreed with all, and as agreed with single subjects.
struct RatesDraft: Sendable {
    var list: Rates
    var contracted: Rates
    /// Sorted by the subjects' bytes.
    var overrides: [SubjectRates]

    /// nil when something is wrong, which is reported.
    init?(_ fields: Fields) {
        typealias Keys = PriceSection
        let mode = fields(Keys.tiering)
        let allowance = fields(Keys.allowance)
        let subjects = fields(Keys.subjects)
        let tiers = Self.tiers(fields)
        if fields.has(Keys.tiering), !fields.has(Keys.tiers) {
            fields.spot.diagnostics.report(
                fields.position(of: Keys.tiering),
                "\(fields.spot.name) has tiering without tiers",
                allowed: "tiering says how tiers are applied, write them or take it out"
            )
            return nil
        }
        guard fields.has(Keys.tiering) == (mode != nil), fields.has(Keys.allowance) == (allowance != nil),
            let tiers, let subjects
        else { return nil }
        func rates(_ tiers: [Rates.Tier]) -> Rates {
            Rates(allowance: allowance ?? .zero, mode: mode ?? .graduated, tiers: tiers)
        }
        list = rates(tiers.list)
        let contracted = rates(tiers.contracted)
        self.contracted = contracted
        overrides = subjects.compactMap { entry in
            entry.value?.rates(over: contracted, fields.spot.diagnostics).map {
                SubjectRates(subject: entry.name, rates: $0)
            }
        }
        guard overrides.count == subjects.count else { return nil }
        overrides.sort { $0.subject.precedesBytewise($1.subject) }
    }

    private typealias Tiers = (list: [Rates.Tier], contracted: [Rates.Tier])

    /// What everybody is asked and what is agreed with all, each a tier without an end where the file has no tiers.
    private static func tiers(_ fields: Fields) -> Tiers? {
        typealias Keys = PriceSection
        switch (fields.has(Keys.listUnitPrice), fields.has(Keys.tiers)) {
        case (true, true):
            _ = TierList(fields, Keys.tiers)
            fields.spot.diagnostics.report(
                max(fields.position(of: Keys.listUnitPrice), fields.position(of: Keys.tiers)),
                "\(fields.spot.name) has both listUnitPrice and tiers",
                allowed: "a price has one of them"
            )
            return nil
        case (false, false):
            fields.spot.report(
                "\(fields.spot.name) has neither listUnitPrice nor tiers",
                allowed: "a price has one of them: listUnitPrice is the list price of one unit, "
                    + "tiers are list prices by the month's quantity"
            )
            return nil
        case (true, false):
            let list = fields(Keys.listUnitPrice)
            let contracted = fields.has(Keys.contractedUnitPrice) ? fields(Keys.contractedUnitPrice) : list
            guard let list, let contracted else { return nil }
            return (flat(list), flat(contracted))
        case (false, true):
            return table(fields)
        }
    }

    /// The tiers, with what is agreed in each of them or one agreed price for all.
    private static func table(_ fields: Fields) -> Tiers? {
        typealias Keys = PriceSection
        let contracted = fields(Keys.contractedUnitPrice)
        guard let table = TierList(fields, Keys.tiers), let listed = table.tiers(\.list),
            let agreed = table.tiers(\.contracted)
        else { return nil }
        guard fields.has(Keys.contractedUnitPrice) else { return (listed, agreed) }
        if let tier = table.drafts.first(where: { $0.contractedAt != nil }) {
            fields.spot.diagnostics.report(
                fields.position(of: Keys.contractedUnitPrice),
                "contractedUnitPrice stands beside a tier that has one, on line \(tier.position.line)",
                allowed: "write it beside tiers for all of them, or in each tier"
            )
            return nil
        }
        return contracted.map { (listed, flat($0)) }
    }

    private static func flat(_ price: ExactDecimal) -> [Rates.Tier] { [Rates.Tier(upTo: nil, unitPrice: price)] }
}
