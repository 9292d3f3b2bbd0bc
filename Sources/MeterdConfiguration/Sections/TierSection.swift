import Metering
import ReportDefinitions

/// The tiers of a price and of what is agreed with a subject.
enum TierSection {
    /// The most tiers of one price.
    static let limit = 100

    static let upTo = Key<ExactDecimal>(
        "upTo",
        .bound,
        .optional,
        "where the tier ends, in consumedUnit beyond the allowance and inclusive; the last tier has none"
    )
    static let listUnitPrice = Key<ExactDecimal>(
        "listUnitPrice",
        .price,
        .required,
        "the list price of one unit in this tier"
    )
    static let contractedUnitPrice = Key<ExactDecimal>(
        "contractedUnitPrice",
        .price,
        .optional,
        "the price agreed for one unit in this tier; without it, the tier's listUnitPrice"
    )
    private static let agreedUnitPrice = Key<ExactDecimal>(
        "contractedUnitPrice",
        .price,
        .required,
        "the price agreed for one unit in this tier"
    )

    /// What other billing programs write in a tier, with what to do instead.
    private static let foreign: [String: String] = {
        let flat = "a tier has no fee of its own, which is no usage: charge it with the invoice"
        let price = "write listUnitPrice, or contractedUnitPrice for what is agreed"
        return [
            "flatAmount": flat, "flatFee": flat, "flatPrice": flat, "unitAmount": price, "unitPrice": price,
            "price": price, "from": "a tier begins where the one before ends",
            "discount": "write contractedUnitPrice, the price that is left",
        ]
    }()

    /// A tier of the list.
    static let listed = Rule<TierDraft>.object(
        "a tier",
        keys: [upTo, listUnitPrice, contractedUnitPrice],
        foreign: foreign
    ) { fields in
        let list = fields(listUnitPrice)
        let contracted = fields.has(contractedUnitPrice) ? fields(contractedUnitPrice) : list
        return TierDraft(
            position: fields.position,
            upTo: fields.placed(upTo),
            hasUpTo: fields.has(upTo),
            list: list,
            contracted: contracted,
            contractedAt: fields.has(contractedUnitPrice) ? fields.position(of: contractedUnitPrice) : nil
        )
    }

    /// A tier of what is agreed with a subject.
    static let agreed = Rule<TierDraft>.object(
        "a tier of what is agreed",
        keys: [upTo, agreedUnitPrice],
        foreign: foreign.merging([
            "listUnitPrice": "the list price is the same for every subject: write contractedUnitPrice"
        ]) { $1 }
    ) { fields in
        TierDraft(
            position: fields.position,
            upTo: fields.placed(upTo),
            hasUpTo: fields.has(upTo),
            list: nil,
            contracted: fields(agreedUnitPrice)
        )
    }
}

/// A tier as far as it could be read.
struct TierDraft: Sendable {
    var position: Position
    var upTo: Placed<ExactDecimal>?
    /// The file names a bound, be it a wrong one.
    var hasUpTo: Bool
    var list: ExactDecimal?
    var contracted: ExactDecimal?
    /// Where contractedUnitPrice is written.
    var contractedAt: Position?
}

/// The tiers of one list, checked.
struct TierList: Sendable {
    var drafts: [TierDraft]

    /// Reads a key that holds tiers. nil when something of them is wrong, which is reported.
    init?(_ fields: Fields, _ key: Key<[Placed<TierDraft>]>) {
        guard let list = fields.placed(key) else { return nil }
        let name = "\(fields.spot.name).\(key.name)"
        let diagnostics = fields.spot.diagnostics
        drafts = list.value.map(\.value)
        if list.node.isEmptyList {
            diagnostics.report(list.position, "\(name) is empty", allowed: "write at least one tier")
            return nil
        }
        if drafts.count > TierSection.limit {
            diagnostics.report(
                list.position,
                "\(name) has \(drafts.count) tiers",
                allowed: "a price has at most \(TierSection.limit)"
            )
            return nil
        }
        // An entry that is no tier at all is left out and reported; without it nothing can be said of the order.
        guard drafts.count == list.node.entryCount, hasGoodBounds(name, diagnostics) else { return nil }
    }

    private func hasGoodBounds(_ name: String, _ diagnostics: Diagnostics) -> Bool {
        var isGood = true
        func report(_ position: Position, _ wrong: String, _ allowed: String) {
            diagnostics.report(position, wrong, allowed: allowed)
            isGood = false
        }
        var before: Placed<ExactDecimal>?
        for (index, tier) in drafts.enumerated() {
            let isLast = index == drafts.count - 1
            if tier.hasUpTo, tier.upTo == nil { isGood = false }
            if !isLast, !tier.hasUpTo {
                report(
                    tier.position,
                    "\(name)[\(index)] has no upTo",
                    "every tier but the last one ends somewhere, in consumedUnit and inclusive"
                )
            }
            guard let bound = tier.upTo else { continue }
            if let before, bound.value <= before.value {
                report(
                    bound.position,
                    "the tier's upTo \(bound.shown) is not above \(before.shown) of the tier before",
                    "tiers are in rising order, and no two end alike"
                )
            }
            before = bound
            if isLast {
                report(
                    bound.position,
                    "the last tier ends at \(bound.shown)",
                    "take out upTo of the last tier, so that every quantity has a price"
                )
            }
        }
        return isGood
    }

    /// The tiers with one of their prices; nil when such a price is wrong, which is reported already.
    func tiers(_ price: (TierDraft) -> ExactDecimal?) -> [Rates.Tier]? {
        let tiers = drafts.compactMap { draft in
            price(draft).map { Rates.Tier(upTo: draft.upTo?.value, unitPrice: $0) }
        }
        return tiers.count == drafts.count ? tiers : nil
    }
}
