import CloudEvents
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite("A meter is counted from the log")
struct BackfillTests {
    private static let late = Sample.everyAggregation.map { request in
        Sample.meter(
            "late_" + request.meter.aggregation.rawValue.lowercased(),
            request.meter.aggregation,
            value: request.meter.aggregation == .count ? nil : "$.tokens",
            groupBy: ["model": "$.model"],
            type: "late"
        )
    }

    /// Small stretches, so that much happens between them.
    private static func fixture(
        _ meters: [MeterRequest] = [Sample.prompts],
        stretch: UInt64 = 64
    ) throws -> EngineFixture {
        try EngineFixture(meters) { $0.refillStretch = stretch }
    }

    @Test("a new meter has what it would have had from the beginning, and the ledger follows")
    func backfill() async throws {
        let fixture = try Self.fixture()
        try await fixture.post([
            Sample.event("1", data: #"{"tokens":5,"model":"a"}"#, type: "late"),
            Sample.event("2", data: #"{"tokens":"x","model":"a"}"#, type: "late"),
            Sample.event("1", data: #"{"tokens":5,"model":"a"}"#, type: "late"),
            Sample.event("3"), Sample.event("4", type: "nobody's"),
        ])
        let before = try await fixture.ledger()
        #expect(before.unmatched == 3 && before.counted == 1 && before.duplicate == 1)
        let sum = Sample.meter("late_sum", .sum, value: "$.tokens", groupBy: ["model": "$.model"], type: "late")
        let made = try await fixture.engine.createMeter(sum.meter, backfill: true)
        #expect(made.backfill != nil)
        let progress = try await fixture.filled("late_sum")
        #expect(progress.state == .done && progress.fromSequence == 0 && progress.done == progress.total)
        try await fixture.post([Sample.event("5", data: #"{"tokens":7,"model":"b"}"#, type: "late")])
        for _ in 0..<2 {
            #expect(try await fixture.total("late_sum") == "12")
            let ledger = try await fixture.ledger()
            #expect(ledger.unmatched == 1 && ledger.counted == 3 && ledger.invalid == 1 && ledger.duplicate == 1)
            let own = try await fixture.engine.ledger(ofMeter: "late_sum").values.reduce(into: MeterLedgerCounts()) {
                $0.add($1)
            }
            #expect(own.counted == 2 && own.invalid == 1 && own.total == 2)
            #expect(try await fixture.engine.invalidEvents().map(\.sequence) == [1])
            #expect(fixture.record("late_sum")?.backfill?.state == .done)
            try await fixture.checkSums()
            try fixture.restart()
        }
        let anew = try await fixture.countedAnew()
        #expect(try await anew.ledger() == (try await fixture.ledger()))
        #expect(try await anew.rows(of: ["late_sum"]) == (try await fixture.rows(of: ["late_sum"])))
    }

    @Test("what is posted and corrected while it runs is counted right", arguments: [1, 2, 3, 4] as [UInt64])
    func meanwhile(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let fixture = try Self.fixture(stretch: 32)
        try await Self.post(0..<600, to: fixture, &random)
        for id in 0..<20 { try await fixture.void("\(id * 7)") }
        for meter in Self.late { _ = try await fixture.engine.createMeter(meter.meter, backfill: true) }
        var next = 600
        for _ in 0..<60 {
            try await fixture.post((next..<next + 5).map { Self.event($0, &random) })
            next += 5
            let id = Int(random.next() % UInt64(next))
            let event = Self.event(id, &random)
            switch random.next() % 3 {
            case 0: _ = await fixture.refusal(voiding: "\(id)")
            case 1: _ = await fixture.refusal(amending: "\(id)", event)
            default: try await fixture.post([event])
            }
        }
        for meter in Self.late {
            let progress = try await fixture.filled(meter.meter.slug)
            #expect(progress.state == .done, "seed \(seed): \(meter.meter.slug)")
        }
        let slugs = Self.late.map(\.meter.slug)
        let found = try await fixture.rows(of: slugs)
        let expected = try await fixture.countedAnew().rows(of: slugs)
        for slug in slugs { #expect(found[slug] == expected[slug], "seed \(seed): \(slug)") }
        try await fixture.checkSums("seed \(seed)")
        try fixture.restart()
        #expect(try await fixture.rows(of: slugs) == found, "seed \(seed), after a restart")
    }

    @Test("stopped in the middle it begins anew and ends the same", arguments: [1, 2, 3] as [UInt64])
    func restarted(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let fixture = try Self.fixture(stretch: 32)
        try await Self.post(0..<800, to: fixture, &random)
        for meter in Self.late { _ = try await fixture.engine.createMeter(meter.meter, backfill: true) }
        for _ in 0..<4 {
            try await Task.sleep(for: .microseconds(Int(random.next() % 20_000)))
            try fixture.restart()
            let id = Int(random.next() % 800)
            _ = await fixture.refusal(amending: "\(id)", Self.event(id, &random))
        }
        for meter in Self.late { _ = try await fixture.filled(meter.meter.slug) }
        let slugs = Self.late.map(\.meter.slug)
        let found = try await fixture.rows(of: slugs)
        #expect(found == (try await fixture.countedAnew().rows(of: slugs)), "seed \(seed)")
        try await fixture.checkSums("seed \(seed)")
    }

    @Test("until it is done it cannot be queried, changed or made again, but deleted")
    func counting() async throws {
        var random = SplitMix(seed: 9)
        let fixture = try Self.fixture(stretch: 1)
        try await Self.post(0..<2000, to: fixture, &random)
        let meter = Self.late[0]
        let slug = meter.meter.slug
        _ = try await fixture.engine.createMeter(meter.meter, backfill: true)
        await #expect(throws: QueryError.counting(slug)) { try await fixture.total(slug) }
        #expect(await fixture.refusal(updating: slug, MeterChange(name: "x")) == .counting(slug: slug))
        guard case .slugTaken = await fixture.refusal(creating: meter) else {
            Issue.record("it was made twice")
            return
        }
        #expect(fixture.record(slug)?.backfill?.state == .running)
        try await fixture.engine.deleteMeter(slug)
        #expect(fixture.record(slug) == nil)
        _ = try await fixture.engine.createMeter(meter.meter, backfill: false)
        try await fixture.post([Sample.event("new", data: #"{"tokens":1,"model":"a"}"#, type: "late")])
        #expect(try await fixture.rows(slug).map(\.events) == [1])
    }

    @Test("other dimensions are counted anew while the old totals answer", arguments: [1, 2] as [UInt64])
    func regrouped(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let fixture = try Self.fixture(stretch: 32)
        let slugs = Self.late.map(\.meter.slug)
        for meter in Self.late { _ = try await fixture.engine.createMeter(meter.meter, backfill: false) }
        try await Self.post(0..<600, to: fixture, &random)
        let before = try await fixture.rows(of: slugs)
        let groupBy = [Dimension(name: "tier", path: try ValuePath("$.tier"))]
        for (index, slug) in slugs.enumerated() {
            let old = try #require(fixture.record(slug))
            let changed = try await fixture.engine.updateMeter(slug, MeterChange(name: "New", groupBy: groupBy))
            #expect(changed.id == old.id && changed.backfill != nil && changed.meter.name == "New")
            guard index == 0 else { continue }
            do {
                #expect(try await fixture.rows(slug, window: .hour, groupBy: ["subject", "model"]) == before[slug])
            } catch QueryError.unknownDimension {
                // It was counted anew before the question came.
                #expect(fixture.record(slug)?.backfill?.state == .done)
            }
        }
        for round in 0..<30 {
            let id = Int(random.next() % 600)
            _ = await fixture.refusal(amending: "\(id)", Self.event(id, &random))
            if round % 10 == 9 { try fixture.restart() }
        }
        for slug in slugs {
            let progress = try await fixture.filled(slug)
            #expect(progress.state == .done, "seed \(seed): \(slug) \(progress)")
            #expect(fixture.record(slug)?.meter.groupBy == groupBy && fixture.record(slug)?.meter.name == "New")
        }
        let found = try await fixture.rows(of: slugs)
        let expected = try await fixture.countedAnew().rows(of: slugs)
        for slug in slugs { #expect(found[slug] == expected[slug], "seed \(seed): \(slug)") }
        try await fixture.checkSums("seed \(seed)")
        try fixture.restart()
        #expect(try await fixture.rows(of: slugs) == found)
    }

    @Test("dimensions under which a total would not be exact leave the meter as it was, with the reason")
    func regroupedOverflow() async throws {
        let fixture = try Self.fixture([])
        let meter = Sample.meter("huge", .sum, value: "$.tokens", groupBy: ["model": "$.model"])
        _ = try await fixture.engine.createMeter(meter.meter, backfill: false)
        let large = String(repeating: "9", count: 36)
        for model in ["a", "b"] {
            try await fixture.post(
                (0..<60).map { Sample.event("\(model)\($0)", data: #"{"tokens":\#(large),"model":"\#(model)"}"#) }
            )
        }
        _ = try await fixture.engine.updateMeter("huge", MeterChange(groupBy: []))
        for _ in 0..<2 {
            let progress = try await fixture.filled("huge")
            guard case .failed(let why) = progress.state else {
                Issue.record("it did not fail: \(progress)")
                return
            }
            #expect(why.contains("38 digits"))
            #expect(fixture.record("huge")?.meter.groupBy.map(\.name) == ["model"])
            #expect(try await fixture.rows("huge", groupBy: ["model"]).map(\.events) == [60, 60])
            try fixture.restart()
        }
    }

    /// In frames of a few events, as they come.
    private static func post(_ ids: Range<Int>, to fixture: EngineFixture, _ random: inout SplitMix) async throws {
        for start in stride(from: ids.lowerBound, to: ids.upperBound, by: 20) {
            let frame = start..<min(start + 20, ids.upperBound)
            try await fixture.post(frame.map { event($0, &random) })
        }
    }

    /// An event of the late meters' type, late and odd enough.
    private static func event(_ id: Int, _ random: inout SplitMix) -> String {
        let tokens = random.next() % 12 == 0 ? "\"x\"" : "\(random.next() % 50).\(random.next() % 4)"
        let data = #"{"tokens":\#(tokens),"model":"m\#(random.next() % 3)","tier":"t\#(random.next() % 2)"}"#
        return Sample.event(
            "\(id)",
            data: data,
            type: random.next() % 9 == 0 ? "prompt" : "late",
            time: "2025-06-0\(random.next() % 2 + 1)T1\(random.next() % 4):00:00Z",
            subject: "customer-\(random.next() % 2)"
        )
    }
}
