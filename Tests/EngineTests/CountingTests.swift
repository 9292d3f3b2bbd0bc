import CloudEvents
import Engine
import Metering
import Testing
import UsageStore

@Suite struct CountingTests {
    @Test("every aggregation of the same events is what it is by hand")
    func aggregations() async throws {
        let meters = Aggregation.allCases.map {
            Sample.meter("m_\($0.rawValue.lowercased())", $0, value: $0 == .count ? nil : "$.v")
        }
        let fixture = try EngineFixture(meters)
        let values = [
            ("1", "12:00:03", "0.1"), ("2", "12:00:01", "0.2"), ("3", "13:30:00", "-5"), ("4", "13:00:00", "\"0.2\""),
        ]
        try await fixture.post(
            values.map { Sample.event($0.0, data: #"{"v":\#($0.2)}"#, time: "2025-06-07T\($0.1)Z") }
        )
        let expected: [Aggregation: String] = [
            .sum: "-4.5", .count: "4", .uniqueCount: "3", .avg: "-1.125", .min: "-5", .max: "0.2", .latest: "-5",
        ]
        for (aggregation, value) in expected {
            #expect(try await fixture.total("m_\(aggregation.rawValue.lowercased())") == value, "\(aggregation)")
        }
        try fixture.restart()
        for (aggregation, value) in expected {
            #expect(try await fixture.total("m_\(aggregation.rawValue.lowercased())") == value, "\(aggregation)")
        }
    }

    @Test("a repeated event counts once, and other content under the same id is a conflict")
    func duplicates() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1"), Sample.event("1")])
        try await fixture.post([Sample.event("1")], origin: .kafka)
        try await fixture.post([Sample.event("1", data: #"{"tokens":99,"model":"a"}"#)])
        #expect(try await fixture.total() == "1")
        let ledger = try await fixture.ledger()
        #expect(ledger.stored == 4 && ledger.counted == 1 && ledger.duplicate == 3 && ledger.conflict == 1)
    }

    @Test("white space, member order and binary mode do not make other content")
    func sameContent() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        try await fixture.post([
            """
            { "data" : {"tokens" : 1, "model": "a"}, "type":"prompt","time":"2025-06-07T12:00:00Z","id":"1",
              "subject":"customer-1", "source":"example/service", "specversion":"1.0" }
            """
        ])
        let ledger = try await fixture.ledger()
        #expect(ledger.duplicate == 1 && ledger.conflict == 0)
    }

    @Test("an event comes back as new once its window has passed")
    func window() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        fixture.clock.now += 32 * 86_400_000_000
        try await fixture.post([Sample.event("1")])
        #expect(try await fixture.total("prompts") == "1")
        fixture.clock.now += 86_400_000_000
        try await fixture.post([Sample.event("1")])
        #expect(try await fixture.total("prompts") == "2")
    }

    @Test("a clock that jumps a month ahead takes no events, so the dedupe window does not end early")
    func clockJump() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        let right = fixture.clock.now
        fixture.clock.set(to: right + 40 * 86_400_000_000)
        let error = await #expect(throws: AppendRefusal.self) { try await fixture.post([Sample.event("2")]) }
        #expect(error?.description.contains("clock") == true)
        #expect(fixture.engine.health.failure?.contains("clock") == true)
        fixture.clock.set(to: right)
        try await fixture.post([Sample.event("1")])
        #expect(try await fixture.total("prompts") == "1")
    }

    @Test("what a meter cannot use is stored, not counted, and listed with the reason OpenMeter gives")
    func invalid() async throws {
        let fixture = try EngineFixture([Sample.meter("m", .sum, value: "$.duration_ms")])
        try await fixture.post([
            Sample.event("1", data: "null"), Sample.event("2", data: "{}"),
            Sample.event("3", data: #"{"duration_ms":"NaN"}"#), Sample.event("4", data: #"{"duration_ms":"Inf"}"#),
            Sample.event("5", data: #"{"duration_ms":true}"#), Sample.event("6", data: #"{"duration_ms":2}"#),
        ])
        #expect(try await fixture.total("m") == "2")
        #expect(
            try await fixture.engine.invalidEvents().map(\.reason).prefix(4) == [
                "invalid event: null and missing value property",
                "invalid event: missing value property: \"$.duration_ms\"", "invalid event: value cannot be NaN",
                "invalid event: value cannot be infinity",
            ]
        )
        let ledger = try await fixture.ledger()
        #expect(ledger.invalid == 5 && ledger.counted == 1)
        let ofMeter = try await fixture.engine.ledger(ofMeter: "m").values.reduce(into: MeterLedgerCounts()) {
            $0.add($1)
        }
        #expect(ofMeter.matched == 6 && ofMeter.counted == 1 && ofMeter.invalid == 5)
    }

    @Test("an event that one meter takes and another cannot use is counted, and the refusal is seen beside it")
    func mixed() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"model":"a"}"#)])
        #expect(try await fixture.total("prompts") == "1")
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 1 && ledger.invalid == 0)
        #expect(try await fixture.engine.invalidEvents().count == 1)
    }

    @Test("types without a meter and events before eventFrom are unmatched")
    func unmatched() async throws {
        let fixture = try EngineFixture([Sample.meter("m", .count, value: nil, from: "2025-06-07T12:00:00Z")])
        try await fixture.post([
            Sample.event("1", type: "other"), Sample.event("2", time: "2025-06-07T11:59:59.999999Z"), Sample.event("3"),
        ])
        let ledger = try await fixture.ledger()
        #expect(ledger.unmatched == 2 && ledger.counted == 1)
    }

    @Test("an event without a time counts at its arrival")
    func arrivalTime() async throws {
        let fixture = try EngineFixture()
        fixture.clock.now = try #require(Timestamp("2025-03-01T23:30:00Z")).microseconds
        try await fixture.post([Sample.event("1", time: nil)])
        let rows = try await fixture.rows("prompts", window: .day)
        #expect(rows.map(\.window.start) == [Timestamp("2025-03-01T00:00:00Z")])
    }

    @Test("dimensions that are missing are empty, and numbers and booleans are written as they came")
    func dimensions() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([
            Sample.event("1", data: #"{"tokens":1}"#), Sample.event("2", data: #"{"tokens":2,"model":7.0}"#),
            Sample.event("3", data: #"{"tokens":4,"model":"\u00e9\"x"}"#),
            Sample.event("4", data: #"{"tokens":8,"model":true}"#),
        ])
        let rows = try await fixture.rows(groupBy: ["model"])
        let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.dimensions[0], $0.value.description) })
        #expect(found == ["": "1", "7.0": "2", "é\"x": "4", "true": "8"])
    }

    @Test("totals are exact where binary fractions are not")
    func exact() async throws {
        let fixture = try EngineFixture()
        try await fixture.post((0..<1000).map { Sample.event("\($0)", data: #"{"tokens":0.1}"#) })
        try await fixture.post([Sample.event("big", data: #"{"tokens":100000000000000000000000000}"#)])
        #expect(try await fixture.total() == "100000000000000000000000100")
    }
}
