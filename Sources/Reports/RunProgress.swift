import CloudEvents
import ReportDefinitions
import Synchronization

/// How far a run that is under way has come.
final class RunProgress: Sendable {
    private let state: Mutex<ReportProgress>

    /// A run that begins.
    init(report: String, dryRun: Bool, began: Timestamp) {
        state = Mutex(
            ReportProgress(
                report: report,
                dryRun: dryRun,
                period: "",
                files: 0,
                filesDone: 0,
                days: 0,
                daysDone: 0,
                rows: 0,
                began: began
            )
        )
    }

    /// How far it is.
    var now: ReportProgress { state.withLock { $0 } }

    func planned(files: Int, days: Int) {
        state.withLock { ($0.files, $0.days) = (files, days) }
    }

    func begins(period: String) {
        state.withLock { $0.period = period }
    }

    func add(rows: Int) {
        state.withLock { $0.rows += rows }
    }

    func dayIsDone() {
        state.withLock { $0.daysDone += 1 }
    }

    /// A delivery is there, or was given up: its days count as done.
    func isDone(daysDone: Int) {
        state.withLock { progress in
            progress.filesDone += 1
            progress.daysDone = daysDone
        }
    }
}
