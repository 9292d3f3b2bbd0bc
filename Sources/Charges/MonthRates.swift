import Metering
import ReportDefinitions

/// Rates with their bounds counted from the first unit of a subject's month: the allowance's end, then each tier's.
struct MonthRates: Sendable {
    /// Where the free units end, inclusive; nil: there are none.
    let freeUpTo: ExactDecimal?
    let mode: Rates.Mode
    /// Each ends at or before the next one's end; the last one has no end.
    let tiers: [Rates.Tier]
    /// Whether every unit costs the same.
    let isFlat: Bool

    /// A stretch of a subject's month at one price.
    struct Step: Sendable {
        let kind: Kind
        /// Inclusive; nil: no end.
        let upTo: ExactDecimal?
        let unitPrice: ExactDecimal

        enum Kind: Sendable, Hashable {
            case free
            /// From 1.
            case tier(Int)
        }
    }

    /// - Throws: a sentence that says which bound is wrong.
    init(_ rates: Rates) throws(ReportDefinitionProblem) {
        freeUpTo = rates.allowance > .zero ? rates.allowance : nil
        mode = rates.mode
        isFlat = rates.isFlat
        var tiers: [Rates.Tier] = []
        for tier in rates.tiers {
            guard let upTo = tier.upTo else {
                tiers.append(tier)
                continue
            }
            guard upTo > .zero, let end = try? upTo.adding(rates.allowance) else {
                throw ReportDefinitionProblem("a tier cannot end at \(upTo) with an allowance of \(rates.allowance)")
            }
            if let last = tiers.last?.upTo, last >= end {
                throw ReportDefinitionProblem(
                    "the tiers' ends do not rise: there is one at \(upTo) behind a higher one"
                )
            }
            tiers.append(Rates.Tier(upTo: end, unitPrice: tier.unitPrice))
        }
        self.tiers = tiers
    }

    /// Whether the month's quantity must be known before any of it is priced.
    var needsMonthTotal: Bool { mode == .volume && tiers.count > 1 }

    /// The tier a month's quantity picks in volume mode, from 0; 0 where quantities do not pick one.
    func pick(monthTotal: ExactDecimal) -> Int {
        guard needsMonthTotal else { return 0 }
        return tiers.firstIndex { tier in tier.upTo.map { monthTotal <= $0 } ?? true } ?? tiers.count - 1
    }

    /// The steps in rising order, the last one without an end.
    /// - Parameter pick: from `pick(monthTotal:)`.
    func steps(pick: Int) -> [Step] {
        var steps: [Step] = []
        if let freeUpTo { steps.append(Step(kind: .free, upTo: freeUpTo, unitPrice: .zero)) }
        switch mode {
        case .graduated:
            for (index, tier) in tiers.enumerated() {
                steps.append(Step(kind: .tier(index + 1), upTo: tier.upTo, unitPrice: tier.unitPrice))
            }
        case .volume:
            steps.append(Step(kind: .tier(pick + 1), upTo: nil, unitPrice: tiers[pick].unitPrice))
        }
        return steps
    }

    /// Of the step's kind: above which of the month's units (exclusive) and up to which (inclusive) its tier reaches.
    func range(of kind: Step.Kind) -> (above: ExactDecimal?, upTo: ExactDecimal?) {
        switch kind {
        case .free: (nil, freeUpTo)
        case .tier(let number): (number > 1 ? tiers[number - 2].upTo : freeUpTo, tiers[number - 1].upTo)
        }
    }
}
