import Charges
import CloudEvents
import Metering
import ReportDefinitions

/// What is written down of a delivery.
struct OutcomeBuilder {
    let report: Report
    let planned: PlannedDelivery
    /// The periods as they stood before.
    let delivered: [String: PeriodState]
    /// The delivery's files in the order in which they are put.
    let objects: [DeliveredObject]
    let now: Timestamp

    /// - Parameters:
    ///   - new: the periods that have a revision more.
    ///   - last: the last file that was put.
    ///   - settled: whether nothing is left to be done.
    func outcome(
        of sections: [WrittenSection],
        new: Set<String>,
        last: (key: String, state: ObjectState)?,
        settled: Bool
    ) -> RecordedOutcome {
        var outcome = RecordedOutcome(report: report.name, object: last)
        for section in sections {
            let period = section.planned.period
            let before = delivered[period]
            let isNew = new.contains(period)
            let revision = (before?.revision ?? 0) + (isNew ? 1 : 0)
            let state = PeriodState(
                inputs: settled ? section.planned.inputs : "",
                place: planned.keys.place,
                content: section.content,
                revision: revision,
                totals: section.totals,
                events: isNew ? section.events : before?.events ?? section.events
            )
            // Before a file was put the record was told that the periods are unfinished.
            if state != before || last != nil { outcome.periods.append((period, state)) }
            if isNew { outcome.deliveries.append(delivery(of: section, revision: revision, before: before)) }
            guard !section.planned.days.isEmpty else { continue }
            // The events of deliveries by older releases, and so their days, are not written down yet.
            let fillsIn = !isNew && revision > 0 && before?.events == nil
            outcome.days.append(days(of: section, revision: revision, fillsIn: fillsIn))
        }
        return outcome
    }

    private func delivery(of section: WrittenSection, revision: Int, before: PeriodState?) -> DeliveryRecord {
        // Releases that did not write down events did not write down currencies either.
        let known = revision > 1 ? before?.events : 0
        return DeliveryRecord(
            report: report.name,
            period: section.planned.period,
            revision: revision,
            objects: objects,
            rows: section.rows,
            skippedRows: section.skippedRows,
            events: section.events,
            eventsSince: known.map { Int(clamping: section.events) - Int(clamping: $0) },
            totals: section.totals,
            previousTotals: revision > 1 ? before?.totals.named(as: section.totals) : nil,
            deliveredAt: now
        )
    }

    /// The figures of the section's days. Those that did not change are not written down again.
    private func days(of section: WrittenSection, revision: Int, fillsIn: Bool) -> RecordedDays {
        RecordedDays(
            period: section.planned.period,
            span: span(of: section.planned),
            revision: revision,
            key: revision == 0
                ? ""
                : planned.keys.data(
                    part: 1,
                    version: planned.keys.version(revision: revision, content: section.content)
                ),
            deliveredAt: fillsIn ? nil : now,
            figures: section.days
        )
    }

    /// The days a period may have.
    private func span(of section: PlannedSection) -> ClosedRange<LocalDay> {
        let first = section.days[0]
        switch report.format {
        case .focus, .anyCost: return first.startOfMonth...first.startOfNextMonth.previous
        case .csv, .cloudZeroTelemetry, .datadog, .reconciliation: return first...first
        }
    }
}
