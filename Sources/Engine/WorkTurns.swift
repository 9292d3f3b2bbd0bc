import Dispatch
import Synchronization

/// Work that is done one piece after another, in the order it was asked for; what of it waits for the disk is done off the
/// cooperative threads.
final class WorkTurns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Pieces that may wait for their turn.
    let mostWaiting: Int
    private let state = Mutex(State())
    private let queue: DispatchQueue

    init(_ name: String, mostWaiting: Int) {
        self.mostWaiting = mostWaiting
        queue = DispatchQueue(label: name)
    }

    /// Does a piece of work when its turn comes; nil when too many wait already.
    func take<R, Failure: Error>(
        _ work: () async throws(Failure) -> R
    ) async throws(Failure) -> R? {
        guard state.withLock({ !$0.isTaken || $0.waiting.count < mostWaiting }) else { return nil }
        await begin()
        defer { end() }
        return try await work()
    }

    /// Does what waits for the disk, on a thread that may.
    func onDisk<R: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> R
    ) async throws(Failure) -> R {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<R, Failure>, Never>) in
            queue.async { continuation.resume(returning: Result(catching: work)) }
        }
        return try outcome.get()
    }

    private func begin() async {
        await withCheckedContinuation { continuation in
            let isMine = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(continuation)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isMine { continuation.resume() }
        }
    }

    /// The turn goes to whoever has waited longest.
    private func end() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
