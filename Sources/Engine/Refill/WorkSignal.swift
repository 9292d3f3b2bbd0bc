import Dispatch

/// Wakes the one thread that waits for work.
///
/// A semaphore is safe to use from any thread; waking once too often only makes it look again.
struct WorkSignal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func raise() { semaphore.signal() }

    func wait() { semaphore.wait() }
}
