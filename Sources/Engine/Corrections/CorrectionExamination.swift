import CloudEvents
import Metering
import UsageStore

/// What a correction would change, as of one state of the totals.
struct CorrectionExamination {
    /// How what goes is taken out of a meter's totals.
    enum Removal {
        /// Nothing goes.
        case nothing
        /// By subtraction.
        case subtract
        /// The total stays, with one event less: what goes was not the value shown.
        case drop
        /// Nothing is left of the series in its bucket.
        case clear
        /// The rest is counted again.
        case recount(Recount.Request)
    }

    /// What changes for one meter, and how.
    struct Step {
        var change: ContributionChange
        var removal: Removal
    }

    let payload: CorrectionPayload
    /// What the event counts as now.
    let before: EventContent
    /// What it would count as; nil when it is voided.
    let after: EventContent?
    /// Each meter whose totals change.
    let steps: [Step]

    /// What has to be counted again.
    var recounts: [(request: Recount.Request, meter: StoredMeter)] {
        steps.compactMap { step in
            guard case .recount(let request) = step.removal else { return nil }
            return (request, step.change.meter)
        }
    }

    /// The meters, by their slugs.
    var slugs: [String] { steps.map(\.change.meter.meter.slug).sorted { $0.precedesBytewise($1) } }
}

extension ContributionChange {
    /// What one event's correction changes for a meter; nil when it changes nothing.
    ///
    /// - Parameter refusedAtArrival: the meter could not use the event as it came, and that is what `before` is.
    init?(
        of meter: StoredMeter,
        event sequence: UInt64,
        before: EventContent,
        after: EventContent?,
        refusedAtArrival: Bool
    ) {
        guard meter.isActive(at: sequence) else { return nil }
        let removed = refusedAtArrival ? nil : before.contribution(to: meter.meter)
        let added = after?.contribution(to: meter.meter)
        guard removed != added else { return nil }
        self.init(meter: meter, removed: removed, added: added)
    }
}
