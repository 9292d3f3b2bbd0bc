import CloudEvents
import Metering
import Testing

@testable import UsageStore

@Suite struct LevelTests {
    private static let hour: Int64 = 3_600_000_000

    @Test(
        "usage of levels is that of a walk minute by minute, with late events, corrections, checkpoints and restarts",
        arguments: [41, 42, 43]
    )
    func model(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(.weightedSum)
        var model = CountedEvents(.weightedSum)
        var committed = model
        for step in 0..<400 {
            switch random.next() % 10 {
            case 0..<6: try model.add(CountedEvent(&random, fixture.sequence), to: fixture)
            case 6: try model.void(&random, in: fixture)
            case 7: try model.amend(&random, in: fixture)
            case 8:
                try fixture.checkpoint()
                committed = model
            default:
                if random.next() % 8 == 0 {
                    try fixture.reopen()
                    model = committed
                }
            }
            guard step % 40 == 0 else { continue }
            for (from, to) in [(0, 7), (1, 4), (2, 3), (3, 6)] as [(Int64, Int64)] {
                try check(fixture, model, from * Self.hour - 600_000_000, to * Self.hour + 300_000_000, seed)
            }
        }
        try fixture.checkpoint()
        #expect(try fixture.count("level") == model.events.count, "seed \(seed)")
    }

    private func check(
        _ fixture: StoreFixture,
        _ model: CountedEvents,
        _ from: Int64,
        _ to: Int64,
        _ seed: UInt64
    ) throws {
        let rows = try #require(try Self.rows(fixture, groupBy: ["subject"], window: .hour, from: from, to: to))
        var found: [String: ExactDecimal] = [:]
        for row in rows where row.value != .zero {
            found["\(row.window.start.microseconds / Self.hour) \(row.subject ?? "")"] = row.value
        }
        #expect(try found == Self.usage(of: model.events, from: from, to: to), "seed \(seed)")
        let events = model.events.count { (from..<to).contains($0.time) }
        #expect(rows.reduce(0) { $0 + Int($1.events) } == events, "seed \(seed)")
    }

    /// Value-hours by hour and subject. All times are whole minutes, so levels hold for whole minutes.
    private static func usage(
        of events: [CountedEvent],
        from: Int64,
        to: Int64
    ) throws -> [String: ExactDecimal] {
        var usage: [String: ExactDecimal] = [:]
        for (subject, events) in Dictionary(grouping: events, by: \.subject) {
            for minute in stride(from: from, to: to, by: 60_000_000) {
                let before = events.filter { $0.time <= minute }
                let last = before.max { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
                guard let level = try last?.value else { continue }
                let hour = minute >= 0 ? minute / Self.hour : -1
                let place = "\(hour) \(subject)"
                usage[place] = try (usage[place] ?? .zero).adding(level)
            }
        }
        return usage.mapValues { $0.divided(byCount: 60, fractionDigits: 18) }.filter { $0.value != .zero }
    }

    @Test("a level holds through windows without events, and ends with 0")
    func holds() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add("10", ["disk", "m"], time: Self.hour / 2)
        try fixture.add("0", ["disk", "m"], time: 3 * Self.hour)
        let rows = try #require(try Self.rows(fixture, window: .hour, from: 0, to: 9 * Self.hour))
        #expect(try rows.map(\.value) == ["5", "10", "10", "0"].map { try ExactDecimal($0) })
        #expect(rows.map(\.events) == [1, 0, 0, 1])
        let total = try #require(try Self.rows(fixture, from: 0, to: 9 * Self.hour))
        #expect(try total.map(\.value) == [ExactDecimal("25")] && total.map(\.events) == [2])
    }

