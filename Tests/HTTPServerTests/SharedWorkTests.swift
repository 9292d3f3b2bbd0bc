import Synchronization
import Testing

@testable import HTTPServer

@Suite("Work that is done once for many")
struct SharedWorkTests {
    /// Work that counts how often it is done and waits to be let through.
    private final class Gate: Sendable {
        struct State {
            var asked = 0
            var begun = 0
            var open: [CheckedContinuation<Int, Never>] = []
        }
        let state = Mutex(State())

        var asked: Int { state.withLock(\.asked) }
        var begun: Int { state.withLock(\.begun) }

        func pass() async -> Int {
            await withCheckedContinuation { continuation in
                state.withLock {
                    $0.begun += 1
                    $0.open.append(continuation)
                }
            }
        }

        /// Lets the work that has begun end, with its number.
        func open() {
            let (number, open) = state.withLock { state in
                let open = state.open
                state.open = []
                return (state.begun, open)
            }
            for continuation in open { continuation.resume(returning: number) }
        }

        func ask() { state.withLock { $0.asked += 1 } }

        func wait(for count: Int) async {
            while begun < count { await Task.yield() }
        }
    }

    @Test("whoever asks while it is done waits for another time, together with others who do")
    func together() async throws {
        let gate = Gate()
        let work = SharedWork { await gate.pass() }
        let first = Task { try await work.next() }
        await gate.wait(for: 1)
        let outcomes = try await withThrowingTaskGroup(of: Int.self) { others in
            for _ in 0..<50 {
                others.addTask {
                    gate.ask()
                    return try await work.next()
                }
            }
            while gate.asked < 50 { await Task.yield() }
            #expect(gate.begun == 1)
            let opener = Task {
                while !Task.isCancelled {
                    gate.open()
                    await Task.yield()
                }
            }
            let outcomes = try await others.reduce(into: []) { $0.append($1) }
            opener.cancel()
            return outcomes
        }
        let outcome = try await first.value
        #expect(outcome == 1)
        #expect(outcomes.count == 50 && !outcomes.contains(1))
        // Who came while the second time was being done already needed a third.
        #expect(Set(outcomes).count < 25)
    }

    @Test("a failure is told to those who waited for it, and is not remembered")
    func failure() async throws {
        struct Broken: Error {}
        let times = Mutex(0)
        let work = SharedWork {
            let time = times.withLock { times in
                times += 1
                return times
            }
            if time == 1 { throw Broken() }
            return time
        }
        await #expect(throws: Broken.self) { try await work.next() }
        let outcomes = [try await work.next(), try await work.next()]
        #expect(outcomes == [2, 3])
    }
}
