import CloudEvents
import Metering
import Testing

@testable import UsageStore

@Suite struct ReadingTests {
    @Test(
        "whole hours from the totals and single events from the log give the answer of one dictionary",
        arguments: [Aggregation.sum, .count, .avg, .min, .max, .latest, .uniqueCount, .p90],
        [71, 72]
    )
    func mixed(aggregation: Aggregation, seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(aggregation)
        var model = CountedEvents(aggregation)
        for step in 0..<600 {
            try model.add(CountedEvent(&random, fixture.sequence), to: fixture)
            if step == 300 { try fixture.checkpoint() }
        }
        // From the middle of hour 1 to the middle of hour 4: hours 2 and 3 are whole.
        let from = StoreFixture.time(hour: 1, second: 1_800)
        let to = StoreFixture.time(hour: 4, second: 1_800)
        for groupBy in [[], ["subject"], ["model", "subject"]] {
            let query = StoreFixture.query(groupBy: groupBy, filters: ["subject": .notEqual("customer-1")])
            var sum = try self.aggregation(fixture, query)
            #expect(try reader(fixture, query).read([7_200..<14_400], into: &sum))
            #expect(sum.seenBuckets == 7_200...10_800)
            let asked = model.events.filter { (from..<to).contains($0.time) && $0.subject != "customer-1" }
            for event in asked {
                guard !(2...3).contains(event.hour) else { continue }
                let parts = (query.groupsBySubject ? [event.subject] : []) + query.dimensionNames.map { _ in "m" }
                try StoreFixture.key(parts).withUnsafeBytes {
                    try sum.add(
                        time: event.time,
                        sequence: event.sequence,
                        group: $0,
                        value: event.value,
                        unique: aggregation == .uniqueCount ? StoreFixture.hash(event.text) : nil,
                        cell: aggregation.keepsCells ? QuantileCell(event.value) : nil
                    )
                }
            }
            var found: [String: ExactDecimal] = [:]
            for row in try sum.rows() { found[row.subject ?? ""] = row.value }
            let groups = Dictionary(grouping: asked) { query.groupsBySubject ? $0.subject : "" }
            #expect(try found == groups.mapValues(model.result), "seed \(seed)")
        }
    }

