import CloudEvents
import EventLog
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite struct KillTests {
    /// One thing that comes in, and the clock it comes in by.
    private struct Step {
        enum Kind {
            case post([String])
            case take([String], [RejectedMessage], [SourcePosition])
            case jump(SourcePosition)
            case void(String)
            case amend(String, String)
        }

        var kind: Kind
        var clock: Int64
        func run(on fixture: EngineFixture) async throws {
            fixture.clock.now = clock
            switch kind {
            case .post(let events): try await fixture.post(events)
            case .take(let events, let rejected, let positions):
                try await fixture.take(events, rejected: rejected, positions: positions)
            case .jump(let position): try await fixture.jump(position, reason: "lost on the broker")
            // Many of them are refused; which ones follows from what came before.
            case .void(let id): _ = await fixture.refusal(voiding: id)
            case .amend(let id, let event): _ = await fixture.refusal(amending: id, event)
            }
        }
    }

    /// What must hold after a number of steps.
    private struct Expected: Equatable {
        var positions: [PositionKey: Int64] = [:]
        var stored = 0
        var rejected = 0

        mutating func add(_ step: Step) {
            var moved: [SourcePosition] = []
            switch step.kind {
            case .post(let events): stored += events.count
            case .take(let events, let messages, let positions):
                stored += events.count
                rejected += messages.count
                moved = positions
            case .jump(let position): moved = [position]
            case .void, .amend: break
            }
            for position in moved {
                positions[PositionKey(source: position.source, partition: position.partition)] = position.nextOffset
            }
        }
    }

    @Test(
        "after a kill at any byte, positions and counts are those of the same frames, and what is sent again ends the same",
        arguments: [11, 12, 13]
    )
    func anyByte(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let fixture = try EngineFixture(Self.meters)
        let steps = Self.steps(60, &random)
        var after: [UInt64: (steps: Int, expected: Expected)] = [:]
        var expected = Expected()
        let old = fixture.directory + "-old"
        defer { try? FileManager.default.removeItem(atPath: old) }
        for (index, step) in steps.enumerated() {
            try await step.run(on: fixture)
            expected.add(step)
            after[try await fixture.engine.bucketRevisions(meter: "prompts").through] = (index + 1, expected)
            // A checkpoint in the middle, and the store as it is then: the kills come after it, and what was corrected since
            // is decided again.
            if index == 19 {
                try fixture.restart()
                try fixture.copyStore(to: old)
            }
        }
        let whole = try await Outcome(of: fixture)
        #expect(whole.positions == expected.positions)
        #expect(whole.corrections.contains { $0.kind == .amend } && whole.corrections.contains { $0.kind == .void })
        for round in 0..<8 {
            let cut = try fixture.killed(at: random.next(), zeroed: round % 2 == 0, store: old, Self.meters)
            let through = try await cut.engine.bucketRevisions(meter: "prompts").through
            let found = try #require(after[through], "seed \(seed), round \(round): \(through) is within a frame")
            #expect(cut.engine.positions == found.expected.positions, "seed \(seed), round \(round)")
            let ledger = try await cut.ledger()
            #expect(ledger.stored == found.expected.stored && ledger.rejected == found.expected.rejected)
            // Consumers go on from the position, clients send again what was not acknowledged.
            for step in steps[found.steps...] { try await step.run(on: cut) }
            #expect(try await Outcome(of: cut) == whole, "seed \(seed), round \(round)")
        }
    }

    private static let meters = [Sample.tokens, Sample.prompts] + Sample.everyAggregation

    private static func steps(_ count: Int, _ random: inout SplitMix) -> [Step] {
        var offsets: [Int32: Int64] = [:]
        var clock: Int64 = 1_750_000_000_000_000
        func events(_ count: UInt64, _ random: inout SplitMix) -> [String] {
            (0..<count).map { _ in
                let data = #"{"tokens":\#(random.next() % 100),"model":"m\#(random.next() % 3)"}"#
                return Sample.event("\(random.next() % 80)", data: data)
            }
        }
        return (0..<count).map { _ in
            clock += 3_600_000_000
            let partition = Int32(random.next() % 3)
            let next = offsets[partition, default: 0]
            switch random.next() % 12 {
            case 8, 9: return Step(kind: .void("\(random.next() % 80)"), clock: clock)
            case 10, 11:
                let id = "\(random.next() % 80)"
                let tokens = random.next() % 8 == 0 ? "\"x\"" : "\(random.next() % 100)"
                let data = #"{"tokens":\#(tokens),"model":"m\#(random.next() % 3)"}"#
                let time = random.next() % 2 == 0 ? nil : "2025-06-07T1\(random.next() % 4):00:00Z"
                return Step(kind: .amend(id, Sample.event(id, data: data, time: time)), clock: clock)
            case 0, 1: return Step(kind: .post(events(random.next() % 4 + 1, &random)), clock: clock)
            case 2:
                offsets[partition] = next + 100
                return Step(kind: .jump(Sample.position(partition, next + 100)), clock: clock)
            default:
                let batch = events(random.next() % 4, &random)
                let rejected = (0..<random.next() % 3).map { number in
                    Sample.rejected(partition, offset: next + Int64(batch.count) + Int64(number))
                }
                offsets[partition] = next + Int64(batch.count + rejected.count) + 1
                let positions = [Sample.position(partition, next + Int64(batch.count + rejected.count) + 1)]
                return Step(kind: .take(batch, rejected, positions), clock: clock)
            }
        }
    }
}

