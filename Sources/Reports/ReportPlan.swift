import Metering
import ReportDefinitions

/// The files a run makes, the oldest first, and what goes into each.
struct ReportPlan {
    var files: [PlannedFile] = []

    /// What a plan is made from.
    struct Situation {
        var report: Report
        /// nil: every day.
        var days: Range<LocalDay>?
        /// Days with usage that are closed.
        var usage: UsageDays
        /// The report's periods as they were delivered.
        var delivered: [String: PeriodState]
        /// Digest of the definition so far.
        var definition: ReportDigest
    }

    /// Chooses the periods whose inputs have changed since they were delivered; with days asked for, theirs, changed or
    /// not. A billing month and a single growing file are made whole, from all their closed days.
    init(_ situation: Situation) {
        let report = situation.report
        let chosen = Set(situation.chosenDays.map { report.key(of: $0) })
        var sections: [String: [PlannedSection]] = [:]
        for (period, days) in situation.periods {
            let key = report.key(of: days[0])
            guard chosen.contains(key), situation.belongs(period, days) else { continue }
            let section = PlannedSection(
                period: period,
                days: days,
                inputs: situation.usage.inputs(of: days, after: situation.definition)
            )
            sections[key, default: []].append(section)
        }
        files = sections.map { PlannedFile(key: $0, sections: $1.sorted { $0.days[0] < $1.days[0] }) }
            .filter { file in
                situation.days != nil
                    || file.sections.contains { $0.inputs != situation.delivered[$0.period]?.inputs }
            }
            .sorted { $0.sections[0].days[0] < $1.sections[0].days[0] }
    }
}

/// A file to be made.
struct PlannedFile {
    var key: String
    var sections: [PlannedSection]

    /// Its first period and, when there are more, its last, for messages.
    var periods: String {
        guard let first = sections.first, let last = sections.last, first.period != last.period else {
            return sections.first?.period ?? ""
        }
        return "\(first.period) to \(last.period)"
    }
}

/// The part of a file that is recorded as one period.
struct PlannedSection {
    var period: String
    /// The days it is made from, in order; not empty.
    var days: [LocalDay]
    /// Digest of the definition and of the revisions of the days' buckets.
    var inputs: String
}

extension ReportPlan.Situation {
    /// Closed days that have usage or were delivered once. A billing month that was delivered and has no usage any more
    /// stands in with its first day, so that it is looked at.
    private var knownDays: [LocalDay] {
        var days = Set(usage.days)
        let periods = Set(days.map { report.period(of: $0) })
        for period in delivered.keys where !periods.contains(period) {
            if let day = LocalDay(period) ?? LocalDay(period + "-01"), day < usage.firstOpenDay { days.insert(day) }
        }
        return days.sorted()
    }

    /// The known days that were asked for.
    fileprivate var chosenDays: [LocalDay] {
        guard let days else { return knownDays }
        return knownDays.filter { days.contains($0) }
    }

    /// The days of every period.
    fileprivate var periods: [String: [LocalDay]] {
        Dictionary(grouping: knownDays) { report.period(of: $0) }
    }

    /// Whether a period of a chosen file goes into it: the single growing file holds what was asked for and what it held.
    fileprivate func belongs(_ period: String, _ periodDays: [LocalDay]) -> Bool {
        guard let days, case .csv = report.format else { return true }
        return periodDays.contains { days.contains($0) } || (delivered[period]?.revision ?? 0) > 0
    }
}
