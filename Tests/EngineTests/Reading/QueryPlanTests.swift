import CloudEvents
import Metering
import Testing

@testable import Engine

@Suite struct QueryPlanTests {
    private static let hour: Int64 = 3_600
    /// 2025-06-07T00:00:00Z.
    private static let day: Int64 = 1_749_254_400

    /// Hours of the day that have been counted into; hour h has events 100 h to 100 h + 9.
    private func plan(
        _ hours: [Int64],
        from: String? = nil,
        to: String? = nil,
        window: WindowSize? = nil,
        zone: String = "UTC",
        groupBy: [String] = [],
        filters: [String: TextCondition] = [:],
        logBegins: UInt64 = 0
    ) throws -> QueryPlan {
        let query = UsageQuery(
            meter: "m",
            from: from.flatMap { Timestamp("2025-06-07T\($0)Z") },
            to: to.flatMap { Timestamp("2025-06-07T\($0)Z") },
            windowSize: window,
            zone: try #require(Zone(zone)),
            groupBy: groupBy,
            filters: filters
        )
        let buckets = hours.map { hour in
            QueryPlan.Bucket(
                start: Self.day + hour * Self.hour,
                firstSequence: UInt64(hour) * 100,
                lastSequence: UInt64(hour) * 100 + 9
            )
        }
        return QueryPlan(query, buckets: buckets, width: Self.hour, logBegins: logBegins)
    }

    private func hours(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        ranges.map { ($0.lowerBound - Self.day) / Self.hour..<($0.upperBound - Self.day) / Self.hour }
    }

    @Test("whole hours come from the totals, neighbours together")
    func whole() throws {
        let plan = try plan([0, 1, 2, 5, 6, 23], from: "00:00:00", to: "23:00:00", window: .hour)
        #expect(hours(plan.whole) == [0..<3, 5..<7])
        #expect(plan.cut.isEmpty)
    }

    @Test("of the buckets that from and to cut only the part inside is read")
    func bounds() throws {
        let plan = try plan([1, 2, 3, 4], from: "01:30:00", to: "04:00:00.000001")
        #expect(hours(plan.whole) == [2..<4])
        let start = Self.day * 1_000_000
        #expect(
            plan.cut == [
                EventSpan(times: start + 5_400_000_000..<start + 7_200_000_000, sequences: 100..<110),
                EventSpan(times: start + 14_400_000_000..<start + 14_400_000_001, sequences: 400..<410),
            ]
        )
    }

    @Test("one bucket that both bounds cut is read once")
    func within() throws {
        let plan = try plan([1], from: "01:10:00", to: "01:20:00")
        #expect(plan.whole.isEmpty)
        #expect(plan.cut.map { $0.times.count } == [600_000_000])
    }

    @Test(
        "hours that the days of a zone cut are read, and no others",
        arguments: ["Asia/Kathmandu", "America/St_Johns"]
    )
    func zones(name: String) throws {
        let plan = try plan(Array(0..<24), window: .day, zone: name)
        // Midnight is 18:15 UTC in Kathmandu and 02:30 UTC in St John's in summer.
        let cut: Int64 = name == "Asia/Kathmandu" ? 18 : 2
        #expect(hours(plan.whole) == [0..<cut, cut + 1..<24])
        #expect(plan.cut.map(\.sequences) == [UInt64(cut) * 100..<UInt64(cut) * 100 + 10])
    }

    @Test("minutes, and places in the data that are no dimensions, are read whole, as one stretch")
    func everything() throws {
        for plan in [
            try plan([1, 2, 3, 7], window: .minute), try plan([1, 2, 3, 7], window: .day, groupBy: ["$.a"]),
            try plan([1, 2, 3, 7], filters: ["$.a": .equal("x")]),
        ] {
            #expect(plan.whole.isEmpty)
            #expect(plan.cut.map(\.sequences) == [100..<310, 700..<710])
        }
    }

    @Test("a bucket of which the log has lost events cannot be cut; the first moment that can be answered is its end")
    func lost() throws {
        #expect(try plan([1, 2, 3], window: .hour, logBegins: 201).unreadableBelow == nil)
        #expect(try plan([1, 2, 3], window: .minute, logBegins: 201).unreadableBelow == Self.day + 3 * Self.hour)
        #expect(try plan([1, 2, 3], window: .minute, logBegins: 200).unreadableBelow == Self.day + 2 * Self.hour)
        #expect(try plan([1, 2, 3], from: "03:00:00", window: .minute, logBegins: 201).unreadableBelow == nil)
        #expect(try plan([1, 2, 3], from: "02:59:00", logBegins: 201).unreadableBelow == Self.day + 3 * Self.hour)
    }

    @Test("spans find the stretch of a time, and blocks that can have events of one")
    func spans() {
        var spans = EventSpans([
            EventSpan(times: 10..<20, sequences: 0..<5), EventSpan(times: 30..<40, sequences: 100..<110),
        ])
        for time in 0..<50 as Range<Int64> {
            #expect(spans.contains(time) == ((10..<20).contains(time) || (30..<40).contains(time)))
        }
        for time in (0..<50 as Range<Int64>).reversed() {
            #expect(spans.contains(time) == ((10..<20).contains(time) || (30..<40).contains(time)))
        }
        #expect(spans.wants(0..<5, 0...10))
        #expect(!spans.wants(0..<5, 0...9))
        #expect(!spans.wants(0..<5, 20...35))
        #expect(spans.wants(0..<101, 20...35))
        #expect(!spans.wants(0..<200, 20...29))
        #expect(!EventSpans([]).wants(0..<200, 0...100))
    }
}