/// All an engine shows of what it took.
struct Outcome: Equatable {
    var tokens: [UsageRow]
    var prompts: [UsageRow]
    var ledger: [LedgerKey: LedgerCounts]
    var invalid: [InvalidEvent]
    var rejected: [StoredRejection]
    var positions: [PositionKey: Int64]
    var meters: [String: [UsageRow]]
    var meterLedgers: [String: [Int32: MeterLedgerCounts]]
    var corrections: [CorrectionRecord]

    init(of fixture: EngineFixture) async throws {
        tokens = try await fixture.rows(window: .hour, groupBy: ["subject", "model"])
        prompts = try await fixture.rows("prompts", window: .day)
        ledger = try await fixture.engine.ledger()
        invalid = try await fixture.engine.invalidEvents()
        rejected = try await fixture.rejected()
        positions = fixture.engine.positions
        let slugs = fixture.engine.meters.map(\.meter.slug)
        meters = try await fixture.rows(of: slugs)
        meterLedgers = [:]
        for slug in slugs { meterLedgers[slug] = try await fixture.engine.ledger(ofMeter: slug) }
        corrections = try await fixture.engine.corrections(limit: 1000)
    }
}

extension EngineFixture {
    /// An engine on a copy whose newest segment ends at a byte that `choice` picks, cut off there or zero from there on,
    /// with an older state of the store and the dedupe index.
    fileprivate func killed(
        at choice: UInt64,
        zeroed: Bool,
        store: String,
        _ meters: [MeterRequest]
    ) throws -> EngineFixture {
        let copy = directory + "-kill-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: store, toPath: copy)
        try copyLog(to: copy)
        let log = Engine.logDirectory(of: copy)
        let names = try FileManager.default.contentsOfDirectory(atPath: log).filter { $0.hasSuffix(".log") }.sorted()
        let path = log + "/" + (try #require(names.last))
        let file = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? file.close() }
        let header = 4096
        // The rest of the segment is allocated and empty.
        let bytes = try #require(try file.read(upToCount: 256 << 10))
        let end = (bytes.lastIndex { $0 != 0 } ?? header) + 1
        #expect(end > header + 1000 && end < bytes.count)
        try file.truncate(atOffset: UInt64(header) + choice % UInt64(end - header))
        if zeroed { try file.truncate(atOffset: UInt64(bytes.count)) }
        return try EngineFixture(meters, directory: copy)
    }
}
