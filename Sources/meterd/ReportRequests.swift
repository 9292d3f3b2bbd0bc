import HTTPServer
import Synchronization

/// Runs and pages that somebody waits for; they end when meterd does.
final class ReportRequests: Sendable {
    private let state = Mutex<(next: Int, isStopping: Bool, cancel: [Int: @Sendable () -> Void])>((0, false, [:]))

    /// Does something that `stop` cancels, and nothing after it.
    func perform<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Result<Value, ReportServiceError>
    ) async throws(ReportServiceError) -> Value {
        let task = Task { await work() }
        let number: Int? = state.withLock { state in
            guard !state.isStopping else { return nil }
            state.next += 1
            state.cancel[state.next] = { task.cancel() }
            return state.next
        }
        guard let number else {
            task.cancel()
            throw .unavailable("meterd is stopping")
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        state.withLock { $0.cancel[number] = nil }
        return try result.get()
    }

    /// Cancels what is under way.
    func stop() {
        let cancel = state.withLock { state in
            state.isStopping = true
            return state.cancel.values
        }
        for cancel in cancel { cancel() }
    }
}
