import CloudEvents
import Engine
import Metering
import Testing
import UsageStore

@Suite("An event is voided")
struct VoidTests {
    @Test("its value goes, the ledger's sums stay, and the columns beside them tell of it")
    func ledger() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#), Sample.event("2", data: #"{"tokens":7}"#)])
        let before = try await fixture.ledger()
        let record = try await fixture.void("1", reason: "a test run")
        #expect(try await fixture.total() == "7")
        #expect(try await fixture.total("prompts") == "1")
        var after = try await fixture.ledger()
        #expect(after.voided == 1 && after.amended == 0)
        after.voided = 0
        #expect(after == before)
        let meter = try #require(try await fixture.engine.ledger(ofMeter: "tokens_total").values.first)
        #expect(meter.counted == 2 && meter.withdrawn == 1 && meter.restored == 0)
        #expect(record.kind == .void && record.reason == "a test run" && record.by == "finance")
        #expect(record.eventSequence == 0 && record.sequence == 2 && record.refused == nil)
        #expect(record.source == EngineFixture.source && record.id == "1")
        #expect(record.meters == ["prompts", "tokens_total"])
        #expect(record.at.microseconds == fixture.clock.now)
    }

    @Test("every aggregation is then what it would be had the event never come", arguments: [0, 1, 2, 3, 4, 5])
    func asIfItNeverCame(voided: Int) async throws {
        let events = [
            Sample.event("0", data: #"{"tokens":5,"model":"a"}"#, time: "2025-06-07T12:00:00Z"),
            Sample.event("1", data: #"{"tokens":9,"model":"a"}"#, time: "2025-06-07T12:10:00Z"),
            Sample.event("2", data: #"{"tokens":1.25,"model":"a"}"#, time: "2025-06-07T12:20:00Z"),
            Sample.event("3", data: #"{"tokens":9,"model":"a"}"#, time: "2025-06-07T12:20:00Z"),
            Sample.event("4", data: #"{"tokens":5,"model":"b"}"#, time: "2025-06-07T12:00:00Z"),
            Sample.event("5", data: #"{"tokens":5,"model":"a"}"#, time: "2025-06-07T13:00:00Z"),
        ]
        let slugs = Sample.everyAggregation.map(\.meter.slug)
        let fixture = try EngineFixture(Sample.everyAggregation)
        fixture.clock.now = 1_749_400_000_000_000
        try await fixture.post(events)
        // One half from the store, one from memory.
        if voided % 2 == 0 { try fixture.restart() }
        try await fixture.void("\(voided)")
        let without = try EngineFixture(Sample.everyAggregation)
        without.clock.now = fixture.clock.now
        try await without.post(events.enumerated().filter { $0.offset != voided }.map(\.element))
        let expected = try await without.rows(of: slugs)
        #expect(try await fixture.rows(of: slugs) == expected)
        try fixture.restart()
        #expect(try await fixture.rows(of: slugs) == expected)
    }

    @Test("a bucket that loses its only event is gone")
    func nothingLeft() async throws {
        let fixture = try EngineFixture(Sample.everyAggregation)
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        try await fixture.void("1")
        for meter in Sample.everyAggregation {
            let rows = try await fixture.rows(meter.meter.slug, window: .hour)
            #expect(rows.isEmpty, "\(meter.meter.slug)")
        }
    }

    @Test("a second time is an error that names the first correction")
    func twice() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1"), Sample.event("2")])
        let first = try await fixture.void("1")
        #expect(await fixture.refusal(voiding: "1") == .alreadyVoided(first))
        #expect(await fixture.refusal(amending: "1", Sample.event("1")) == .alreadyVoided(first))
        try fixture.restart()
        #expect(await fixture.refusal(voiding: "1") == .alreadyVoided(first))
        #expect(try await fixture.total("prompts") == "1")
    }

    @Test("sent again it is a duplicate still")
    func sentAgain() async throws {
        let fixture = try EngineFixture()
        let event = Sample.event("1", data: #"{"tokens":5}"#)
        try await fixture.post([event, Sample.event("2", data: #"{"tokens":1}"#)])
        try await fixture.void("1")
        try await fixture.post([event])
        #expect(try await fixture.total() == "1")
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 2 && ledger.duplicate == 1 && ledger.voided == 1)
    }

    @Test("one that no meter counted is voided too, and nothing but the ledger tells of it")
    func uncounted() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([
            Sample.event("1", type: "other"), Sample.event("2", data: #"{"tokens":"x"}"#),
        ])
        let unmatched = try await fixture.void("1")
        #expect(unmatched.meters.isEmpty)
        // COUNT took it, SUM could not use it.
        let invalid = try await fixture.void("2")
        #expect(invalid.meters == ["prompts"])
        let ledger = try await fixture.ledger()
        #expect(ledger.unmatched == 1 && ledger.counted == 1 && ledger.voided == 2)
        #expect(try await fixture.engine.invalidEvents().map(\.sequence) == [1])
    }

    @Test("what never was is an error")
    func unknown() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        #expect(
            await fixture.refusal(voiding: "2") == .unknownEvent(source: EngineFixture.source, id: "2")
        )
        let other = await fixture.refusal(CorrectionDraft(source: "example/other", id: "1", reason: "x"))
        #expect(other == .unknownEvent(source: "example/other", id: "1"))
        // Nothing went into the log.
        #expect(try await fixture.engine.bucketRevisions(meter: "prompts").through == 1)
    }

    @Test("of two who void it at once one succeeds, and the other learns of it")
    func race() async throws {
        let fixture = try EngineFixture()
        try await fixture.post((0..<20).map { Sample.event("\($0)") })
        let engine = fixture.engine
        for id in 0..<20 {
            let draft = CorrectionDraft(source: EngineFixture.source, id: "\(id)", reason: "sent by mistake")
            async let first = engine.refusal(draft)
            async let second = engine.refusal(draft)
            let refusals = await [first, second].compactMap { $0 }
            #expect(refusals.count == 1)
            guard case .alreadyVoided(let record) = refusals.first else {
                Issue.record("event \(id): \(refusals)")
                continue
            }
            #expect(record.id == "\(id)" && record.refused == nil)
        }
        let ledger = try await fixture.ledger()
        #expect(ledger.voided == 20 && ledger.counted == 20)
        #expect(try await fixture.rows("prompts", window: .hour).isEmpty)
    }

    @Test("behind the dedupe window it is found in the log")
    func behindTheWindow() async throws {
        let fixture = try EngineFixture { $0.dedupeWindowDays = 1 }
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        fixture.clock.now += 3 * 86_400_000_000
        try fixture.restart()
        try await fixture.post([Sample.event("2", data: #"{"tokens":1}"#)])
        try await fixture.void("1")
        #expect(try await fixture.total() == "1")
        guard case .alreadyVoided = await fixture.refusal(voiding: "1") else {
            Issue.record("it was voided a second time")
            return
        }
        // It counts when it comes again, as it would have without the correction.
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        #expect(try await fixture.total() == "6")
        try await fixture.void("1")
        #expect(try await fixture.total() == "1")
    }

    @Test("a closed hour has the correction as its last change")
    func restates() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([
            Sample.event("1", time: "2025-06-07T12:00:00Z"), Sample.event("2", time: "2025-06-07T13:00:00Z"),
        ])
        let record = try await fixture.void("1")
        for _ in 0..<2 {
            let revisions = try await fixture.engine.bucketRevisions(meter: "prompts")
            #expect(revisions.buckets.map(\.lastSequence) == [record.sequence, 1])
            #expect(revisions.through == record.sequence + 1)
            try fixture.restart()
        }
    }
}