    @Test("a level that was set before the range counts in it from its beginning")
    func before() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add("3", ["disk", "m"], time: 0)
        try fixture.add("4", ["disk", "m"], time: Self.hour)
        for checkpoint in [false, true] {
            if checkpoint { try fixture.checkpoint() }
            let rows = try #require(try Self.rows(fixture, from: 5 * Self.hour, to: 7 * Self.hour))
            #expect(rows.map(\.value) == [ExactDecimal(8)] && rows.map(\.events) == [0])
        }
    }

    @Test("of two points of one time the later one in the log holds")
    func ties() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add("3", ["disk", "m"], time: 0)
        try fixture.checkpoint()
        try fixture.add("5", ["disk", "m"], time: 0)
        let rows = try #require(try Self.rows(fixture, from: 0, to: 2 * Self.hour))
        #expect(rows.map(\.value) == [ExactDecimal(10)] && rows.map(\.events) == [2])
    }

    @Test("series of one group add up, and those that are filtered out do not")
    func groups() throws {
        let fixture = try StoreFixture(.weightedSum)
        for (subject, model) in [("a", "x"), ("a", "y"), ("b", "x")] {
            try fixture.add("2", [subject, model], time: 0)
        }
        let bySubject = try #require(try Self.rows(fixture, groupBy: ["subject"], from: 0, to: Self.hour))
        #expect(bySubject.map(\.value) == [ExactDecimal(4), ExactDecimal(2)])
        let some = try #require(
            try Self.rows(fixture, filters: ["model": .notEqual("y")], from: 0, to: Self.hour)
        )
        #expect(some.map(\.value) == [ExactDecimal(4)])
    }

    @Test("levels without a first moment begin with the first point")
    func unbounded() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add("2", ["a", "x"], time: Self.hour)
        let rows = try #require(try Self.rows(fixture, from: .min, to: 3 * Self.hour))
        #expect(rows.map(\.value) == [ExactDecimal(4)])
        #expect(rows[0].window.start.microseconds == Self.hour && rows[0].window.end.microseconds == 3 * Self.hour)
    }

    @Test("a usage with more than 38 digits is an overflow, not a rounded number")
    func overflow() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add(String(repeating: "9", count: 36), ["a", "x"], time: 0)
        #expect(try Self.rows(fixture, from: 0, to: 99 * Self.hour)?.count == 1)
        #expect(throws: UsageReadError.overflow) { try Self.rows(fixture, from: 0, to: 1_000 * Self.hour) }
    }

    @Test("a reader whose snapshot is older than the store says so")
    func movedOn() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add("2", ["a", "x"], time: 0)
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: 0..<1))
        try fixture.checkpoint()
        let reader = UsageReader(store: fixture.store, snapshot: snapshot, query: StoreFixture.query(), buckets: 0..<1)
        var sum = UsageAggregation(snapshot: snapshot, query: StoreFixture.query(), rowLimit: 9)
        #expect(try reader.readLevels(from: 0, to: 9, into: &sum) == false)
    }

    @Test("every hour from the first point to now has a revision: the greatest of the changes in it or before it")
    func revisions() throws {
        let fixture = try StoreFixture(.weightedSum)
        for hour in [2, 5, 3] as [Int64] { try fixture.add("2", ["a", "x"], time: hour * Self.hour) }
        try fixture.checkpoint()
        let revisions = fixture.totals.bucketRevisions(of: fixture.meter, now: 7 * Self.hour + 5)
        #expect(revisions.map(\.start) == [2, 3, 4, 5, 6, 7].map { $0 * 3600 })
        #expect(revisions.map(\.lastSequence) == [0, 2, 2, 2, 2, 2])
        let early = fixture.totals.bucketRevisions(of: fixture.meter, now: 4 * Self.hour)
        #expect(early.map(\.start) == [2, 3, 4, 5].map { $0 * 3600 }, "points of the future have their hours too")
    }

    @Test("hours that nobody will ask for are not listed between points of the far past")
    func farPast() throws {
        let fixture = try StoreFixture(.weightedSum)
        try fixture.add("2", ["a", "x"], time: -1_000_000 * Self.hour)
        try fixture.add("2", ["a", "x"], time: 0)
        let revisions = fixture.totals.bucketRevisions(of: fixture.meter, now: Self.hour)
        #expect(revisions.first?.start == -3_600_000_000 && revisions.last?.start == 3600)
        #expect((9_600...9_603).contains(revisions.count))
        #expect(revisions.allSatisfy { $0.start % 3600 == 0 })
    }

    static func rows(
        _ fixture: StoreFixture,
        groupBy: [String] = [],
        window: WindowSize? = nil,
        filters: [String: TextCondition] = [:],
        from: Int64,
        to: Int64
    ) throws -> [UsageRow]? {
        let query = StoreFixture.query(groupBy: groupBy, window: window, filters: filters)
        let everything = Int64.min..<Int64.max
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: everything))
        let reader = UsageReader(store: fixture.store, snapshot: snapshot, query: query, buckets: everything)
        var aggregation = UsageAggregation(snapshot: snapshot, query: query, rowLimit: 1_000)
        guard try reader.readLevels(from: from, to: to, into: &aggregation) else { return nil }
        return try aggregation.rows().sorted(by: UsageRow.precedes)
    }
}
