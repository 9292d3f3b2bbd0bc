import Dispatch
import Synchronization
package import Testing

/// Runs tests that block their thread on threads made for that, a few tests at a time.
///
/// Clients and servers of Kafka are called synchronously, and the threads of Swift concurrency, one for each core, are for all
/// tests of the process. Each of these tests has brokers, clients and an engine running, so many of them at once would only
/// wait for each other.
enum BlockingTests {
    /// Tests at once.
    private static let limit = 4
    private static let turns = Turns(limit)

    /// Runs the body of a test when it is its turn.
    static func run(_ body: @Sendable () async throws -> Void) async throws {
        await turns.take()
        defer { turns.give() }
        try await withTaskExecutorPreference(QueueExecutor.shared) { try await body() }
    }

    /// Turns to take, in the order they are asked for.
    private final class Turns: Sendable {
        private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

        init(_ count: Int) { state = Mutex((count, [])) }

        func take() async {
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append(continuation)
                    return false
                }
                if isFree { continuation.resume() }
            }
        }

        func give() {
            let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.free += 1
                return nil
            }
            next?.resume()
        }
    }
}

/// Threads of Dispatch, of which there are more while some block.
private final class QueueExecutor: TaskExecutor {
    static let shared = QueueExecutor()
    private let queue = DispatchQueue(label: "blocking tests", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// For suites and tests that block their thread; see `BlockingTests`.
package struct BlockingTrait: TestTrait, SuiteTrait, TestScoping {
    package let isRecursive = true

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await BlockingTests.run(function)
    }
}

extension Trait where Self == BlockingTrait {
    package static var blocking: Self { BlockingTrait() }
}