    @Test("windows of a zone are filled from hours and events alike")
    func windows() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", ["s", "m"], time: StoreFixture.time(hour: 22))
        try fixture.add("2", ["s", "m"], time: StoreFixture.time(hour: 23))
        var query = StoreFixture.query(window: .day)
        query.zone = try #require(Zone("Europe/Berlin"))
        var sum = try aggregation(fixture, query)
        #expect(try reader(fixture, query).read([79_200..<82_800], into: &sum))
        try sum.add(
            time: StoreFixture.time(hour: 23),
            sequence: 1,
            group: UnsafeRawBufferPointer(start: nil, count: 0),
            value: ExactDecimal(2),
            unique: nil,
            cell: nil
        )
        let rows = try sum.rows().sorted(by: UsageRow.precedes)
        #expect(rows.map(\.value) == [.one, ExactDecimal(2)], "23:00 UTC is the next day in Berlin")
        #expect(rows.map(\.window.start.microseconds) == [-1, 23].map { StoreFixture.time(hour: $0) })
    }

    @Test("an answer without bounds reaches from the first bucket or minute to the last, or as it is told")
    func bounds() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", ["s", "m"], time: StoreFixture.time(hour: 5))
        let query = StoreFixture.query()
        var sum = try aggregation(fixture, query)
        #expect(try reader(fixture, query).read([0..<99_999], into: &sum))
        try sum.add(
            time: StoreFixture.time(hour: 2, second: 90),
            sequence: 1,
            group: UnsafeRawBufferPointer(start: nil, count: 0),
            value: .one,
            unique: nil,
            cell: nil
        )
        let window = try #require(try sum.rows().first?.window)
        #expect(window.start.microseconds == StoreFixture.time(hour: 2, second: 60))
        #expect(window.end.microseconds == StoreFixture.time(hour: 6))
        let told = TimeWindow(start: window.start, end: window.start)
        #expect(try sum.rows(bounds: told).map(\.window) == [told])
    }

    @Test("conditions on dimensions decide which series are read")
    func conditions() throws {
        let fixture = try StoreFixture(.count)
        for model in ["gpt-4", "gpt-3", "claude", ""] { try fixture.add("1", subject: "s", model: model, hour: 0) }
        try fixture.checkpoint()
        try fixture.add("1", subject: "t", model: "gpt-4", hour: 0)
        let asked: [(TextCondition, Int)] = [
            (.like("gpt%"), 3), (.notEqual("gpt-4"), 3), (.any([.equal(""), .greater("gpt-3")]), 3), (.noneOf([]), 5),
        ]
        for (condition, count) in asked {
            #expect(try fixture.rows(filters: ["model": condition])?.map(\.value) == [ExactDecimal(count)])
        }
        let rows = try fixture.rows(subjects: ["t"], filters: ["model": .like("%4"), "subject": .equal("t")])
        #expect(rows?.map(\.value) == [.one] && rows?.map(\.subject) == ["t"])
    }

    @Test("the texts of a part are those of the series that counted in the buckets asked for")
    func parts() throws {
        let fixture = try StoreFixture(.sum)
        for (subject, hour) in [("a", 0), ("b", 1), ("客户", 2), ("", 2)] as [(String, Int64)] {
            try fixture.add("1", subject: subject, model: "m-\(subject)", hour: hour)
            if hour == 1 { try fixture.checkpoint() }
        }
        let query = StoreFixture.query()
        func texts(_ part: Int, _ ranges: [Range<Int64>], limit: Int = 9) throws -> Set<String>? {
            let found = try reader(fixture, query).parts(at: part, ranges: ranges, limit: limit)
            return found.map { Set($0.map { String(decoding: $0, as: UTF8.self) }) }
        }
        #expect(try texts(0, [0..<99_999]) == ["a", "b", "客户", ""])
        #expect(try texts(1, [0..<3_600, 7_200..<10_800]) == ["m-a", "m-客户", "m-"])
        #expect(throws: UsageReadError.tooManyRows(3)) { try texts(0, [0..<99_999], limit: 2) }
        try fixture.edit { edit, slot in
            try StoreFixture.key(["b", "m-b"]).withUnsafeBytes {
                try edit.subtract(slot, key: $0, value: .one, time: StoreFixture.time(hour: 1), sequence: 1)
            }
        }
        #expect(try texts(0, [0..<99_999]) == ["a", "客户", ""], "a subject whose only event was voided is not listed")
    }

    @Test("a read that takes too long ends with an error, wherever it is")
    func deadline() throws {
        let fixture = try StoreFixture(.sum)
        for number in 0..<5_000 { try fixture.add("1", subject: "s\(number)", model: "m", hour: 0) }
        try fixture.checkpoint()
        try fixture.reopen()
        let query = StoreFixture.query()
        let past = ContinuousClock.now - .seconds(1)
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: 0..<9_999))
        var sum = UsageAggregation(snapshot: snapshot, query: query, rowLimit: 9, deadline: past)
        let reader = try reader(fixture, query, deadline: past)
        #expect(throws: UsageReadError.tooLong) { try reader.read([0..<9_999], into: &sum) }
        #expect(throws: UsageReadError.tooLong) { try reader.rows() }
        #expect(throws: UsageReadError.tooLong) { try reader.parts(at: 0, ranges: [0..<9_999], limit: 99_999) }
        #expect(throws: UsageReadError.tooLong) { try sum.rows() }
    }

    @Test("an answer with more rows than the limit is refused while it is read")
    func rowLimit() throws {
        let fixture = try StoreFixture(.sum)
        for number in 0..<20 { try fixture.add("1", subject: "s\(number)", model: "m", hour: 0) }
        let query = StoreFixture.query(groupBy: ["subject"])
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: 0..<9_999))
        var sum = UsageAggregation(snapshot: snapshot, query: query, rowLimit: 10)
        #expect(throws: UsageReadError.tooManyRows(11)) {
            try reader(fixture, query).read([0..<9_999], into: &sum)
        }
    }

    @Test("lists have what memory and the store have, page by page")
    func lists() throws {
        let fixture = try StoreFixture(.sum)
        for sequence in 1..<9 as Range<UInt64> {
            fixture.totals.record(EventConflict(sequence: sequence, firstSequence: 0))
            fixture.totals.record(BlockTests.correction(sequence + 20, of: sequence % 3, .amend))
            fixture.totals.record(InvalidEvent(sequence: sequence, meter: 1, reason: "why \(sequence)"))
            if sequence == 5 { try fixture.checkpoint() }
        }
        let (totals, store) = (fixture.totals, fixture.store)
        #expect(try totals.conflictsSnapshot(before: nil, limit: 4).load(from: store)?.map(\.sequence) == [8, 7, 6, 5])
        #expect(try totals.conflictsSnapshot(before: 7, limit: 3).load(from: store)?.map(\.sequence) == [6, 5, 4])
        #expect(try totals.conflictsSnapshot(before: 1, limit: 3).load(from: store) == [])
        #expect(try totals.conflictsSnapshot(of: [8, 2, 99]).load(from: store)?.map(\.sequence) == [2, 8])
        let page = try totals.correctionsSnapshot(before: 27, limit: 3).load(from: store)
        #expect(page?.map(\.sequence) == [26, 25, 24])
        let newest = try totals.correctionsSnapshot(before: nil, limit: 5).load(from: store)
        #expect(newest?.map(\.sequence) == [28, 27, 26, 25, 24])
        let ofEvents = try totals.correctionsSnapshot(ofEvents: [0, 2]).load(from: store)
        #expect(ofEvents?.map(\.sequence) == [22, 23, 25, 26, 28])
        #expect(try totals.invalidSnapshot(in: 4..<8).load(from: store)?.map(\.sequence) == [4, 5, 6, 7])
        #expect(try totals.invalidSnapshot(of: [7, 3]).load(from: store)?.map(\.reason) == ["why 3", "why 7"])
        #expect(try totals.currentInvalidEvents().count == 8)
        let snapshot = totals.conflictsSnapshot(before: nil, limit: 4)
        try fixture.checkpoint()
        #expect(try snapshot.load(from: store) == nil)
    }

    private func aggregation(_ fixture: StoreFixture, _ query: UsageQuery) throws -> UsageAggregation {
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: 0..<Int64.max))
        return UsageAggregation(snapshot: snapshot, query: query, rowLimit: 1_000)
    }

    private func reader(
        _ fixture: StoreFixture,
        _ query: UsageQuery,
        deadline: ContinuousClock.Instant? = nil
    ) throws -> UsageReader {
        let all = 0..<Int64.max
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: all))
        return UsageReader(
            store: fixture.store,
            snapshot: snapshot,
            query: query,
            buckets: all,
            deadline: deadline
        )
    }
}
