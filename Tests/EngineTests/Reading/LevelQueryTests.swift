import CloudEvents
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite struct LevelQueryTests {
    private struct Point {
        var time: Int64
        var level: Int
        var subject: String
        var model: String
    }

    /// Value-microseconds in hundredths, summed up window by window, point by point.
    private func slow(
        _ points: [Point],
        _ query: UsageQuery,
        now: Int64
    ) -> [String] {
        let to = min(query.to?.microseconds ?? now, now)
        let from = query.from?.microseconds ?? .min
        var sums: [String: Int128] = [:]
        let series = Dictionary(grouping: points.enumerated()) { "\($0.element.subject)|\($0.element.model)" }
        for points in series.values {
            let ordered = points.sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
            for (index, point) in ordered.enumerated() {
                let next = index + 1 < ordered.count ? ordered[index + 1].time : .max
                let end = min(next, to)
                if from <= point.time, point.time < to { add(0, at: point.time, point, query, &sums) }
                var at = max(point.time, from)
                while at < end, point.level != 0 {
                    let window = query.windowSize.map { SlowUsage.window($0, at, query.zone.identifier) }
                    let stop = min(window?.1 ?? end, end)
                    add(Int128(point.level) * Int128(stop - at), at: at, point, query, &sums)
                    at = stop
                }
            }
        }
        return sums.map { "\($0.key): \(SlowUsage.rounded($0.value * 10_000_000_000_000_000, by: 3_600_000_000))" }
            .sorted()
    }

    private func add(
        _ amount: Int128,
        at time: Int64,
        _ point: Point,
        _ query: UsageQuery,
        _ sums: inout [String: Int128]
    ) {
        let window = query.windowSize.map { SlowUsage.window($0, time, query.zone.identifier).0 }
        let start = window.map { "\(Timestamp(microseconds: $0))" } ?? "all"
        let subject = query.groupsBySubject ? point.subject : ""
        let model = query.groupBy.contains("model") ? point.model : ""
        sums["\(start) \(subject) \(model)", default: 0] += amount
    }

    @Test("a level over time is its integral in value-hours, window by window, in any zone", arguments: [1, 2, 3])
    func integrals(seed: UInt64) async throws {
        let fixture = try EngineFixture([
            Sample.meter("gb_hours", .weightedSum, value: "$.gb", groupBy: ["model": "$.model"])
        ])
        var random = SplitMix(seed: seed)
        let start = try #require(Timestamp("2025-03-08T00:00:00Z")).microseconds
        fixture.clock.now = start + 4 * 86_400_000_000
        var points: [Point] = []
        for part in 0..<6 {
            let new = (0..<25).map { _ in
                Point(
                    time: start + Int64(random.next() % 345_600) * 1_000_000 + Int64(random.next() % 3) * 333_333,
                    level: Int(random.next() % 5) * 125,
                    subject: "customer-\(random.next() % 3)",
                    model: "m\(random.next() % 2)"
                )
            }
            let events = new.enumerated().map { index, point in
                Sample.event(
                    "\(part)-\(index)",
                    data: #"{"gb":\#(SlowUsage.decimal(point.level)),"model":"\#(point.model)"}"#,
                    time: "\(Timestamp(microseconds: point.time))",
                    subject: point.subject
                )
            }
            points += new
            try await fixture.post(events)
            if part == 3 { try fixture.restart() }
        }
        let zone = try #require(Zone("America/Los_Angeles"))
        for size in [nil, .minute, .hour, .day, .month] as [WindowSize?] {
            for groupBy in [[], ["subject"], ["model"], ["subject", "model"]] {
                var query = UsageQuery(meter: "gb_hours", windowSize: size, zone: zone, groupBy: groupBy)
                let from = start + Int64(random.next() % 172_800) * 1_000_000 + 17
                query.from = Timestamp(microseconds: from)
                if random.next() % 2 == 0 {
                    query.to = Timestamp(microseconds: from + Int64(random.next() % 86_400_000_000) + 1)
                }
                let rows = try await fixture.engine.query(query).rows
                let found = rows.map { row in
                    let start = size == nil ? "all" : "\(row.window.start)"
                    let subject = row.subject ?? ""
                    return "\(start) \(subject) \(row.dimensions.first ?? ""): \(row.value)"
                }
                #expect(found.sorted() == slow(points, query, now: fixture.clock.now), "seed \(seed): \(query)")
            }
        }
    }

    @Test("a level cannot be split by what is no dimension of its meter")
    func paths() async throws {
        let fixture = try EngineFixture([Sample.meter("gb_hours", .weightedSum, value: "$.gb")])
        await #expect(throws: QueryError.self) {
            _ = try await fixture.engine.query(UsageQuery(meter: "gb_hours", groupBy: ["$.model"]))
        }
    }
}
