import CloudEvents
import Foundation
import Metering
import Testing

@testable import UsageStore

@Suite struct TotalsTests {
    @Test(
        "sums by subject and day are those of a plain dictionary, wherever checkpoints and restarts fall",
        arguments: [1, 2, 3]
    )
    func model(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(.sum)
        var model: [String: ExactDecimal] = [:]
        var committed = model
        for step in 0..<3000 {
            let subject = "customer-\(random.next() % 7)"
            let hour = Int64(random.next() % 60)
            let value = "\(random.next() % 1000).\(random.next() % 100)"
            try fixture.add(value, subject: subject, model: "model-\(random.next() % 3)", hour: hour)
            let key = "\(hour / 24) \(subject)"
            model[key] = try (model[key] ?? .zero).adding(try ExactDecimal(value))
            if random.next() % 200 == 0 {
                try fixture.checkpoint()
                committed = model
            }
            if random.next() % 500 == 0 {
                try fixture.reopen()
                model = committed
            }
            if step % 250 == 0 { try check(fixture, model, seed: seed) }
        }
        try check(fixture, model, seed: seed)
    }

    private func check(_ fixture: StoreFixture, _ model: [String: ExactDecimal], seed: UInt64) throws {
        let rows = try #require(try fixture.rows(groupBy: ["subject"], window: .day))
        var found: [String: ExactDecimal] = [:]
        for row in rows { found["\(row.window.start.microseconds / 86_400_000_000) \(row.subject ?? "")"] = row.value }
        #expect(found == model, "seed \(seed)")
    }

    @Test("unique values of several hours and both sides of a checkpoint are counted once")
    func uniqueValues() throws {
        let fixture = try StoreFixture(.uniqueCount)
        for (hour, user) in [(0, "u1"), (0, "u2"), (1, "u1")] {
            try fixture.add("1", subject: "s", model: "m", hour: Int64(hour), unique: user)
        }
        try fixture.checkpoint()
        for (hour, user) in [(1, "u2"), (2, "u3"), (0, "u1")] {
            try fixture.add("1", subject: "s", model: "m", hour: Int64(hour), unique: user)
        }
        #expect(try fixture.rows()?.map(\.value) == [ExactDecimal(3)])
        #expect(
            try fixture.rows(window: .hour)?.sorted(by: UsageRow.precedes).map(\.value)
                == [2, 2, 1].map { ExactDecimal($0) }
        )
        try fixture.checkpoint()
        try fixture.reopen()
        #expect(try fixture.rows()?.map(\.value) == [ExactDecimal(3)])
    }

    @Test("the latest value is that of the greatest time, after a restart too")
    func latest() throws {
        let fixture = try StoreFixture(.latest)
        try fixture.add("5", subject: "a", model: "m", hour: 9)
        try fixture.checkpoint()
        try fixture.reopen()
        try fixture.add("7", subject: "b", model: "m", hour: 3)
        #expect(try fixture.rows()?.map(\.value) == [ExactDecimal(5)])
    }

    @Test("an event whose sum would not be exact is refused and the total stays")
    func overflow() throws {
        let fixture = try StoreFixture(.sum)
        let most = "9" + String(repeating: "9", count: 37)
        try fixture.add(most, subject: "s", model: "m", hour: 0)
        #expect(throws: TotalsError.self) { try fixture.add("0.5", subject: "s", model: "m", hour: 0) }
        #expect(try fixture.rows()?.map(\.value.description) == [most])
    }

    @Test("a reader whose snapshot is older than the store says so")
    func movedOn() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        let everything = Int64.min..<Int64.max
        let snapshot = try #require(fixture.totals.snapshot(of: fixture.meter, buckets: everything))
        try fixture.checkpoint()
        let query = UsageQuery(
            meter: "tokens_total",
            from: nil,
            to: nil,
            windowSize: nil,
            zone: .utc,
            subjects: [],
            groupBy: [],
            filters: [:]
        )
        let reader = UsageReader(store: fixture.store, snapshot: snapshot, query: query, buckets: everything)
        #expect(try reader.rows() == nil)
        #expect(try fixture.rows()?.count == 1)
    }

    @Test("subjects with quotes, slashes and other scripts come back as they were")
    func subjects() throws {
        let fixture = try StoreFixture(.sum)
        let subjects = ["a\"b", "50%", "a/b", "客户", "", "\u{E9}", "e\u{301}"]
        for subject in subjects { try fixture.add("1", subject: subject, model: "m", hour: 0) }
        try fixture.checkpoint()
        try fixture.reopen()
        let rows = try #require(try fixture.rows(groupBy: ["subject"]))
        #expect(Set(rows.compactMap { $0.subject.map { Array($0.utf8) } }) == Set(subjects.map { Array($0.utf8) }))
        #expect(rows.allSatisfy { $0.value == .one }, "composed and decomposed letters are different subjects")
        #expect(try fixture.rows(subjects: ["客户"])?.count == 1)
    }

    @Test("a changed bucket is told by the sequence number of its last event")
    func revisions() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        try fixture.add("1", subject: "s", model: "m", hour: 5)
        try fixture.checkpoint()
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        let revisions = fixture.totals.bucketRevisions(of: fixture.meter)
        #expect(revisions.map(\.start) == [0, 18000])
        #expect(revisions.map(\.lastSequence) == [2, 1])
    }
}

/// A generator whose whole sequence follows from its seed (SplitMix64).
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
