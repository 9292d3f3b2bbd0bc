import CloudEvents
import Engine
import Foundation
import Metering
import Testing
import UsageStore

@Suite struct RecoveryTests {
    @Test(
        "after a power cut the replay counts what the live engine counted, to the last line of the ledger",
        arguments: [1, 2, 3]
    )
    func powerCut(seed: UInt64) async throws {
        let fixture = try EngineFixture()
        var random = SplitMix(seed: seed)
        for round in 0..<40 {
            try await fixture.post(
                (0..<Int(random.next() % 50 + 1)).map { _ in
                    let id = random.next() % 600
                    let tokens = random.next() % 5 == 0 ? "\"x\"" : "\(random.next() % 1000).\(random.next() % 10)"
                    return Sample.event(
                        "\(id)",
                        data: #"{"tokens":\#(tokens),"model":"m\#(random.next() % 3)"}"#,
                        type: random.next() % 7 == 0 ? "other" : "prompt",
                        time: "2025-06-0\(random.next() % 9 + 1)T1\(random.next() % 10):00:00Z"
                    )
                }
            )
            fixture.engine.reject(count: 1, origin: .http)
            fixture.clock.now += 3_600_000_000
            if round == 20 { try fixture.restart() }
        }
        let live = try await state(of: fixture)
        let cut = try fixture.afterPowerCut()
        let replayed = try await state(of: cut)
        #expect(replayed.tokens == live.tokens, "seed \(seed)")
        #expect(replayed.prompts == live.prompts, "seed \(seed)")
        #expect(replayed.ledger == live.ledger, "seed \(seed)")
        #expect(replayed.invalid == live.invalid, "seed \(seed)")
        let ledger = try await fixture.ledger()
        #expect(ledger.stored == ledger.counted + ledger.duplicate + ledger.unmatched + ledger.invalid)
        #expect(ledger.received == ledger.stored + ledger.rejected)
    }

    private struct State: Equatable {
        var tokens: [UsageRow]
        var prompts: [UsageRow]
        var ledger: [LedgerKey: LedgerCounts]
        var invalid: [InvalidEvent]
    }

    private func state(of fixture: EngineFixture) async throws -> State {
        var ledger = try await fixture.engine.ledger()
        // Refusals at the door reach the log about once a second and are not part of what is compared.
        for key in ledger.keys { ledger[key]?.rejected = 0 }
        return State(
            tokens: try await fixture.rows(window: .hour, groupBy: ["subject", "model"]),
            prompts: try await fixture.rows("prompts", window: .day),
            ledger: ledger.filter { $0.value.stored > 0 },
            invalid: try await fixture.engine.invalidEvents()
        )
    }

    @Test("refused events are in the ledger after an orderly stop")
    func rejections() async throws {
        let fixture = try EngineFixture()
        fixture.engine.reject(count: 7, origin: .http)
        fixture.engine.reject(count: 2, origin: .kafka)
        try fixture.restart()
        let ledger = try await fixture.engine.ledger()
        let byOrigin = Dictionary(grouping: ledger, by: \.key.origin).mapValues {
            $0.reduce(0) { $0 + $1.value.rejected }
        }
        #expect(byOrigin == [0: 7, 1: 2])
    }

    @Test("totals without their log are refused with what is missing")
    func missingLog() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        try fixture.restart()
        fixture.engine.stop()
        let copy = fixture.directory + "-copy"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.removeItem(atPath: copy + "/log")
        let error = #expect(throws: EngineError.self) { _ = try EngineFixture(directory: copy) }
        #expect(error?.description.contains("log") == true)
    }

    @Test("a dedupe run that is gone is refused by name")
    func missingRun() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        fixture.engine.stop()
        let copy = fixture.directory + "-copy"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        for run in try FileManager.default.contentsOfDirectory(atPath: copy + "/dedupe") {
            try FileManager.default.removeItem(atPath: copy + "/dedupe/" + run)
        }
        #expect(throws: EngineError.self) { _ = try EngineFixture(directory: copy) }
    }
}

/// A generator whose whole sequence follows from its seed (SplitMix64).
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
