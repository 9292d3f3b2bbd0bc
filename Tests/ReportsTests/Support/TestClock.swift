import CloudEvents
import Reports
import Synchronization

/// A clock that stands until it is turned. Those who sleep wake when it is turned past their time.
final class TestClock: Sendable {
    private struct Sleeper {
        var number: Int
        var until: Timestamp
        var turn: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now: Timestamp
        var nextNumber = 0
        var sleepers: [Sleeper] = []
    }

    private let state: Mutex<State>

    init(_ now: String) throws {
        struct NoTime: Error {}
        guard let now = Timestamp(now) else { throw NoTime() }
        state = Mutex(State(now: now))
    }

    var now: Timestamp {
        get { state.withLock { $0.now } }
        set {
            let woken = state.withLock { state in
                state.now = newValue
                let woken = state.sleepers.filter { $0.until <= newValue }
                state.sleepers.removeAll { $0.until <= newValue }
                return woken
            }
            for sleeper in woken { sleeper.turn.resume(returning: true) }
        }
    }

    func advance(seconds: Int64) {
        now = Timestamp(microseconds: now.microseconds + seconds * 1_000_000)
    }

    /// Returns when someone sleeps until exactly a moment; throws when the test's time is up.
    func someoneSleeps(until moment: Timestamp) async throws {
        while !state.withLock({ $0.sleepers.contains { $0.until == moment } }) {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    var clock: ReportClock {
        ReportClock(now: { self.now }, sleep: { try await self.sleep($0) })
    }

    private func sleep(_ seconds: Double) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let woke = await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                let sleeps = state.withLock { state in
                    guard !Task.isCancelled else { return false }
                    let until = Timestamp(microseconds: state.now.microseconds + Int64(seconds * 1_000_000))
                    state.sleepers.append(Sleeper(number: number, until: until, turn: turn))
                    return true
                }
                if !sleeps { turn.resume(returning: false) }
            }
        } onCancel: {
            let cancelled = state.withLock { state in
                let cancelled = state.sleepers.filter { $0.number == number }
                state.sleepers.removeAll { $0.number == number }
                return cancelled
            }
            for sleeper in cancelled { sleeper.turn.resume(returning: false) }
        }
        guard woke else { throw CancellationError() }
    }
}
