import Metering
import ReportDefinitions

/// What is agreed with one subject: an entry of a price's `subjects`.
enum SubjectSection {
    private static let contractedUnitPrice = Key<ExactDecimal>(
        "contractedUnitPrice",
        .price,
        .optional,
        "the price agreed with the subject for one unit; or tiers"
    )
    private static let tiers = Key<[Placed<TierDraft>]>(
        "tiers",
        .list(of: TierSection.agreed),
        .optional,
        "the prices agreed with the subject, by the month's quantity"
    )
    private static let tiering = Key<Rates.Mode>(
        "tiering",
        .choice("a tiering"),
        .optional,
        "how tiers are applied to the subject; without it, as to others"
    )
    private static let allowance = Key<ExactDecimal>(
        "allowance",
        .allowance,
        .optional,
        "how many of consumedUnit cost the subject nothing in a billing month; without it, as for others"
    )
    private static let keys: [any DescribedKey] = [contractedUnitPrice, tiers, tiering, allowance]

    static let rule = Rule<SubjectDraft>.object(
        "what is agreed with one subject",
        keys: keys,
        foreign: [
            "listUnitPrice": "the list price is the same for every subject: write contractedUnitPrice",
            "discount": "write contractedUnitPrice, the price that is left",
            "currency": "a price has one currency for all", "unit": "a price has one unit for all",
            "per": "a price has one unit for all", "from": "it holds as long as the price",
        ],
        build: read
    )

    private static func read(_ fields: Fields) -> SubjectDraft? {
        let flat = fields(contractedUnitPrice)
        let table = fields.has(tiers) ? TierList(fields, tiers)?.tiers(\.contracted) : nil
        let mode = fields(tiering)
        let free = fields(allowance)
        let name = fields.spot.name
        guard keys.contains(where: fields.has) else {
            fields.spot.report(
                "\(name) says nothing",
                allowed: "write at least one of \(keys.map(\.name).joined(separator: ", "))"
            )
            return nil
        }
        if fields.has(contractedUnitPrice), fields.has(tiers) {
            fields.spot.diagnostics.report(
                max(fields.position(of: contractedUnitPrice), fields.position(of: tiers)),
                "\(name) has both contractedUnitPrice and tiers",
                allowed: "what is agreed with a subject is one of them"
            )
            return nil
        }
        guard fields.has(contractedUnitPrice) == (flat != nil), fields.has(tiers) == (table != nil),
            fields.has(tiering) == (mode != nil), fields.has(allowance) == (free != nil)
        else { return nil }
        return SubjectDraft(
            place: name,
            tiers: table ?? flat.map { [Rates.Tier(upTo: nil, unitPrice: $0)] },
            mode: mode,
            modeAt: fields.has(tiering) ? fields.position(of: tiering) : nil,
            allowance: free
        )
    }
}

/// What is agreed with one subject, before the price's own rates are laid under it.
struct SubjectDraft: Sendable {
    /// What messages call it.
    var place: String
    var tiers: [Rates.Tier]?
    var mode: Rates.Mode?
    /// Where the mode is written.
    var modeAt: Position?
    var allowance: ExactDecimal?

    /// The subject's rates: what it does not say is what others have.
    /// - Returns: nil where it says how tiers are applied and there are none, which is reported.
    func rates(over others: Rates, _ diagnostics: Diagnostics) -> Rates? {
        let units = tiers ?? others.tiers
        if let modeAt, units.count == 1 {
            diagnostics.report(
                modeAt,
                "\(place) has tiering without tiers",
                allowed: "tiering says how tiers are applied, write them or take it out"
            )
            return nil
        }
        return Rates(allowance: allowance ?? others.allowance, mode: mode ?? others.mode, tiers: units)
    }
}
