import CloudEvents
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite struct ReadingModelTests {
    private static let aggregations: [Aggregation] = [
        .sum, .count, .uniqueCount, .avg, .min, .max, .latest, .p50, .p90, .p99,
    ]

    private static func meters(bucketSeconds: Int64) -> [MeterRequest] {
        aggregations.map { aggregation in
            let value = aggregation == .count ? nil : aggregation == .uniqueCount ? "$.user" : "$.tokens"
            return Sample.meter(
                slug(aggregation),
                aggregation,
                value: value,
                groupBy: ["model": "$.model"],
                bucketSeconds: bucketSeconds
            )
        }
    }

    private static func slug(_ aggregation: Aggregation) -> String { "m_\(aggregation.rawValue.lowercased())" }

    @Test(
        "any range, window, zone, grouping and condition gives what a slow reading of the events gives",
        arguments: [(1, 3600), (2, 900), (3, 3600), (4, 900)] as [(UInt64, Int64)]
    )
    func anyQuery(seed: UInt64, bucketSeconds: Int64) async throws {
        let fixture = try EngineFixture(Self.meters(bucketSeconds: bucketSeconds))
        var scenario = UsageScenario(seed: seed)
        var slow = SlowUsage(events: [])
        for part in 0..<8 {
            for _ in 0..<6 {
                let events = (0..<40).map { _ in scenario.event(arrival: fixture.clock.now) }
                slow.events += events
                try await fixture.post(events.map(\.json))
                fixture.clock.now += 60_000_000
            }
            // Some totals are in the store then, some in memory, some in both; and a frame reaches over two blocks.
            if part == 3 { try await fixture.restart(at: EventBlock.width - 50) }
            if part == 5 { try fixture.engine.checkpoint() }
        }
        for _ in 0..<9 {
            for aggregation in Self.aggregations {
                let query = scenario.query(Self.slug(aggregation))
                try await expect(fixture.engine, slow, query, aggregation, seed)
            }
        }
    }

    private func expect(
        _ engine: Engine,
        _ slow: SlowUsage,
        _ query: UsageQuery,
        _ aggregation: Aggregation,
        _ seed: UInt64
    ) async throws {
        let expected = slow.rows(query, aggregation: aggregation)
        let found = try await engine.query(query).rows.map(SlowUsage.Row.init)
        if expected.isEmpty, query.windowSize == nil, found.map(\.value) == ["0"], found[0].events == 0 { return }
        #expect(found == expected, "seed \(seed): \(query)")
    }

    @Test("a query is exact while events come and checkpoints are made beside it")
    func besideIngest() async throws {
        let fixture = try EngineFixture(Self.meters(bucketSeconds: 3600))
        var scenario = UsageScenario(seed: 11)
        var slow = SlowUsage(events: [])
        for _ in 0..<10 {
            let events = (0..<100).map { _ in scenario.event(arrival: fixture.clock.now) }
            slow.events += events
            try await fixture.post(events.map(\.json))
        }
        let engine = fixture.engine
        let noise = (0..<60).map { round in
            (0..<50).map { Sample.event("noise-\(round)-\($0)", time: "2031-01-01T00:\(10 + $0 % 50):00Z") }
        }
        let batches = try noise.map { try fixture.batch($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for batch in batches {
                    await withCheckedContinuation { continuation in
                        engine.append(batch, origin: .http) { _ in continuation.resume() }
                    }
                    try engine.checkpoint()
                }
            }
            var queries: [(UsageQuery, Aggregation)] = []
            for aggregation in Self.aggregations {
                for _ in 0..<4 {
                    var query = scenario.query(Self.slug(aggregation))
                    // What comes meanwhile lies behind the range.
                    query.to = query.to ?? Timestamp("2030-01-01T00:00:00Z")
                    queries.append((query, aggregation))
                }
            }
            for (query, aggregation) in queries { try await expect(engine, slow, query, aggregation, 11) }
            try await group.waitForAll()
        }
        let count = UsageQuery(meter: Self.slug(.count), from: Timestamp("2030-12-31T23:59:30Z"))
        #expect(try await engine.query(count).rows.map(\.value.description) == ["3000"])
    }

    @Test("subjects and values are those of the events in the range, byte by byte, whatever is in them")
    func texts() async throws {
        let fixture = try EngineFixture(Self.meters(bucketSeconds: 3600))
        var scenario = UsageScenario(seed: 21)
        var slow = SlowUsage(events: [])
        for _ in 0..<6 {
            let events = (0..<30).map { _ in scenario.event(arrival: fixture.clock.now) }
            slow.events += events
            try await fixture.post(events.map(\.json))
        }
        try fixture.restart()
        for _ in 0..<40 {
            var query = scenario.query(Self.slug(.sum))
            (query.windowSize, query.subjects, query.filters) = (nil, [], [:])
            for name in ["subject", "model", "$.place.region"] {
                query.groupBy = [name]
                let rows = slow.rows(query, aggregation: .sum)
                let expected = Set(rows.map { name == "subject" ? $0.subject ?? [] : $0.dimensions[0] })
                let found = try await fixture.engine.values(
                    ofDimension: name,
                    meter: query.meter,
                    from: query.from,
                    to: query.to,
                    limit: 100
                )
                #expect(found.map { Array($0.utf8) } == expected.sorted { $0.lexicographicallyPrecedes($1) })
                let first = try await fixture.engine.values(
                    ofDimension: name,
                    meter: query.meter,
                    from: query.from,
                    to: query.to,
                    limit: 2
                )
                #expect(first == Array(found.prefix(2)))
            }
        }
        await #expect(throws: QueryError.self) {
            _ = try await fixture.engine.values(ofDimension: "colour", meter: Self.slug(.sum), limit: 1)
        }
    }
}
