import Synchronization

/// How far apply has come, and who waits for it to get further.
final class AppliedPosition: Sendable {
    private struct Waiter {
        var target: UInt64
        var continuation: CheckedContinuation<Bool, Never>
        var deadline: ContinuousClock.Instant
    }

    private struct State {
        var waiters: [Waiter] = []
        var closed = false
    }

    private let next: Atomic<UInt64>
    private let movedAt = Mutex(ContinuousClock.now)
    private let state = Mutex(State())

    init(nextSequence: UInt64) { next = Atomic(nextSequence) }

    /// The sequence number of the first event that is not in the totals.
    var nextSequence: UInt64 { next.load(ordering: .acquiring) }

    /// Seconds since apply last got further.
    var secondsSinceMove: Double {
        let elapsed = movedAt.withLock { $0.duration(to: .now) }
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    /// All events below `sequence` are in the totals.
    func advance(to sequence: UInt64) {
        next.store(sequence, ordering: .releasing)
        movedAt.withLock { $0 = .now }
        let ready = state.withLock { state -> [Waiter] in
            guard !state.waiters.isEmpty else { return [] }
            let ready = state.waiters.filter { $0.target <= sequence }
            state.waiters.removeAll { $0.target <= sequence }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    /// Waits until all events below `sequence` are in the totals; false when that takes longer than `timeout`.
    func wait(for sequence: UInt64, timeout: Duration) async -> Bool {
        if nextSequence >= sequence { return true }
        return await withCheckedContinuation { continuation in
            let waiter = Waiter(target: sequence, continuation: continuation, deadline: .now + timeout)
            let answer = state.withLock { state -> Bool? in
                // Apply may have passed the target between the check above and this lock; `advance` takes the lock
                // after it stored the position, so either it sees the waiter or the waiter sees the position.
                if nextSequence >= sequence { return true }
                if state.closed { return false }
                state.waiters.append(waiter)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Gives up waiting where the time is over; called about once a second.
    func expireWaiters() {
        let now = ContinuousClock.now
        let late = state.withLock { state -> [Waiter] in
            guard !state.waiters.isEmpty else { return [] }
            let late = state.waiters.filter { $0.deadline <= now }
            state.waiters.removeAll { $0.deadline <= now }
            return late
        }
        for waiter in late { waiter.continuation.resume(returning: false) }
    }

    /// Apply has ended; nobody waits any longer.
    func close() {
        let waiters = state.withLock { state in
            state.closed = true
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }
}
