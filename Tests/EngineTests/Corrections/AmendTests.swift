import CloudEvents
import Engine
import Metering
import Testing
import UsageStore

@Suite("An event is amended")
struct AmendTests {
    @Test("every aggregation is then what it would be had the replacement come", arguments: [0, 1, 2, 3, 4])
    func asIfItHadCome(amended: Int) async throws {
        var events = [
            Sample.event("0", data: #"{"tokens":5,"model":"a"}"#, time: "2025-06-07T12:00:00Z"),
            Sample.event("1", data: #"{"tokens":9,"model":"a"}"#, time: "2025-06-07T12:10:00Z"),
            Sample.event("2", data: #"{"tokens":1.25,"model":"a"}"#, time: "2025-06-07T12:20:00Z"),
            Sample.event("3", data: #"{"tokens":9,"model":"a"}"#, time: "2025-06-07T12:20:00Z"),
            Sample.event("4", data: #"{"tokens":5,"model":"b"}"#, time: "2025-06-07T13:00:00Z"),
        ]
        let replacements = [
            // Less, in the same series and hour.
            Sample.event("\(amended)", data: #"{"tokens":-3,"model":"a"}"#, time: "2025-06-07T12:20:00Z"),
            // Another series.
            Sample.event("\(amended)", data: #"{"tokens":9,"model":"c"}"#, time: "2025-06-07T12:20:00Z"),
            // Another hour, and another subject.
            Sample.event(
                "\(amended)",
                data: #"{"tokens":20,"model":"a"}"#,
                time: "2025-06-09T00:00:00Z",
                subject: "customer-2"
            ),
        ]
        let slugs = Sample.everyAggregation.map(\.meter.slug)
        let fixture = try EngineFixture(Sample.everyAggregation)
        fixture.clock.now = 1_749_600_000_000_000
        try await fixture.post(events)
        // Each amends the one before.
        for replacement in replacements {
            try await fixture.amend("\(amended)", replacement)
            events[amended] = replacement
            let other = try EngineFixture(Sample.everyAggregation)
            other.clock.now = fixture.clock.now
            try await other.post(events)
            #expect(try await fixture.rows(of: slugs) == (try await other.rows(of: slugs)))
        }
        let ledger = try await fixture.ledger()
        #expect(ledger.amended == 3 && ledger.counted == 5 && ledger.voided == 0)
        let anew = try await fixture.countedAnew()
        #expect(try await anew.rows(of: slugs) == (try await fixture.rows(of: slugs)))
        try await fixture.void("\(amended)")
        events.remove(at: amended)
        let without = try EngineFixture(Sample.everyAggregation)
        without.clock.now = fixture.clock.now
        try await without.post(events)
        #expect(try await fixture.rows(of: slugs) == (try await without.rows(of: slugs)))
    }

    @Test("without a time of its own it keeps that of the event as it came")
    func keepsTheTime() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([
            Sample.event("1", time: "2025-06-07T12:34:56Z"), Sample.event("2", time: nil),
        ])
        fixture.clock.now += 86_400_000_000
        let data = #"{"tokens":50}"#
        try await fixture.amend("1", Sample.event("1", data: data, time: "2025-06-08T01:00:00Z"))
        try await fixture.amend("1", Sample.event("1", data: data, time: nil))
        try await fixture.amend("2", Sample.event("2", data: data, time: nil))
        let rows = try await fixture.rows(window: .hour)
        #expect(rows.map(\.window.start.description) == ["2025-06-07T12:00:00Z", "2025-06-15T15:00:00Z"])
        #expect(rows.map(\.value.description) == ["50", "50"])
    }

    @Test("an invalid event counts once it is amended")
    func invalid() async throws {
        let fixture = try EngineFixture([Sample.tokens])
        try await fixture.post([Sample.event("1", data: #"{"tokens":"many"}"#)])
        #expect(try await fixture.total() == nil)
        let record = try await fixture.amend("1", Sample.event("1", data: #"{"tokens":12}"#))
        #expect(record.meters == ["tokens_total"])
        #expect(try await fixture.total() == "12")
        let ledger = try await fixture.ledger()
        #expect(ledger.invalid == 1 && ledger.counted == 0 && ledger.amended == 1)
        let meter = try #require(try await fixture.engine.ledger(ofMeter: "tokens_total").values.first)
        #expect(meter.counted == 0 && meter.invalid == 1 && meter.withdrawn == 0 && meter.restored == 1)
        // What was wrong with it when it came stays known.
        #expect(try await fixture.engine.invalidEvents().count == 1)
        try await fixture.void("1")
        #expect(try await fixture.total() == nil)
        #expect(try await fixture.engine.ledger(ofMeter: "tokens_total").values.first?.withdrawn == 1)
    }

    @Test("one that did not fit into a total when it came takes nothing out, and counts once it is amended to fit")
    func overflowAtArrival() async throws {
        let fixture = try EngineFixture()
        let large = String(repeating: "9", count: 36)
        try await fixture.post((0..<102).map { Sample.event("\($0)", data: #"{"tokens":\#(large)}"#) })
        let full = try await fixture.total()
        #expect(try await fixture.engine.invalidEvents().map(\.sequence) == [100, 101])
        #expect(try await fixture.void("100").meters == ["prompts"])
        #expect(try await fixture.total() == full)
        #expect(try await fixture.amend("101", Sample.event("101", data: #"{"tokens":99}"#)).meters == ["tokens_total"])
        #expect(try await fixture.total() == "99999999999999999999999999999999999999")
        // It is the replacement that is taken out now, not what did not fit.
        try await fixture.void("101")
        #expect(try await fixture.total() == full)
        let meter = try #require(try await fixture.engine.ledger(ofMeter: "tokens_total").values.first)
        #expect(meter.counted == 100 && meter.invalid == 2 && meter.withdrawn == 1 && meter.restored == 1)
    }

    @Test("what it does not change for a meter does not touch that meter")
    func untouched() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        let record = try await fixture.amend("1", Sample.event("1", data: #"{"tokens":6}"#))
        #expect(record.meters == ["tokens_total"])
        #expect(try await fixture.engine.bucketRevisions(meter: "prompts").buckets.map(\.lastSequence) == [0])
        let same = try await fixture.amend("1", Sample.event("1", data: #"{"tokens":6,"note":"looked at"}"#))
        #expect(same.meters.isEmpty && same.refused == nil)
    }

    @Test(
        "a replacement that is wrong is refused, and nothing goes into the log",
        arguments: [
            #"{"specversion":"1.0","id":"1","source":"example/service","type":"prompt","subject":"s","data":{"tokens":"x"}}"#,
            #"{"specversion":"1.0","id":"2","source":"example/service","type":"prompt","subject":"s","data":{"tokens":1}}"#,
            #"{"specversion":"1.0","id":"1","source":"example/other","type":"prompt","subject":"s","data":{"tokens":1}}"#,
            #"{"specversion":"1.0","id":"1","source":"example/service","subject":"s"}"#,
            #"[{"specversion":"1.0","id":"1","source":"example/service","type":"prompt","subject":"s"}]"#,
            "{", "",
        ]
    )
    func wrongReplacement(replacement: String) async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        guard case .invalid(let why) = await fixture.refusal(amending: "1", replacement) else {
            Issue.record("it was taken")
            return
        }
        #expect(why.hasPrefix("replacement: "))
        #expect(try await fixture.total() == "5")
        #expect(try await fixture.engine.bucketRevisions(meter: "prompts").through == 1)
    }

    @Test(
        "a reason is required, of one line and not longer than its limit",
        arguments: [
            "", String(repeating: "x", count: 1025), "two\nlines", "nul\u{0}",
        ]
    )
    func reasons(reason: String) async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        let refusal = await fixture.refusal(CorrectionDraft(source: EngineFixture.source, id: "1", reason: reason))
        guard case .invalid = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        try await fixture.void("1", reason: String(repeating: "é", count: 512))
    }

    @Test("a total that would not be exact refuses all of it, for every meter")
    func overflow() async throws {
        let fixture = try EngineFixture()
        let large = String(repeating: "9", count: 36)
        try await fixture.post((0..<99).map { Sample.event("\($0)", data: #"{"tokens":\#(large)}"#) })
        try await fixture.post([Sample.event("small", data: #"{"tokens":1}"#, time: "2025-06-07T13:00:00Z")])
        try await fixture.post([Sample.event("last", data: #"{"tokens":1}"#, time: "2025-06-07T14:00:00Z")])
        // A hundred times 36 nines fit into 38 digits; with one more they do not.
        let data = #"{"tokens":\#(large)}"#
        try await fixture.amend("small", Sample.event("small", data: data))
        let before = try await fixture.rows(of: ["tokens_total", "prompts"])
        let refusal = await fixture.refusal(amending: "last", Sample.event("last", data: data))
        guard case .impossible(let why) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(why.contains("38 digits"))
        #expect(try await fixture.rows(of: ["tokens_total", "prompts"]) == before)
        let ledger = try await fixture.ledger()
        #expect(ledger.amended == 1)
        let anew = try await fixture.countedAnew()
        #expect(try await anew.rows(of: ["tokens_total", "prompts"]) == before)
    }
}
