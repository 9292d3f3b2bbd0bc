import Metering
import Testing

@testable import UsageStore

@Suite struct EditTests {
    @Test(
        "totals after corrections are those of the events that count, wherever checkpoints and restarts fall",
        arguments: [Aggregation.sum, .count, .avg, .p50, .p99, .min, .max, .latest, .uniqueCount],
        [31, 32]
    )
    func model(aggregation: Aggregation, seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(aggregation)
        var model = CountedEvents(aggregation)
        var committed = model
        for step in 0..<1_200 {
            switch random.next() % 10 {
            case 0..<6: try model.add(CountedEvent(&random, fixture.sequence), to: fixture)
            case 6..<8: try model.void(&random, in: fixture)
            case 8: try model.amend(&random, in: fixture)
            default:
                if random.next() % 6 == 0 {
                    try fixture.checkpoint()
                    committed = model
                } else if random.next() % 12 == 0 {
                    try fixture.reopen()
                    model = committed
                }
            }
            if step % 200 == 0 { try model.check(fixture, "seed \(seed) step \(step)") }
        }
        try fixture.checkpoint()
        try fixture.reopen()
        try model.check(fixture, "seed \(seed)")
        #expect(try fixture.count("total") == model.places, "seed \(seed)")
    }

    @Test("an edit that fails in one place changes nothing in the others")
    func allOrNone() throws {
        let fixture = try StoreFixture(.sum)
        let most = String(repeating: "9", count: 38)
        try fixture.add("5", subject: "a", model: "m", hour: 0)
        try fixture.add(most, subject: "b", model: "m", hour: 0)
        let slot = try #require(fixture.totals.slot(of: fixture.meter))
        var edit = fixture.totals.edit(revision: 9)
        try StoreFixture.key(["a", "m"]).withUnsafeBytes {
            try edit.subtract(slot, key: $0, value: ExactDecimal(5), time: 0, sequence: 0)
        }
        let error = try #require(throws: TotalsEditError.self) {
            try StoreFixture.key(["b", "m"]).withUnsafeBytes {
                try edit.add(slot, key: $0, value: .one, unique: nil, time: 0, sequence: 0)
            }
        }
        guard case .overflow = error else { throw error }
        #expect(try fixture.rows(groupBy: ["subject"])?.map(\.value) == [ExactDecimal(5), try ExactDecimal(most)])
        #expect(fixture.totals.bucketRevisions(of: fixture.meter).map(\.lastSequence) == [1])
    }

    @Test("an event that the total does not have is not taken out of it")
    func missing() throws {
        let fixture = try StoreFixture(.count)
        try fixture.add("1", subject: "a", model: "m", hour: 0)
        let slot = try #require(fixture.totals.slot(of: fixture.meter))
        var edit = fixture.totals.edit(revision: 9)
        #expect(throws: TotalsEditError.self) {
            try StoreFixture.key(["a", "other"]).withUnsafeBytes {
                try edit.subtract(slot, key: $0, value: .one, time: 0, sequence: 0)
            }
        }
        fixture.totals.apply(edit)
        #expect(try fixture.rows()?.map(\.value) == [.one])
    }

    @Test("an edit sees what it staged before")
    func staged() throws {
        let fixture = try StoreFixture(.max)
        try fixture.add("3", subject: "a", model: "m", hour: 1)
        try fixture.add("7", subject: "a", model: "m", hour: 1)
        try fixture.checkpoint()
        try fixture.edit { edit, slot in
            try StoreFixture.key(["a", "m"]).withUnsafeBytes { key in
                let time = StoreFixture.time(hour: 1)
                #expect(try edit.total(slot, key: key, time: time)?.value == ExactDecimal(7))
                try edit.drop(slot, key: key, time: time)
                #expect(try edit.total(slot, key: key, time: time)?.count == 1)
                #expect(edit.bucket(slot, time: time)?.firstSequence == 0)
                #expect(edit.bucket(slot, time: 0) == nil)
            }
        }
        #expect(fixture.totals.bucketRevisions(of: fixture.meter).map(\.lastSequence) == [2])
    }

    @Test("a bucket of which every event is voided keeps its revision and has no totals")
    func emptied() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("5", subject: "a", model: "m", hour: 0)
        try fixture.checkpoint()
        try fixture.edit { edit, slot in
            try StoreFixture.key(["a", "m"]).withUnsafeBytes {
                try edit.subtract(slot, key: $0, value: ExactDecimal(5), time: 0, sequence: 0)
            }
        }
        #expect(try fixture.rows() == [])
        try fixture.checkpoint()
        #expect(try fixture.count("total") == 0)
        #expect(fixture.totals.bucketRevisions(of: fixture.meter).map(\.lastSequence) == [1])
    }

    @Test("an event that moves into an older hour makes that hour depend on the log from that event on")
    func firstSequence() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("5", subject: "a", model: "m", hour: 5)
        for _ in 0..<3 { try fixture.add("5", subject: "a", model: "m", hour: 2) }
        try fixture.checkpoint()
        try fixture.edit { edit, slot in
            try StoreFixture.key(["a", "m"]).withUnsafeBytes {
                let time = StoreFixture.time(hour: 2)
                try edit.add(slot, key: $0, value: .one, unique: nil, time: time, sequence: 0)
            }
        }
        try fixture.checkpoint()
        try fixture.reopen()
        let buckets = fixture.totals.snapshot(of: fixture.meter, buckets: 0..<99_999)?.buckets
        #expect(buckets?.map(\.start) == [7_200, 18_000])
        #expect(buckets?.map(\.firstSequence) == [0, 0] && buckets?.map(\.lastSequence) == [4, 0])
    }

    @Test("unique values that were counted again replace those of the store, before and after the checkpoint")
    func recounted() throws {
        let fixture = try StoreFixture(.uniqueCount)
        for user in ["u1", "u2", "u3"] { try fixture.add("1", subject: "a", model: "m", hour: 0, unique: user) }
        try fixture.checkpoint()
        try fixture.edit { edit, slot in
            try StoreFixture.key(["a", "m"]).withUnsafeBytes {
                let total = Accumulator(value: .zero, count: 2, time: 0, sequence: 0)
                let hashes = Set(["u1", "u2"].map(StoreFixture.hash))
                try edit.replace(slot, key: $0, time: 0, total: total, uniqueValues: hashes)
                try edit.add(
                    slot,
                    key: $0,
                    value: .one,
                    unique: StoreFixture.hash("u9"),
                    time: 0,
                    sequence: 2
                )
            }
        }
        #expect(try fixture.rows()?.map(\.value) == [ExactDecimal(3)])
        try fixture.checkpoint()
        try fixture.reopen()
        #expect(try fixture.rows()?.map(\.value) == [ExactDecimal(3)])
        #expect(try fixture.count("unique_value") == 3)
    }
}
