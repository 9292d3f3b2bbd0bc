import CloudEvents
import EventLog
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite("The log does not reach back as far as the totals")
struct ShortLogTests {
    private static let slugs = Sample.everyAggregation.map(\.meter.slug)

    @Test("a value shown cannot be taken out of an hour the log has only a part of; all the others can")
    func bucketOlderThanTheLog() async throws {
        let fixture = try EngineFixture(Sample.everyAggregation)
        try await fixture.post([
            Sample.event("old", data: #"{"tokens":5,"model":"a"}"#),
            Sample.event("other", data: #"{"tokens":50,"model":"b"}"#, time: "2025-06-07T13:00:00Z"),
        ])
        try fixture.restart()
        try await fixture.post([
            Sample.event("most", data: #"{"tokens":9,"model":"a"}"#),
            Sample.event("least", data: #"{"tokens":1,"model":"a"}"#, time: "2025-06-07T12:30:00Z"),
            Sample.event("alone", data: #"{"tokens":3,"model":"c"}"#),
            Sample.event("new", data: #"{"tokens":3,"model":"a"}"#, time: "2025-06-07T14:00:00Z"),
        ])
        try fixture.forgetOldSegments()
        #expect(try await fixture.engine.bucketRevisions(meter: "by_max").buckets.count == 3)
        let before = try await fixture.rows(of: Self.slugs)
        guard case .impossible(let why) = await fixture.refusal(voiding: "most") else {
            Issue.record("the rest of the hour was made up")
            return
        }
        #expect(why.contains("UNIQUE_COUNT") || why.contains("MAX"))
        guard case .impossible(let gone) = await fixture.refusal(voiding: "old") else {
            Issue.record("an event that is not in the log was corrected")
            return
        }
        #expect(gone.contains("not in the log any more"))
        #expect(try await fixture.rows(of: Self.slugs) == before)
        // The only event of its series, and one of an hour that the log has whole.
        try await fixture.void("alone")
        try await fixture.void("new")
        // Nothing of what was refused is in the log.
        #expect(try await fixture.engine.bucketRevisions(meter: "by_max").through == 8)
    }

    @Test("without an aggregation that looks at the other events, the hour's age does not matter")
    func subtracted() async throws {
        let subtracting = Sample.everyAggregation.filter { meter in
            ![.min, .max, .latest, .uniqueCount].contains(meter.meter.aggregation)
        }
        let fixture = try EngineFixture(subtracting)
        try await fixture.post([Sample.event("old", data: #"{"tokens":5,"model":"a"}"#)])
        try fixture.restart()
        try await fixture.post([Sample.event("young", data: #"{"tokens":9,"model":"a"}"#)])
        try fixture.forgetOldSegments()
        try await fixture.void("young")
        let without = try EngineFixture(subtracting)
        try await without.post([Sample.event("old", data: #"{"tokens":5,"model":"a"}"#)])
        let slugs = subtracting.map(\.meter.slug)
        #expect(try await fixture.rows(of: slugs) == (try await without.rows(of: slugs)))
    }

    @Test("a value that is not the one shown goes, though the log has only a part of the hour")
    func dropped() async throws {
        let most = Sample.meter("most", .max, value: "$.tokens")
        let last = Sample.meter("last", .latest, value: "$.tokens")
        let fixture = try EngineFixture([most, last])
        try await fixture.post([Sample.event("old", data: #"{"tokens":9}"#, time: "2025-06-07T12:59:00Z")])
        try fixture.restart()
        try await fixture.post([Sample.event("young", data: #"{"tokens":5}"#)])
        try fixture.forgetOldSegments()
        try await fixture.amend("young", Sample.event("young", data: #"{"tokens":7}"#))
        #expect(try await fixture.rows("most").map(\.events) == [2])
        try await fixture.void("young")
        #expect(try await fixture.rows("most").map { "\($0.value) \($0.events)" } == ["9 1"])
        #expect(try await fixture.rows("last").map { "\($0.value) \($0.events)" } == ["9 1"])
    }

    @Test("a new meter counts what the log still has, and says from where")
    func backfill() async throws {
        let fixture = try EngineFixture([Sample.prompts])
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#), Sample.event("2", data: #"{"tokens":7}"#)])
        try fixture.restart()
        try await fixture.post([Sample.event("3", data: #"{"tokens":100}"#)])
        try fixture.forgetOldSegments()
        _ = try await fixture.engine.createMeter(Sample.tokens.meter, backfill: true)
        let progress = try await fixture.filled("tokens_total")
        #expect(progress.state == .done && progress.fromSequence == 2)
        #expect(try await fixture.total() == "100")
        guard case .impossible = await fixture.refusal(voiding: "1") else {
            Issue.record("an event that is not in the log was corrected")
            return
        }
    }

    @Test("other dimensions keep the totals of hours that cannot be counted again, under none of the new ones")
    func regrouped() async throws {
        let fixture = try EngineFixture([])
        for request in Sample.everyAggregation where request.meter.aggregation != .weightedSum {
            _ = try await fixture.engine.createMeter(request.meter, backfill: false)
        }
        let slugs = fixture.engine.meters.map(\.meter.slug)
        func event(_ id: Int, _ tokens: Int, hour: Int, model: String, tier: String) -> String {
            Sample.event(
                "\(id)",
                data: #"{"tokens":\#(tokens),"model":"\#(model)","tier":"\#(tier)"}"#,
                time: "2025-06-07T\(hour):00:00Z"
            )
        }
        try await fixture.post([
            event(1, 5, hour: 12, model: "a", tier: "gold"), event(2, 6, hour: 12, model: "b", tier: "tin"),
        ])
        try fixture.restart()
        try await fixture.post([
            event(3, 7, hour: 12, model: "a", tier: "gold"), event(4, 8, hour: 13, model: "a", tier: "gold"),
        ])
        try fixture.forgetOldSegments()
        let groupBy = [Dimension(name: "tier", path: try ValuePath("$.tier"))]
        for slug in slugs { _ = try await fixture.engine.updateMeter(slug, MeterChange(groupBy: groupBy)) }
        for slug in slugs { #expect(try await fixture.filled(slug).state == .done) }
        try await fixture.post([event(5, 9, hour: 12, model: "a", tier: "gold")])
        for _ in 0..<2 {
            let sums = try await fixture.rows("by_sum", window: .hour, groupBy: ["tier"])
            #expect(sums.map { "\($0.dimensions[0]) \($0.value) \($0.events)" } == [" 18 3", "gold 9 1", "gold 8 1"])
            let most = try await fixture.rows("by_max", window: .hour, groupBy: ["tier"])
            #expect(most.map { "\($0.dimensions[0]) \($0.value) \($0.events)" } == [" 7 3", "gold 9 1", "gold 8 1"])
            let values = try await fixture.rows("by_unique_count", window: .hour, groupBy: ["tier"])
            #expect(values.map { "\($0.dimensions[0]) \($0.value)" } == [" 3", "gold 1", "gold 1"])
            try fixture.restart()
        }
        // It is known no more which series the third is in; the fifth came after.
        guard case .impossible(let why) = await fixture.refusal(voiding: "3") else {
            Issue.record("an event was taken out of a series it is not in")
            return
        }
        #expect(why.contains("dimensions"))
        try await fixture.void("4")
    }
}

extension EngineFixture {
    /// Lets retention take every segment but the newest with events in it.
    func forgetOldSegments() throws {
        engine.stop()
        let log = try EventLog.open(directory: Engine.logDirectory(of: directory))
        try #require(try log.deleteSegments(olderThan: .max, below: log.syncedThrough) > 0)
        log.close()
        try restart()
    }
}
