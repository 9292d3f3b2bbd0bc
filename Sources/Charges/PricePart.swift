import Metering
import ReportDefinitions

/// A part of a subject's month in which every unit has one list price and one contracted price, so that a charge of it
/// is unit price × quantity. Rows share it.
final class PricePart: Sendable {
    /// Where it ends, in consumed units since the month began, inclusive; nil: no end.
    let upTo: ExactDecimal?
    let listUnitPrice: ExactDecimal
    let contractedUnitPrice: ExactDecimal
    /// SkuPriceId: one list price each, no two parts of a table the same.
    let skuPriceID: String
    /// SkuPriceDetails: which tier of the list it is; nil where the list is flat.
    let details: String?
    /// What a description says of it; nil where neither list nor contract has parts.
    let label: String?
    let listUnitPriceText: String
    let contractedUnitPriceText: String
    /// Whether the two prices are the same.
    let isAtListPrice: Bool

    /// - Parameter isCut: whether the contract has bounds of its own within the list's step.
    fileprivate init(
        list: MonthRates.Step,
        contracted: MonthRates.Step,
        isCut: Bool,
        upTo: ExactDecimal?,
        sku: String,
        rates: MonthRates
    ) {
        self.upTo = upTo
        listUnitPrice = list.unitPrice
        contractedUnitPrice = contracted.unitPrice
        isAtListPrice = list.unitPrice == contracted.unitPrice
        listUnitPriceText = list.unitPrice.focusText
        contractedUnitPriceText = contracted.unitPrice.focusText
        var id = sku
        var labels: [String] = []
        switch list.kind {
        case .free:
            id += "-free"
            labels.append("free")
        case .tier(let number) where rates.tiers.count > 1:
            id += "-tier-\(number)"
            labels.append("tier \(number)")
        case .tier: break
        }
        if isCut {
            switch contracted.kind {
            case .free:
                id += "-contract-free"
                labels.append("free by contract")
            case .tier(let number):
                id += "-contract-\(number)"
                labels.append("contract tier \(number)")
            }
        }
        skuPriceID = id
        label = labels.isEmpty ? nil : labels.joined(separator: ", ")
        details = rates.isFlat ? nil : Self.details(of: list.kind, rates)
    }

    /// A flat JSON object whose keys begin with `x_`, since FOCUS defines none for tiers. Its bounds are texts: a number
    /// would have to be a value per pricing unit (SkuPriceDetails, "numeric value").
    private static func details(of kind: MonthRates.Step.Kind, _ rates: MonthRates) -> String? {
        let (above, upTo) = rates.range(of: kind)
        let mode = kind == .free ? "free" : rates.mode.rawValue
        let members = [
            above.map { (key: "x_TierAbove", value: $0.description) }, (key: "x_TierMode", value: mode),
            upTo.map { (key: "x_TierUpTo", value: $0.description) },
        ]
        return KeyValueFormat.text(members.compactMap { $0 })
    }
}

/// The parts of a subject's month under one price, in rising order; the last one has no end, and what is below zero is in
/// the first one.
final class PartTable: Sendable {
    let parts: [PricePart]

    /// Cuts the month at the bounds of both.
    /// - Parameters:
    ///   - listPick: which tier of the list the month's quantity picks, from 0; 0 unless it is of volume.
    ///   - contractedPick: the same of what is agreed.
    init(list: MonthRates, contracted: MonthRates, sku: String, listPick: Int, contractedPick: Int) {
        let listed = list.steps(pick: listPick)
        let agreed = contracted.steps(pick: contractedPick)
        var cuts: [(list: Int, contracted: Int, upTo: ExactDecimal?)] = []
        var (one, other) = (0, 0)
        while one < listed.count, other < agreed.count {
            let (end, otherEnd) = (listed[one].upTo, agreed[other].upTo)
            let upTo = [end, otherEnd].compactMap { $0 }.min()
            cuts.append((one, other, upTo))
            // Both last steps have no end, so they are left together.
            if end == upTo { one += 1 }
            if otherEnd == upTo { other += 1 }
        }
        parts = cuts.map { cut in
            PricePart(
                list: listed[cut.list],
                contracted: agreed[cut.contracted],
                isCut: cuts.count { $0.list == cut.list } > 1,
                upTo: cut.upTo,
                sku: sku,
                rates: list
            )
        }
    }

    /// The part that has the unit just above a position.
    func index(above position: ExactDecimal) -> Int {
        parts.firstIndex { part in part.upTo.map { position < $0 } ?? true } ?? parts.count - 1
    }
}
