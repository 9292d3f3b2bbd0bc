import Dispatch

/// Where rows are made and compressed: on one thread, so that a report with a million rows takes no thread from what answers
/// requests, and several such reports take their turns. What waits for usage or for a destination does not hold it.
final class ReportExecutor: TaskExecutor {
    static let shared = ReportExecutor()

    private let queue = DispatchQueue(label: "meterd-reports", qos: .utility)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Does something on the thread of the reports.
func onReportThread<Value: Sendable>(
    _ work: @Sendable () async -> Result<Value, ReportError>
) async throws(ReportError) -> Value {
    try await withTaskExecutorPreference(ReportExecutor.shared) { await work() }.get()
}
