import Dispatch
import Engine
import Synchronization

/// What was handed to the log and is not known to be on disk yet. A cluster has one at a time: a frame that the log refuses
/// must not be overtaken by the next, whose positions stand for it too.
final class Submission: Sendable {
    private let outcome = Mutex<Result<Void, AppendRefusal>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    /// Called by the log, once.
    func complete(_ result: Result<Void, AppendRefusal>) {
        outcome.withLock { $0 = result }
        done.signal()
    }

    /// What became of it; nil when that is still open after `wait`.
    func outcome(waiting wait: Duration) -> Result<Void, AppendRefusal>? {
        if let outcome = outcome.withLock({ $0 }) { return outcome }
        guard wait > .zero else { return nil }
        _ = done.wait(timeout: .now() + wait.seconds)
        return outcome.withLock { $0 }
    }
}
