import Engine
import Foundation
import Metering
import Testing

@Suite("An engine and a slow model of it")
struct ModelTests {
    /// Plays a history and compares after every round.
    private static func play(_ random: inout RandomHistory, rounds: Int, place: String) async throws -> ModelRun {
        let run = try ModelRun()
        for round in 0..<rounds {
            for _ in 0..<20 { try await run.perform(random.step(after: run.model)) }
            try await run.perform(random.rest())
            try await run.check("\(place), round \(round)").everything(&random)
            try await run.checkRevisions("\(place), round \(round)")
        }
        return run
    }

    @Test("late, early, repeated and unusable events and restarts are counted as the model counts", arguments: [1, 2])
    func events(seed: UInt64) async throws {
        var random = RandomHistory(seed: seed, [.restarts])
        _ = try await Self.play(&random, rounds: 5, place: "seed \(seed)")
    }

    @Test("corrections of anything at any time leave what the model has left", arguments: [11, 12])
    func corrections(seed: UInt64) async throws {
        var random = RandomHistory(seed: seed, [.restarts, .corrections])
        _ = try await Self.play(&random, rounds: 5, place: "seed \(seed)")
    }

    @Test("meters that come, are counted from the log, change and go count as the model's do", arguments: [21, 22])
    func meterChanges(seed: UInt64) async throws {
        var random = RandomHistory(seed: seed, [.restarts, .corrections, .meterChanges])
        _ = try await Self.play(&random, rounds: 5, place: "seed \(seed)")
    }

    @Test("meters are counted from the log beside everything else that happens", arguments: [41, 42])
    func concurrently(seed: UInt64) async throws {
        var random = RandomHistory(seed: seed, [.restarts, .corrections, .meterChanges, .concurrently])
        _ = try await Self.play(&random, rounds: 5, place: "seed \(seed)")
    }

    @Test(
        "after a kill at any byte behind the last checkpoint it goes on as if nothing had been",
        arguments: [31, 32]
    )
    func kills(seed: UInt64) async throws {
        var random = RandomHistory(seed: seed, [.restarts, .corrections, .meterChanges, .concurrently])
        var run = try ModelRun()
        for round in 0..<6 {
            for _ in 0..<random.number(below: 12) + 1 { try await run.perform(random.step(after: run.model)) }
            run = try await run.killed(at: random.number(below: .max))
            try await run.check("seed \(seed), kill \(round)").everything(&random)
        }
    }
}
