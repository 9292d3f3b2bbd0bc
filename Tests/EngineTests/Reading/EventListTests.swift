import CloudEvents
import Engine
import Foundation
import Metering
import Testing

@Suite struct EventListTests {
    private static func query(
        id: String? = nil,
        subject: String? = nil,
        source: String? = nil,
        type: String? = nil,
        from: String = "2020-01-01T00:00:00Z",
        to: String? = nil,
        arrivedFrom: Int64? = nil,
        arrivedTo: Int64? = nil,
        invalidOnly: Bool = false,
        limit: Int = 100
    ) throws -> EventListQuery {
        EventListQuery(
            idContains: id,
            subject: subject,
            source: source,
            type: type,
            from: try #require(Timestamp(from)),
            to: to.flatMap { Timestamp($0) },
            arrivedFrom: arrivedFrom.map { Timestamp(microseconds: $0) },
            arrivedTo: arrivedTo.map { Timestamp(microseconds: $0) },
            invalidOnly: invalidOnly,
            limit: limit
        )
    }

    private func sequences(_ fixture: EngineFixture, _ query: EventListQuery) async throws -> [UInt64] {
        try await fixture.engine.events(query).map(\.sequence)
    }

    @Test("events are listed newest first by their own time, then by their place in the log, with what became of each")
    func fates() async throws {
        let fixture = try EngineFixture()
        let posted = [
            Sample.event("1", time: "2025-06-07T12:00:00Z"), Sample.event("2", time: "2025-06-07T15:00:00Z"),
            Sample.event("1", time: "2025-06-07T12:00:00Z"),
            Sample.event("1", data: #"{"tokens":2}"#, time: "2025-06-07T12:00:00Z"),
            Sample.event("3", type: "other", time: "2025-06-07T11:00:00Z"),
            Sample.event("4", data: #"{"tokens":"NaN"}"#, time: "2025-06-07T13:00:00Z"),
        ]
        for event in posted { try await fixture.post([event]) }
        for restarted in [false, true] {
            if restarted { try fixture.restart() }
            let events = try await fixture.engine.events(try Self.query())
            #expect(events.map(\.sequence) == [1, 5, 3, 2, 0, 4])
            #expect(events.map(\.fate) == [.counted, .counted, .conflict, .duplicate, .counted, .unmatched])
            #expect(events.map { String(decoding: $0.json, as: UTF8.self) } == [1, 5, 3, 2, 0, 4].map { posted[$0] })
            #expect(events.map(\.refusals.count) == [0, 1, 0, 0, 0, 0])
            #expect(events[1].refusals.first?.meter == "tokens_total")
            #expect(events[1].refusals.first?.reason == "invalid event: value cannot be NaN")
            #expect(events.allSatisfy { $0.arrival.microseconds == fixture.clock.now && $0.origin == .http })
        }
    }

    @Test("an event that no meter can use is invalid, and the reasons are those that were kept when it was applied")
    func invalid() async throws {
        let fixture = try EngineFixture([Sample.meter("a", .sum, value: "$.a"), Sample.meter("b", .max, value: "$.b")])
        try await fixture.post([
            Sample.event("1", data: #"{"a":1,"b":2}"#), Sample.event("2", data: "null"),
            Sample.event("3", data: #"{"a":1}"#), Sample.event("4", type: "other"),
        ])
        try fixture.restart()
        let listed = try await fixture.engine.events(try Self.query(invalidOnly: true))
        #expect(listed.map(\.sequence) == [2, 1])
        #expect(listed.map(\.fate) == [.counted, .invalid])
        #expect(
            listed[1].refusals == [
                StoredEvent.Refusal(meter: "a", reason: "invalid event: null and missing value property"),
                StoredEvent.Refusal(meter: "b", reason: "invalid event: null and missing value property"),
            ]
        )
        #expect(listed[0].refusals.map(\.reason) == [#"invalid event: missing value property: "$.b""#])
    }

    @Test("ids that contain a text, subjects, sources and types are matched byte by byte")
    func filters() async throws {
        let fixture = try EngineFixture()
        var scenario = UsageScenario(seed: 5)
        var events = (0..<200).map { _ in scenario.event(arrival: fixture.clock.now) }
        for index in events.indices { events[index].time = Int64(1_700_000_000_000_000) }
        try await fixture.post(events.map(\.json))
        try fixture.restart()
        for text in UsageScenario.texts {
            let expected = events.indices.filter { Array(events[$0].subject.utf8) == Array(text.utf8) }
            let listed = try await sequences(fixture, try Self.query(subject: text))
            #expect(listed == expected.reversed().map(UInt64.init))
        }
        let contains = events.indices.filter { events[$0].id.contains("e1") }.suffix(100)
        #expect(try await sequences(fixture, try Self.query(id: "e1")) == contains.reversed().map(UInt64.init))
        let others = events.indices.filter { events[$0].type == "other" }
        #expect(try await sequences(fixture, try Self.query(type: "other")) == others.reversed().map(UInt64.init))
        #expect(try await sequences(fixture, try Self.query(source: "example/servic")).isEmpty)
        #expect(try await sequences(fixture, try Self.query(source: "example/service", limit: 7)).count == 7)
    }

    @Test("a list is bounded by event time and by arrival, from inclusive, to exclusive")
    func bounds() async throws {
        let fixture = try EngineFixture()
        let start = fixture.clock.now
        for hour in 10..<20 {
            try await fixture.post([Sample.event("\(hour)", time: "2025-06-07T\(hour):00:00Z")])
            fixture.clock.now += 1_000_000
        }
        let times = try Self.query(from: "2025-06-07T12:00:00Z", to: "2025-06-07T15:00:00Z")
        #expect(try await sequences(fixture, times) == [4, 3, 2])
        let arrivals = try Self.query(arrivedFrom: start + 3_000_000, arrivedTo: start + 6_000_000)
        #expect(try await sequences(fixture, arrivals) == [5, 4, 3])
        #expect(try await sequences(fixture, try Self.query(limit: 0)).isEmpty)
        #expect(try await sequences(fixture, try Self.query(from: "2026-01-01T00:00:00Z")).isEmpty)
        #expect(try await sequences(fixture, try Self.query(limit: 3)) == [9, 8, 7])
    }

    @Test("conflicts show both events and which one counts, newest first, page by page")
    func conflicts() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1"), Sample.event("2")])
        for tokens in 2...4 { try await fixture.post([Sample.event("1", data: #"{"tokens":\#(tokens)}"#)]) }
        try await fixture.post([Sample.event("2"), Sample.event("2", data: #"{"tokens":9}"#)])
        for restarted in [false, true] {
            if restarted { try fixture.restart() }
            let conflicts = try await fixture.engine.conflicts(limit: 10)
            #expect(conflicts.map(\.second.sequence) == [6, 4, 3, 2])
            #expect(conflicts.map(\.firstSequence) == [1, 0, 0, 0])
            #expect(conflicts.map { $0.first?.fate } == [.counted, .counted, .counted, .counted])
            #expect(conflicts.allSatisfy { $0.second.fate == .conflict && $0.first?.sequence == $0.firstSequence })
            #expect(try await fixture.engine.conflicts(limit: 2).map(\.second.sequence) == [6, 4])
            #expect(try await fixture.engine.conflicts(limit: 2, before: 4).map(\.second.sequence) == [3, 2])
        }
    }

    @Test(
        "today's events are counted by subject without duplicates, going on from the call before, and begin anew at midnight"
    )
    func today() async throws {
        let fixture = try EngineFixture()
        fixture.clock.now = try #require(Timestamp("2025-06-07T20:00:00Z")).microseconds
        func counts() async throws -> [String] {
            let today = try await fixture.engine.eventsToday()
            return ["\(today.day)"] + today.bySubject.map { "\($0.subject) \($0.count)" }
        }
        #expect(try await counts() == ["2025-06-07"])
        try await fixture.post([
            Sample.event("1"), Sample.event("1"), Sample.event("2", subject: "b"), Sample.event("3", type: "other"),
            Sample.event("4", time: "2025-06-06T23:59:59.999999Z"), Sample.event("5", time: "2025-06-08T00:00:00Z"),
            Sample.event("6", time: nil),
        ])
        #expect(try await counts() == ["2025-06-07", "b 1", "customer-1 3"])
        #expect(try await counts() == ["2025-06-07", "b 1", "customer-1 3"])
        try fixture.restart()
        try await fixture.post([Sample.event("7", subject: "b")])
        #expect(try await counts() == ["2025-06-07", "b 2", "customer-1 3"])
        fixture.clock.now += 4 * 3_600_000_000
        #expect(try await counts() == ["2025-06-08", "customer-1 1"])
    }
}
