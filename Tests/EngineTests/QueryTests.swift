import CloudEvents
import Engine
import Metering
import Testing

@Suite struct QueryTests {
    @Test("days of a zone begin at its midnight, and the day the clocks change has its own length")
    func zoneDays() async throws {
        let fixture = try EngineFixture()
        let zone = try #require(Zone("America/Los_Angeles"))
        // 9 March 2025: clocks go forward; the day has 23 hours, from 08:00Z to 07:00Z.
        let times = ["2025-03-09T07:59:59Z", "2025-03-09T08:00:00Z", "2025-03-10T06:59:59Z", "2025-03-10T07:00:00Z"]
        try await fixture.post(times.enumerated().map { Sample.event("\($0)", time: $1) })
        let rows = try await fixture.rows("prompts", window: .day, zone: zone)
        #expect(rows.map(\.value.description) == ["1", "2", "1"])
        #expect(
            rows.map(\.window.start.description) == [
                "2025-03-08T08:00:00Z", "2025-03-09T08:00:00Z", "2025-03-10T07:00:00Z",
            ]
        )
    }

    @Test("zones that are not whole hours from UTC are answered by quarter-hour buckets and by hour buckets alike")
    func quarters() async throws {
        let zone = try #require(Zone("Asia/Kathmandu"))
        let fixture = try EngineFixture([
            Sample.meter("fine", .count, value: nil, bucketSeconds: 900), Sample.meter("coarse", .count, value: nil),
        ])
        try await fixture.post([
            Sample.event("1", time: "2025-06-06T18:14:59Z"), Sample.event("2", time: "2025-06-06T18:15:00Z"),
        ])
        for meter in ["fine", "coarse"] {
            let rows = try await fixture.rows(meter, window: .day, zone: zone)
            #expect(rows.map(\.window.start.description) == ["2025-06-05T18:15:00Z", "2025-06-06T18:15:00Z"])
        }
    }

    @Test("from is inclusive and to is exclusive")
    func range() async throws {
        let fixture = try EngineFixture()
        try await fixture.post(
            ["11:59:59", "12:00:00", "12:59:59", "13:00:00"].map {
                Sample.event($0, time: "2025-06-07T\($0)Z")
            }
        )
        let rows = try await fixture.rows("prompts", from: "2025-06-07T12:00:00Z", to: "2025-06-07T13:00:00Z")
        #expect(rows.map(\.value.description) == ["2"])
    }

    @Test("nothing in range is one row of 0 for COUNT and no row for SUM")
    func empty() async throws {
        let fixture = try EngineFixture()
        #expect(try await fixture.rows("prompts").map(\.value.description) == ["0"])
        #expect(try await fixture.rows("tokens_total").isEmpty)
        #expect(try await fixture.rows("prompts", window: .day).isEmpty)
    }

    @Test("a query that cannot be answered is refused with the reason")
    func refusals() async throws {
        let fixture = try EngineFixture()
        await #expect(throws: QueryError.unknownMeter("none")) { _ = try await fixture.rows("none") }
        await #expect(throws: QueryError.unknownDimension("colour", known: ["model"])) {
            _ = try await fixture.rows(groupBy: ["colour"])
        }
        for (from, to) in [
            ("2025-06-07T12:00:00Z", "2025-06-07T12:00:00Z"), ("2025-06-07T12:30:00Z", "2025-06-07T12:29:59Z"),
        ] {
            await #expect(throws: QueryError.self) { _ = try await fixture.rows(from: from, to: to) }
        }
    }

    @Test("meters are found by slug and by id")
    func identity() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        let record = try #require(fixture.engine.meters.first { $0.meter.slug == "prompts" })
        #expect(record.id.count == 26)
        #expect(try await fixture.total(record.id) == "1")
    }

    @Test(
        "a row says how many events it counted, whatever the meter adds up, before and after a checkpoint",
        arguments: [Aggregation.sum, .count, .avg, .min, .max, .latest, .uniqueCount]
    )
    func events(_ aggregation: Aggregation) async throws {
        let value = aggregation == .count ? nil : "$.tokens"
        let fixture = try EngineFixture([Sample.meter("measured", aggregation, value: value)])
        try await fixture.post((1...3).map { Sample.event("\($0)") })
        #expect(try await fixture.rows("measured").map(\.events) == [3])
        try fixture.restart()
        try await fixture.post([Sample.event("4"), Sample.event("4")])
        #expect(try await fixture.rows("measured").map(\.events) == [4])
    }

    @Test("an answer with more rows than whoever asks can take is refused with both numbers")
    func rowLimit() async throws {
        let fixture = try EngineFixture()
        try await fixture.post((1...3).map { Sample.event("\($0)", time: "2025-06-07T1\($0):00:00Z") })
        let query = UsageQuery(meter: "prompts", windowSize: .hour)
        #expect(try await fixture.engine.query(query, rowLimit: 3).rows.count == 3)
        await #expect(throws: QueryError.tooLarge(rows: 3, limit: 2)) {
            _ = try await fixture.engine.query(query, rowLimit: 2)
        }
    }
}
