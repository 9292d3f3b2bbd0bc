import CloudEvents
import Metering
import Testing

@testable import UsageStore

@Suite struct ProjectionTests {
    /// An event with everything that old and new dimensions read.
    private struct Event {
        var sequence: UInt64
        var hour: Int64
        var subject: String
        var model: String
        var region: String
        var zone: String
        var text: String

        init(_ random: inout SplitMix, _ sequence: UInt64, hours: Range<Int64>) {
            self.sequence = sequence
            hour = hours.lowerBound + Int64(random.next() % UInt64(hours.count))
            subject = "customer-\(random.next() % 2)"
            model = "m\(random.next() % 3)"
            region = "r\(random.next() % 3)"
            zone = "z\(random.next() % 3)"
            text = "\(random.next() % 90).\(random.next() % 9)"
        }

        var time: Int64 { StoreFixture.time(hour: hour, second: Int64(sequence % 3_000)) }
    }

    /// The log begins with this event when the dimensions change; the old totals know all of them.
    private static let begins: UInt64 = 200

    @Test(
        "hours the log has are counted anew, older ones keep their totals with the dimensions that stay",
        arguments: [Aggregation.sum, .count, .avg, .min, .max, .latest, .uniqueCount, .p90],
        [61, 62]
    )
    func regrouped(aggregation: Aggregation, seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(aggregation, dimensions: ["model", "region"])
        // Late events: hours 0 to 9 get some after the log begins, hours 10 to 19 have none before.
        var events = (0..<Self.begins).map { Event(&random, $0, hours: 0..<10) }
        events += (Self.begins..<400).map { Event(&random, $0, hours: 5..<20) }
        for event in events { try add(event, to: fixture, aggregation) }
        try fixture.checkpoint()
        let (replacement, refill) = try begin(fixture, dimensions: ["model", "zone"])
        // Others come while it is filled.
        let late = (400..<500 as Range<UInt64>).map { Event(&random, $0, hours: 3..<20) }
        for event in late { try add(event, to: fixture, aggregation) }
        if seed % 2 == 0 { try fixture.checkpoint() }
        var pieces = 0
        while try refill.projectOldBuckets(rowsAtMost: 40) { pieces += 1 }
        #expect(pieces > 1)
        for event in (events + late).dropFirst(Int(Self.begins)) {
            let unique = aggregation == .uniqueCount ? StoreFixture.hash(event.text) : nil
            try StoreFixture.key([event.subject, event.model, event.zone]).withUnsafeBytes {
                let counted = try refill.add(
                    key: $0,
                    value: try ExactDecimal(event.text),
                    unique: unique,
                    time: event.time,
                    sequence: event.sequence
                )
                #expect(counted != (event.hour < 10 && event.sequence < 400))
            }
        }
        try fixture.totals.commit(
            nextSequence: fixture.sequence,
            dedupeRuns: [],
            keepEventsFrom: 0,
            now: 8,
            adopting: refill
        )
        try fixture.adopt()
        for reopened in [false, true] {
            if reopened { try fixture.reopen() }
            try check(fixture, events + late, aggregation, seed)
        }
        #expect(fixture.meter.number == replacement.number && fixture.meter.id == "id")
        let buckets = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: 0..<99_999)?.buckets)
        for bucket in buckets {
            #expect(bucket.projectedBelow == (bucket.start < 36_000 ? 400 : 0))
            #expect((bucket.firstSequence < Self.begins) == (bucket.start < 36_000))
        }
        while try fixture.store.purge(rowsAtMost: 1_000) {}
        try check(fixture, events + late, aggregation, seed)
    }

    private func add(_ event: Event, to fixture: StoreFixture, _ aggregation: Aggregation) throws {
        fixture.sequence = event.sequence
        try fixture.add(
            event.text,
            [event.subject, event.model, event.region],
            time: event.time,
            unique: aggregation == .uniqueCount ? event.text : nil
        )
    }

    private func begin(_ fixture: StoreFixture, dimensions: [String]) throws -> (StoredMeter, MeterRefill) {
        let definition = try StoreFixture.definition(
            fixture.meter.meter.aggregation,
            dimensions: dimensions
        )
        let replacement = try fixture.store.createReplacement(
            of: fixture.meter,
            with: definition,
            fromSequence: Self.begins,
            now: 7
        )
        let refill = try fixture.store.beginRefill(
            of: replacement,
            fromSequence: Self.begins,
            throughSequence: fixture.sequence
        )
        return (replacement, refill)
    }

    /// Compares with a meter that counted each event under the key it should have now.
    private func check(
        _ fixture: StoreFixture,
        _ events: [Event],
        _ aggregation: Aggregation,
        _ seed: UInt64
    ) throws {
        let model = try StoreFixture(aggregation, dimensions: ["model", "zone"])
        for event in events {
            model.sequence = event.sequence
            let zone = event.hour < 10 && event.sequence < 400 ? "" : event.zone
            try model.add(
                event.text,
                [event.subject, event.model, zone],
                time: event.time,
                unique: aggregation == .uniqueCount ? event.text : nil
            )
        }
        for groupBy in [["subject", "model", "zone"], ["zone"], []] {
            let rows = try fixture.rows(groupBy: groupBy, window: .hour)
            #expect(try rows == model.rows(groupBy: groupBy, window: .hour), "seed \(seed)")
        }
    }

    @Test("dimensions that only go leave hours that can still be corrected")
    func dropped() throws {
        let fixture = try StoreFixture(.sum, dimensions: ["model", "region"])
        try fixture.add("2", ["s", "m", "r1"], time: 0)
        try fixture.add("3", ["s", "m", "r2"], time: 0)
        try fixture.checkpoint()
        let (_, refill) = try begin(fixture, dimensions: ["model"])
        while try refill.projectOldBuckets(rowsAtMost: 9) {}
        try fixture.totals.commit(nextSequence: 2, dedupeRuns: [], keepEventsFrom: 0, now: 8, adopting: refill)
        try fixture.adopt()
        #expect(try fixture.rows(groupBy: ["model"])?.map(\.value) == [ExactDecimal(5)])
        #expect(fixture.totals.snapshot(of: fixture.meter, buckets: 0..<1)?.buckets.map(\.projectedBelow) == [0])
        try fixture.edit { edit, slot in
            try StoreFixture.key(["s", "m"]).withUnsafeBytes {
                try edit.subtract(slot, key: $0, value: ExactDecimal(2), time: 0, sequence: 0)
            }
        }
        #expect(try fixture.rows()?.map(\.value) == [ExactDecimal(3)])
    }

    @Test("a dimension of the same name that reads another place is another dimension")
    func otherPath() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("2", ["s", "m"], time: 0)
        try fixture.checkpoint()
        let moved = try Meter(
            slug: "tokens_total",
            eventType: "prompt",
            aggregation: .sum,
            valueProperty: ValuePath("$.tokens"),
            groupBy: [Dimension(name: "model", path: ValuePath("$.other"))]
        )
        let meter = try fixture.store.createReplacement(of: fixture.meter, with: moved, fromSequence: 9, now: 7)
        let refill = try fixture.store.beginRefill(of: meter, fromSequence: 9, throughSequence: 1)
        while try refill.projectOldBuckets(rowsAtMost: 9) {}
        try fixture.totals.commit(nextSequence: 1, dedupeRuns: [], keepEventsFrom: 0, now: 8, adopting: refill)
        try fixture.adopt()
        #expect(try fixture.rows(groupBy: ["model"])?.map(\.dimensions) == [[""]])
    }

    @Test("the meter's ledger, its invalid events and its activity go over to the new number")
    func notes() throws {
        let fixture = try StoreFixture(.sum)
        var counts = MeterLedgerCounts()
        counts.counted = 3
        fixture.totals.record(counts, meter: fixture.meter, day: 5)
        fixture.totals.record(InvalidEvent(sequence: 1, meter: fixture.meter.number, reason: "why"))
        fixture.sequence = 300
        try fixture.checkpoint()
        let (replacement, refill) = try begin(fixture, dimensions: [])
        #expect(replacement.activity == fixture.meter.activity)
        fixture.totals.record(counts, meter: fixture.meter, day: 6)
        fixture.totals.record(InvalidEvent(sequence: 301, meter: fixture.meter.number, reason: "why"))
        try fixture.totals.commit(nextSequence: 302, dedupeRuns: [], keepEventsFrom: 0, now: 8, adopting: refill)
        try fixture.adopt()
        #expect(try fixture.totals.currentLedger(of: fixture.meter) == [5: counts, 6: counts])
        #expect(try fixture.totals.currentInvalidEvents().map(\.meter) == [replacement.number, replacement.number])
        #expect(fixture.meter.activity == [0..<UInt64.max] && fixture.meter.active && fixture.meter.replaces == nil)
        #expect(fixture.meter.refill == RefillNote(from: Self.begins, through: 302))
        #expect(try fixture.store.meters().count == 1)
    }

    @Test("sums that become one and do not fit into 38 digits leave the meter as it was")
    func overflow() throws {
        let fixture = try StoreFixture(.sum)
        for model in ["a", "b"] { try fixture.add(String(repeating: "9", count: 38), ["s", model], time: 0) }
        try fixture.checkpoint()
        let (replacement, refill) = try begin(fixture, dimensions: [])
        let error = #expect(throws: UsageStoreError.self) { try refill.projectOldBuckets(rowsAtMost: 9) }
        #expect(error?.description.contains("38 digits") == true)
        try fixture.store.fail(refillOf: replacement.number, reason: "too many digits", now: 9)
        try fixture.reopen()
        #expect(try fixture.rows(groupBy: ["model"])?.count == 2)
        #expect(fixture.meter.refill == RefillNote(from: Self.begins, failure: "too many digits"))
        #expect(try fixture.store.meters().count == 1)
    }

    @Test("levels that the log has no more can lose a dimension, but not get one")
    func levels() throws {
        let fixture = try StoreFixture(.weightedSum, dimensions: ["model", "region"])
        for (region, hour) in [("r1", 0), ("r2", 1), ("r1", 2)] as [(String, Int64)] {
            try fixture.add("\(hour + 1)", ["disk", "m", region], time: StoreFixture.time(hour: hour))
        }
        try fixture.checkpoint()
        let added = try StoreFixture.definition(.weightedSum, dimensions: ["model", "region", "zone"])
        let more = try fixture.store.createReplacement(of: fixture.meter, with: added, fromSequence: 200, now: 7)
        let error = #expect(throws: UsageStoreError.self) {
            try fixture.store.beginRefill(of: more, fromSequence: 200, throughSequence: 3)
        }
        #expect(error?.description.contains("levels") == true)
        try fixture.store.fail(refillOf: more.number, reason: "levels", now: 8)
        let (_, refill) = try begin(fixture, dimensions: ["model"])
        while try refill.projectOldBuckets(rowsAtMost: 2) {}
        try fixture.totals.commit(nextSequence: 3, dedupeRuns: [], keepEventsFrom: 0, now: 8, adopting: refill)
        try fixture.adopt()
        let rows = try LevelTests.rows(fixture, window: .hour, from: 0, to: StoreFixture.time(hour: 4))
        #expect(rows?.map(\.value) == [1, 2, 3, 3].map { ExactDecimal($0) })
    }

    @Test("only one change of a meter is filled at a time, and the configuration's own definition ends it")
    func oneAtATime() throws {
        let fixture = try StoreFixture(.sum)
        _ = try begin(fixture, dimensions: [])
        #expect(throws: UsageStoreError.self) { try begin(fixture, dimensions: ["zone"]) }
        let request = MeterRequest(meter: fixture.meter.meter, bucketSeconds: 3600)
        let installed = try fixture.store.install([request], fromSequence: 5, now: 5, makeID: { "x" })
        #expect(installed.map(\.number) == [fixture.meter.number])
    }
}
