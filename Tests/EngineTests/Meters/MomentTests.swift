import CloudEvents
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite("A power cut at any moment")
struct MomentTests {
    @Test(
        "of corrections, new, changed and deleted meters leaves what was acknowledged, and nothing in between",
        arguments: [21, 22, 23] as [UInt64]
    )
    func anyMoment(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let fixture = try EngineFixture([Sample.prompts]) { $0.refillStretch = 16 }
        for step in 0..<30 {
            fixture.clock.now += 60_000_000
            try await Self.step(step, fixture, &random)
            guard random.next() % 5 == 0 else { continue }
            let live = try await Self.state(of: fixture)
            let cut = try fixture.afterPowerCut()
            #expect(try await Self.state(of: cut) == live, "seed \(seed), step \(step)")
            try await cut.checkSums("seed \(seed), step \(step)")
        }
        let anew = try await fixture.countedAnew()
        let slugs = fixture.engine.meters.filter { $0.backfill != nil || $0.owner == .configuration }.map(\.meter.slug)
        for slug in slugs where fixture.record(slug)?.backfill != nil { _ = try await fixture.filled(slug) }
        let complete = slugs.filter { fixture.record($0)?.backfill?.fromSequence ?? 0 == 0 }
        #expect(try await fixture.rows(of: complete) == (try await anew.rows(of: complete)), "seed \(seed)")
    }

    private static func step(_ step: Int, _ fixture: EngineFixture, _ random: inout SplitMix) async throws {
        let aggregation = Aggregation.allCases[Int(random.next() % UInt64(Aggregation.allCases.count))]
        let meter = Sample.meter(
            "m\(random.next() % 4)",
            aggregation,
            value: aggregation == .count ? nil : "$.tokens",
            groupBy: ["model": "$.model"]
        )
        switch random.next() % 10 {
        case 0, 1: _ = await fixture.refusal(creating: meter, backfill: true)
        case 2: _ = await fixture.refusal(deleting: meter.meter.slug)
        case 3:
            let tier = [Dimension(name: "tier", path: try ValuePath("$.tier"))]
            let change = MeterChange(name: "step \(step)", groupBy: random.next() % 2 == 0 ? tier : [])
            _ = await fixture.refusal(updating: meter.meter.slug, change)
        case 4: _ = await fixture.refusal(voiding: "\(random.next() % 60)")
        case 5:
            let id = Int(random.next() % 60)
            _ = await fixture.refusal(amending: "\(id)", event(id, &random))
        case 6: try fixture.restart()
        default:
            try await fixture.post((0..<random.next() % 12 + 1).map { _ in event(Int(random.next() % 60), &random) })
        }
    }

    private static func event(_ id: Int, _ random: inout SplitMix) -> String {
        let tokens = random.next() % 12 == 0 ? "\"x\"" : "\(random.next() % 50)"
        return Sample.event(
            "\(id)",
            data: #"{"tokens":\#(tokens),"model":"m\#(random.next() % 3)","tier":"t\#(random.next() % 2)"}"#,
            time: "2025-06-01T1\(random.next() % 3):00:00Z"
        )
    }

    /// All that is shown once every count from the log is done.
    private struct State: Equatable {
        var meters: [MeterRecord]
        var rows: [String: [UsageRow]]
        var meterLedgers: [String: [Int32: MeterLedgerCounts]] = [:]
        var ledger: [LedgerKey: LedgerCounts]
        var invalid: [InvalidEvent]
        var corrections: [CorrectionRecord]
    }

    private static func state(of fixture: EngineFixture) async throws -> State {
        for meter in fixture.engine.meters where meter.backfill != nil {
            _ = try await fixture.filled(meter.meter.slug)
        }
        let slugs = fixture.engine.meters.map(\.meter.slug)
        var state = State(
            meters: fixture.engine.meters.map { meter in
                var meter = meter
                // A count that began anew was done at another time.
                meter.updatedAt = meter.createdAt
                meter.backfill = nil
                return meter
            },
            rows: try await fixture.rows(of: slugs),
            ledger: try await fixture.engine.ledger(),
            invalid: try await fixture.engine.invalidEvents().map { event in
                InvalidEvent(sequence: event.sequence, meter: 0, reason: event.reason)
            },
            corrections: try await fixture.engine.corrections(limit: 1000)
        )
        for slug in slugs { state.meterLedgers[slug] = try await fixture.engine.ledger(ofMeter: slug) }
        return state
    }
}
