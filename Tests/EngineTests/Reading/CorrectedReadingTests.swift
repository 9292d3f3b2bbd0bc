import CloudEvents
import Engine
import Foundation
import Metering
import Testing
import UsageStore

@Suite struct CorrectedReadingTests {
    @Test(
        "what the log answers and what the totals answer agree after events were voided and amended",
        arguments: [1, 2]
    )
    func agreement(seed: UInt64) async throws {
        let aggregations: [Aggregation] = [.sum, .count, .uniqueCount, .min, .latest, .p50]
        let fixture = try EngineFixture(
            aggregations.map { aggregation in
                Sample.meter(
                    "m_\(aggregation.rawValue.lowercased())",
                    aggregation,
                    value: aggregation == .count ? nil : aggregation == .uniqueCount ? "$.user" : "$.tokens",
                    groupBy: ["model": "$.model"]
                )
            }
        )
        var scenario = UsageScenario(seed: seed + 100)
        var slow = SlowUsage(events: [])
        for part in 0..<4 {
            let events = (0..<60).map { _ in scenario.event(arrival: fixture.clock.now) }
            slow.events += events
            try await fixture.post(events.map(\.json))
            for _ in 0..<5 { try await correct(&slow, &scenario, fixture) }
            if part == 2 { try fixture.restart() }
        }
        for _ in 0..<12 {
            for aggregation in aggregations {
                let query = scenario.query("m_\(aggregation.rawValue.lowercased())")
                let expected = slow.rows(query, aggregation: aggregation)
                let found = try await fixture.engine.query(query).rows.map(SlowUsage.Row.init)
                if expected.isEmpty, query.windowSize == nil, found.map(\.value) == ["0"] { continue }
                #expect(found == expected, "seed \(seed): \(query)")
            }
        }
    }

    /// Voids an event, or gives it another time, subject and value; both of what came first with its id.
    private func correct(
        _ slow: inout SlowUsage,
        _ scenario: inout UsageScenario,
        _ fixture: EngineFixture
    ) async throws {
        let picked = slow.events[scenario.number(below: slow.events.count)].id
        let index = try #require(slow.events.firstIndex { $0.id == picked })
        guard !slow.events[index].isVoided else { return }
        if scenario.number(below: 2) == 0 {
            try await fixture.void(picked)
            slow.events[index].isVoided = true
            return
        }
        var replacement = scenario.event(arrival: slow.events[index].arrival)
        replacement.id = picked
        // A meter that counts the event must be able to use the replacement, too.
        replacement.tokens = replacement.tokens ?? 7
        replacement.type = slow.events[index].type
        replacement.time = replacement.time ?? slow.events[index].effectiveTime
        try await fixture.amend(picked, replacement.json)
        slow.events[index] = replacement
    }

    @Test("a list shows an event as it came, with what became of it then and the corrections made since")
    func listed() async throws {
        let fixture = try EngineFixture()
        let posted = [Sample.event("1"), Sample.event("2"), Sample.event("3", type: "other")]
        try await fixture.post(posted)
        let amended = try await fixture.amend("1", Sample.event("1", data: #"{"tokens":5,"model":"b"}"#))
        let voided = try await fixture.void("1")
        for restarted in [false, true] {
            if restarted { try fixture.restart() }
            let from = try #require(Timestamp("2020-01-01T00:00:00Z"))
            let events = try await fixture.engine.events(EventListQuery(from: from))
            #expect(events.map(\.sequence) == [2, 1, 0])
            #expect(events.map(\.fate) == [.unmatched, .counted, .counted])
            #expect(events.map { String(decoding: $0.json, as: UTF8.self) } == posted.reversed())
            #expect(events[2].corrections == [amended, voided])
            #expect(events[0].corrections.isEmpty && events[1].corrections.isEmpty)
            #expect(try await fixture.engine.corrections(limit: 10) == [voided, amended])
            let newest = try await fixture.engine.corrections(limit: 1)
            #expect(newest == [voided])
            #expect(try await fixture.engine.corrections(limit: 10, before: voided.sequence) == [amended])
        }
    }

    @Test("an event that was amended into another day is found there, and not where it was, even from the log")
    func moved() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1"), Sample.event("2")])
        try await fixture.amend("1", Sample.event("1", time: "2025-08-01T00:00:30Z"))
        for restarted in [false, true] {
            if restarted { try fixture.restart() }
            let there = try await fixture.rows("prompts", from: "2025-08-01T00:00:01Z", window: .minute)
            #expect(there.map(\.value.description) == ["1"])
            let here = try await fixture.rows("prompts", to: "2025-06-07T12:59:59Z", window: .minute)
            #expect(here.map(\.value.description) == ["1"])
            let today = try await fixture.engine.subjects(
                ofMeter: "prompts",
                from: Timestamp("2025-07-31T23:59:59Z"),
                limit: 10
            )
            #expect(today == ["customer-1"])
        }
    }

    @Test("the ledger's lines are ordered by day, origin and source, and days bound them")
    func ledger() async throws {
        let fixture = try EngineFixture()
        func event(_ id: String, _ source: String) -> String {
            Sample.event(id).replacing("example/service", with: source)
        }
        fixture.clock.now = try #require(Timestamp("2025-06-07T23:00:00Z")).microseconds
        try await fixture.post([event("1", "b"), event("2", "a%25/(~)"), event("1", "b")])
        try await fixture.post([event("3", "a")], origin: .kafka)
        fixture.clock.now += 7_200_000_000
        try await fixture.post([event("4", "a")])
        for restarted in [false, true] {
            if restarted { try fixture.restart() }
            let lines = try await fixture.engine.ledger(days: nil)
            #expect(
                lines.map { "\($0.day) \($0.origin) \($0.source ?? "-") \($0.counts.stored)" } == [
                    "2025-06-07 http a%25/(~) 1", "2025-06-07 http b 2", "2025-06-07 kafka a 1", "2025-06-08 http a 1",
                ]
            )
            #expect(lines[1].counts.duplicate == 1)
            let first = try #require(LocalDay("2025-06-07"))
            #expect(try await fixture.engine.ledger(days: first..<first.next).count == 3)
            #expect(try await fixture.engine.ledger(days: first.next..<first.next.next).count == 1)
        }
    }
}
