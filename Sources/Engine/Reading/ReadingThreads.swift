import Foundation
import Synchronization

/// Threads of their own for reads that may take long. An OperationQueue would share the few threads that Swift's tasks run
/// on, and two long queries on two cores would keep everything else waiting.
final class ReadingThreads: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let atOnce: Int
    private let mostWaiting: Int

    /// - Parameters:
    ///   - atOnce: reads that run at a time.
    ///   - mostWaiting: reads that may wait for their turn.
    init(atOnce: Int, mostWaiting: Int) {
        self.atOnce = atOnce
        self.mostWaiting = mostWaiting
    }

    /// Runs a read, now or when it is its turn; false when too many wait already.
    func run(_ read: @escaping @Sendable () -> Void) -> Bool {
        let begins = state.withLock { state -> Bool? in
            if state.running < atOnce {
                state.running += 1
                return true
            }
            guard state.waiting.count < mostWaiting else { return nil }
            state.waiting.append(read)
            return false
        }
        guard let begins else { return false }
        if begins { start(with: read) }
        return true
    }

    private func start(with read: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            var next: (@Sendable () -> Void)? = read
            while let read = next {
                read()
                next = takeNext()
            }
        }
        thread.name = "meterd-query"
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    /// The read that has waited longest; nil when none does, and then the thread ends.
    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// As much as the main thread has: JSON is walked recursively.
    private static let stackBytes = 8 << 20
}
