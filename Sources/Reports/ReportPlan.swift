import Metering
import ReportDefinitions

/// The deliveries a run makes, the oldest first, and what goes into each.
struct ReportPlan {
    var deliveries: [PlannedDelivery] = []

    /// What a plan is made from.
    struct Situation {
        var report: Report
        /// nil: every day.
        var days: Range<LocalDay>?
        /// Days with usage that are closed.
        var usage: UsageDays
        /// The report's periods as they were delivered.
        var delivered: [String: PeriodState]
        /// Which days' usage a day's rows depend on.
        var dependence: MonthDependence
        /// Digest of the definition so far.
        var definition: ReportDigest
    }

    /// Chooses the periods whose inputs have changed since they were delivered; with days asked for, theirs, changed or
    /// not. A billing month and a single growing file are made whole, from all their closed days.
    init(_ situation: Situation) {
        let report = situation.report
        let known = situation.knownDays
        let chosen = Set(known.filter { situation.days?.contains($0) ?? true }.map { report.delivery(of: $0) })
        let usageDays = situation.usage.days
        var sections: [String: [PlannedSection]] = [:]
        for (period, days) in Dictionary(grouping: known, by: { report.period(of: $0) }) {
            let delivery = report.delivery(of: days[0])
            guard chosen.contains(delivery), situation.belongs(period, days) else { continue }
            let section = PlannedSection(
                period: period,
                days: days,
                inputs: situation.usage.inputs(
                    of: situation.inputDays(of: days, among: usageDays),
                    after: situation.definition
                )
            )
            sections[delivery, default: []].append(section)
        }
        deliveries = sections.values.map { $0.sorted { $0.days[0] < $1.days[0] } }
            .filter { sections in
                situation.days != nil || sections.contains { $0.inputs != situation.delivered[$0.period]?.inputs }
            }
            .sorted { $0[0].days[0] < $1[0].days[0] }
            .map { sections in
                PlannedDelivery(
                    keys: DeliveryKeys(report: report, day: sections[0].days[0]),
                    sections: sections,
                    closedDays: usageDays.months(of: sections.flatMap(\.days))
                )
            }
    }
}

/// Files to be made and delivered together.
struct PlannedDelivery: Sendable {
    var keys: DeliveryKeys
    /// The periods in it, in order; not empty. More than one only in a single growing file.
    var sections: [PlannedSection]
    /// Every closed day with usage in the billing months of its days, in order.
    var closedDays: [LocalDay]

    /// Days it is made from.
    var days: Int { sections.reduce(0) { $0 + $1.days.count } }

    /// Its first period and, when there are more, its last, for messages.
    var periods: String {
        guard let first = sections.first, let last = sections.last, first.period != last.period else {
            return sections.first?.period ?? ""
        }
        return "\(first.period) to \(last.period)"
    }
}

/// The part of a delivery that is recorded as one period.
struct PlannedSection: Sendable {
    var period: String
    /// The days it is made from, in order. None in a reconciliation, which is made from the record.
    var days: [LocalDay]
    /// Digest of the definition and of what the section is made from.
    var inputs: String
}

extension ReportPlan.Situation {
    /// Closed days that have usage or were delivered once, in order. A billing month that was delivered and has no usage
    /// any more stands in with its first day, so that it is looked at.
    fileprivate var knownDays: [LocalDay] {
        var days = Set(usage.days)
        let periods = Set(days.map { report.period(of: $0) })
        for period in delivered.keys where !periods.contains(period) {
            // Periods of another length are from when the report had another format.
            guard let day = LocalDay(period) ?? LocalDay(period + "-01"), report.period(of: day) == period,
                day < usage.firstOpenDay
            else { continue }
            days.insert(day)
        }
        return days.sorted()
    }

    /// Whether a period of a chosen delivery goes into it: the single growing file holds what was asked for and what it
    /// held.
    fileprivate func belongs(_ period: String, _ periodDays: [LocalDay]) -> Bool {
        guard let days, case .csv = report.format else { return true }
        return periodDays.contains { days.contains($0) } || (delivered[period]?.revision ?? 0) > 0
    }

    /// The days whose usage the rows of some days are made from, besides their own that of the days they depend on.
    fileprivate func inputDays(of days: [LocalDay], among usageDays: [LocalDay]) -> [LocalDay] {
        guard let last = days.last else { return [] }
        switch dependence {
        case .none: return days
        case .daysBefore: return Set(days + usageDays.months(of: days).filter { $0 < last }).sorted()
        case .allDays: return Set(days + usageDays.months(of: days)).sorted()
        }
    }
}

extension [LocalDay] {
    /// Those of the days, which are in order, that are in a billing month of some other days, which are in order too.
    fileprivate func months(of others: [LocalDay]) -> [LocalDay] {
        guard let first = others.first, let last = others.last else { return [] }
        let from = partition { $0 >= first.startOfMonth }
        let to = partition { $0 >= last.startOfNextMonth }
        return Array(self[from..<Swift.max(from, to)])
    }

    /// Where the first day is that meets what all days behind it meet.
    private func partition(by isBehind: (LocalDay) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
