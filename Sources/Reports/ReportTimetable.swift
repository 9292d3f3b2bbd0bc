import CloudEvents
import ReportDefinitions

/// When each report runs next: by its schedule, or sooner when its last run failed for a reason that may pass. Holds no
/// clock and starts nothing.
struct ReportTimetable {
    private var entries: [String: Entry] = [:]

    private struct Entry {
        var report: Report
        /// By the schedule; nil when it is never due again.
        var scheduled: Timestamp?
        /// When a failed run is tried again.
        var retry: Timestamp?
        /// Failed runs in a row.
        var failures = 0
        var isRunning = false

        var due: Timestamp? {
            guard !isRunning else { return nil }
            return [scheduled, retry].compactMap { $0 }.min()
        }
    }

    /// The pause after the first failed run and the longest one, in seconds; each is twice the one before.
    static let firstPause: Double = 5
    static let longestPause: Double = 600

    /// How a run ended, as far as the next one is concerned.
    enum Outcome {
        case succeeded
        /// Trying again may help.
        case passingFault
        /// It needs another configuration or other events; the schedule will do.
        case refused
    }

    /// Takes the reports as they are now. One that is new, or has another schedule, is due when its schedule first was
    /// after `satisfied`, its own moment: that is now or in the past when a run was missed. One that was interrupted is due
    /// at once.
    mutating func replace(
        reports: [Report],
        satisfied: [String: Timestamp],
        interrupted: Set<String> = [],
        at now: Timestamp
    ) {
        var replaced: [String: Entry] = [:]
        for report in reports {
            if var entry = entries[report.name], entry.report.schedule == report.schedule,
                entry.report.zone == report.zone
            {
                entry.report = report
                replaced[report.name] = entry
            } else {
                var entry = Entry(report: report)
                entry.isRunning = entries[report.name]?.isRunning ?? false
                // A moment that is still to come was written by a clock that was ahead.
                let since = satisfied[report.name].map { min($0, now) }
                entry.scheduled = since.flatMap { report.schedule.next(after: $0, in: report.zone) }
                if interrupted.contains(report.name) { entry.retry = now }
                replaced[report.name] = entry
            }
        }
        entries = replaced
    }

    /// The reports that are due, in the order of their names. They count as running until they are `finished`.
    mutating func start(at now: Timestamp) -> [String] {
        followClock(now)
        let due = entries.filter { $0.value.due.map { $0 <= now } ?? false }.keys.sorted()
        for name in due {
            guard let report = entries[name]?.report else { continue }
            entries[name]?.isRunning = true
            entries[name]?.retry = nil
            // Times that passed meanwhile are one run.
            entries[name]?.scheduled = report.schedule.next(after: now, in: report.zone)
        }
        return due
    }

    /// A clock that was ahead and was set back leaves times that nobody would wait for: no time lies behind the next one
    /// as counted from now.
    private mutating func followClock(_ now: Timestamp) {
        let latestRetry = Timestamp(microseconds: now.microseconds + Int64(Self.longestPause * 1_000_000))
        for (name, entry) in entries {
            if let scheduled = entry.scheduled,
                let next = entry.report.schedule.next(after: now, in: entry.report.zone), next < scheduled
            {
                entries[name]?.scheduled = next
            }
            if let retry = entry.retry, latestRetry < retry { entries[name]?.retry = latestRetry }
        }
    }

    /// A run that somebody asked for failed for a reason that may pass: the next one is not left to the schedule.
    mutating func failedOnRequest(_ name: String, at now: Timestamp, jitter: Double) {
        guard let entry = entries[name], !entry.isRunning, entry.retry == nil else { return }
        finished(name, .passingFault, at: now, jitter: jitter)
    }

    /// Ends a run. `jitter` is from 0 to 1 and spreads what would otherwise be tried again all at once: a pause is half
    /// fixed and half by chance.
    mutating func finished(_ name: String, _ outcome: Outcome, at now: Timestamp, jitter: Double) {
        guard var entry = entries[name] else { return }
        entry.isRunning = false
        entry.retry = nil
        if case .passingFault = outcome {
            let pause = min(Self.firstPause * Double(1 << min(entry.failures, 20)), Self.longestPause)
            entry.failures += 1
            let microseconds = Int64(pause * (1 + min(max(jitter, 0), 1)) / 2 * 1_000_000)
            entry.retry = Timestamp(microseconds: now.microseconds + microseconds)
        } else {
            entry.failures = 0
        }
        entries[name] = entry
    }

    /// When the next report is due; nil when none is.
    var nextDue: Timestamp? { entries.values.compactMap(\.due).min() }
}
