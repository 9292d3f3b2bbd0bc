import CloudEvents
import Engine
import EventLog
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
            let events = (0..<random.next() % 50 + 1).map { _ in event(&random) }
            let offset = Int64(round) * 100
            switch random.next() % 4 {
            case 0: try await fixture.post(events)
            case 1: try await fixture.take(events, positions: [Sample.position(0, offset)])
            case 2:
                try await fixture.take(
                    events,
                    rejected: (0...Int64(random.next() % 5)).map { Sample.rejected(offset: offset + $0) },
                    positions: [Sample.position(0, offset + 50), Sample.position(Int32(round), 1)]
                )
            default: try await fixture.jump(Sample.position(0, offset), reason: "lost on the broker")
            }
            fixture.engine.reject(count: 1, origin: .http)
            fixture.clock.now += 3_600_000_000
            if round == 20 { try fixture.restart() }
        }
        let live = try await outcome(of: fixture)
        let replayed = try await outcome(of: try fixture.afterPowerCut())
        #expect(!live.rejected.isEmpty && live.positions.count > 2)
        #expect(replayed.tokens == live.tokens, "seed \(seed)")
        #expect(replayed.prompts == live.prompts, "seed \(seed)")
        #expect(replayed.ledger == live.ledger, "seed \(seed)")
        #expect(replayed.invalid == live.invalid, "seed \(seed)")
        #expect(replayed.rejected == live.rejected, "seed \(seed)")
        #expect(replayed.positions == live.positions, "seed \(seed)")
        let ledger = try await fixture.ledger()
        #expect(ledger.stored == ledger.counted + ledger.duplicate + ledger.unmatched + ledger.invalid)
        #expect(ledger.received == ledger.stored + ledger.rejected)
    }

    /// Refusals at the door reach the log about once a second and are not part of what is compared.
    private func outcome(of fixture: EngineFixture) async throws -> Outcome {
        var outcome = try await Outcome(of: fixture)
        outcome.ledger = outcome.ledger.filter { $0.key.origin == IngestOrigin.kafka.rawValue || $0.value.stored > 0 }
        for key in outcome.ledger.keys where key.origin == IngestOrigin.http.rawValue {
            outcome.ledger[key]?.rejected = 0
        }
        return outcome
    }

    private func event(_ random: inout SplitMix) -> String {
        let tokens = random.next() % 5 == 0 ? "\"x\"" : "\(random.next() % 1000).\(random.next() % 10)"
        return Sample.event(
            "\(random.next() % 600)",
            data: #"{"tokens":\#(tokens),"model":"m\#(random.next() % 3)"}"#,
            type: random.next() % 7 == 0 ? "other" : "prompt",
            time: "2025-06-0\(random.next() % 9 + 1)T1\(random.next() % 10):00:00Z"
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

    @Test("a store that was moved away is counted again from the log")
    func countedAnew() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#), Sample.event("2", data: #"{"tokens":7}"#)])
        fixture.engine.stop()
        let copy = fixture.directory + "-anew"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        for name in try FileManager.default.contentsOfDirectory(atPath: copy) where name.hasPrefix("usage.sqlite") {
            try FileManager.default.removeItem(atPath: copy + "/" + name)
        }
        let anew = try EngineFixture(directory: copy)
        #expect(try await anew.total() == "12")
        let ledger = try await anew.ledger()
        #expect(ledger.counted == 2 && ledger.unmatched == 0)
    }

    @Test(
        "a log repaired in either way opens again, takes events and counts them",
        arguments: [(RepairDecision.truncateAtDamage, "1"), (.skipDamage, "3")]
    )
    func repaired(decision: RepairDecision, kept: String) async throws {
        let fixture = try EngineFixture()
        for id in 1...5 { try await fixture.post([Sample.event("\(id)")]) }
        fixture.engine.stop()
        let copy = fixture.directory + "-repaired"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        // Counted anew, so that the damage lies behind the checkpoint.
        for name in try FileManager.default.contentsOfDirectory(atPath: copy) where name.hasPrefix("usage.sqlite") {
            try FileManager.default.removeItem(atPath: copy + "/" + name)
        }
        try damage(log: copy + "/log", events: ["2", "3"])
        #expect(throws: EngineError.self) { _ = try EngineFixture(directory: copy) }
        _ = try LogInspection.repair(directory: copy + "/log", decision: decision)

        let again = try EngineFixture(directory: copy)
        #expect(try await again.total("prompts") == kept)
        try await again.post([Sample.event("new")])
        #expect(try await again.total("prompts") == "\(try #require(Int(kept)) + 1)")
        try again.restart()
        #expect(try await again.total("prompts") == "\(try #require(Int(kept)) + 1)")
    }

    @Test(
        "a repair that cuts the log off takes positions back with it; one that skips damage keeps the later ones",
        arguments: [(RepairDecision.truncateAtDamage, Int64(1)), (.skipDamage, 5)]
    )
    func repairedPositions(decision: RepairDecision, nextOffset: Int64) async throws {
        let fixture = try EngineFixture()
        for offset in 1...5 as ClosedRange<Int64> {
            try await fixture.take([Sample.event("\(offset)")], positions: [Sample.position(0, offset)])
        }
        let copy = fixture.directory + "-repaired"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        try damage(log: copy + "/log", events: ["2", "3"])
        _ = try LogInspection.repair(directory: copy + "/log", decision: decision)
        let again = try EngineFixture(directory: copy)
        #expect(try await again.nextOffset(0) == nextOffset)
        // What was given up is sent again from the position on; what is still there is a duplicate.
        for offset in 2...5 as ClosedRange<Int64> {
            try await again.take([Sample.event("\(offset)")], positions: [Sample.position(0, offset)])
        }
        #expect(try await again.total("prompts") == "5")
    }

    /// Spoils a byte within each of the events with these ids.
    private func damage(log: String, events: [String]) throws {
        let segment = try #require(
            try FileManager.default.contentsOfDirectory(atPath: log).first { $0.hasSuffix(".log") }
        )
        let file = try FileHandle(forUpdating: URL(filePath: log + "/" + segment))
        defer { try? file.close() }
        let bytes = try #require(try file.read(upToCount: 1 << 20))
        for id in events {
            let place = try #require(bytes.range(of: Data(#""id":"\#(id)""#.utf8)))
            try file.seek(toOffset: UInt64(place.lowerBound))
            try file.write(contentsOf: Data([0xFF]))
        }
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
