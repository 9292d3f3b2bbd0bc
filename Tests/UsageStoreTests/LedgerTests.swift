import Metering
import Testing

@testable import UsageStore

@Suite struct LedgerTests {
    private static let day: Int32 = 20_000

    @Test("each source has a line of its own, and those beyond the day's limit share the one without a source")
    func limit() throws {
        let fixture = try StoreFixture(.sum)
        let sources = (0..<LedgerKey.sourcesADay + 5).map { "urn:example:\($0)" }
        for source in sources.prefix(600) { try record(fixture, source) }
        try fixture.checkpoint()
        for source in sources { try record(fixture, source) }
        let ledger = try fixture.totals.currentLedger()
        #expect(ledger.count == LedgerKey.sourcesADay + 1)
        #expect(ledger[LedgerKey(origin: 0, day: Self.day)]?.stored == 5)
        #expect(ledger[LedgerKey(origin: 0, day: Self.day, source: sources[0])]?.stored == 2)
        #expect(ledger.values.reduce(0) { $0 + $1.stored } == 600 + sources.count)
    }

    @Test("another day and another origin have room of their own")
    func rooms() throws {
        let fixture = try StoreFixture(.sum)
        for number in 0...LedgerKey.sourcesADay { try record(fixture, "urn:example:\(number)") }
        try record(fixture, "urn:example:new", day: Self.day + 1)
        try record(fixture, "urn:example:new", origin: 1)
        let ledger = try fixture.totals.currentLedger()
        #expect(ledger[LedgerKey(origin: 0, day: Self.day + 1, source: "urn:example:new")]?.stored == 1)
        #expect(ledger[LedgerKey(origin: 1, day: Self.day, source: "urn:example:new")]?.stored == 1)
    }

    @Test("a replay gives the same lines as the first time, wherever the crash was", arguments: [21, 22, 23])
    func replay(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let events = (0..<4_000).map { _ in "urn:example:\(random.next() % 1_500)" }
        let straight = try StoreFixture(.sum)
        for source in events { try record(straight, source) }
        let broken = try StoreFixture(.sum)
        while broken.sequence < events.count {
            try record(broken, events[Int(broken.sequence)])
            broken.sequence += 1
            if random.next() % 300 == 0 { try broken.checkpoint() }
            if random.next() % 700 == 0 { try broken.reopen() }
        }
        #expect(try broken.totals.currentLedger() == straight.totals.currentLedger(), "seed \(seed)")
    }

    @Test("sources that Swift takes for equal are different lines")
    func canonicalEquivalence() throws {
        let fixture = try StoreFixture(.sum)
        for source in ["urn:\u{E9}", "urn:e\u{301}"] { try record(fixture, source) }
        try fixture.checkpoint()
        #expect(try fixture.totals.currentLedger().count == 2)
        #expect(try fixture.totals.currentLedger().values.allSatisfy { $0.stored == 1 })
    }

    @Test("what is refused at the door is in the line without a source")
    func rejected() throws {
        let fixture = try StoreFixture(.sum)
        var counts = LedgerCounts()
        counts.rejected = 3
        fixture.totals.record(counts, origin: 1, day: Self.day)
        fixture.totals.record(counts, at: LedgerKey(origin: 1, day: Self.day))
        #expect(try fixture.totals.currentLedger() == [LedgerKey(origin: 1, day: Self.day): Self.counts(rejected: 6)])
    }

    @Test("a correction is noted in the line its event was counted in, and makes no new one")
    func correctionLine() throws {
        let fixture = try StoreFixture(.sum)
        try record(fixture, "urn:example:known")
        try fixture.checkpoint()
        try fixture.reopen()
        for source in ["urn:example:known", "urn:example:beyond the limit"] {
            try correct(fixture, source, event: 5)
        }
        let ledger = try fixture.totals.currentLedger()
        #expect(ledger.count == 2)
        #expect(ledger[LedgerKey(origin: 0, day: Self.day, source: "urn:example:known")]?.voided == 1)
        #expect(ledger[LedgerKey(origin: 0, day: Self.day)]?.voided == 1)
        #expect(ledger.values.allSatisfy { $0.amended == 0 })
    }

    @Test("an event of the days before lines had sources is corrected in the line without one")
    func correctionOfOldEvent() throws {
        let directory = try OldStore.make(format: 2)
        defer { OldStore.remove(directory) }
        let totals = try UsageStore(directory: directory).totals()
        let source = Array("urn:example:app".utf8)
        try source.withUnsafeBytes { bytes in
            let line = try totals.ledgerLine(origin: 1, day: Self.day, source: bytes)
            totals.record(Self.counts(stored: 1), at: line)
            for event in [41, 42] as [UInt64] {
                totals.record(
                    Self.counts(voided: 1),
                    at: try totals.correctionLine(origin: 1, day: Self.day, source: bytes, event: event)
                )
            }
        }
        let ledger = try totals.currentLedger()
        #expect(ledger[LedgerKey(origin: 1, day: Self.day)]?.voided == 1)
        #expect(ledger[LedgerKey(origin: 1, day: Self.day, source: "urn:example:app")]?.voided == 1)
    }

    @Test("the lines of some days are read without the others")
    func days() throws {
        let fixture = try StoreFixture(.sum)
        for day in Self.day..<Self.day + 4 {
            try record(fixture, "urn:example:app", day: day)
            if day == Self.day + 1 { try fixture.checkpoint() }
        }
        let snapshot = fixture.totals.ledgerSnapshot(days: Self.day + 1..<Self.day + 3)
        #expect(try snapshot.load(from: fixture.store)?.keys.map(\.day).sorted() == [Self.day + 1, Self.day + 2])
        try fixture.checkpoint()
        #expect(try snapshot.load(from: fixture.store) == nil)
    }

    @Test("a meter's ledger says what corrections took out and put in")
    func meterLedger() throws {
        let fixture = try StoreFixture(.sum)
        var counts = MeterLedgerCounts()
        counts.counted = 5
        counts.invalid = 1
        fixture.totals.record(counts, meter: fixture.meter, day: Self.day)
        try fixture.checkpoint()
        counts = MeterLedgerCounts()
        counts.withdrawn = 3
        counts.restored = 1
        fixture.totals.record(counts, meter: fixture.meter, day: Self.day)
        let line = try fixture.totals.currentLedger(of: fixture.meter)[Self.day]
        #expect(line?.matched == 6 && line?.total == 3)
        try fixture.checkpoint()
        #expect(try fixture.totals.meterLedgerSnapshot(of: fixture.meter).load(from: fixture.store)?[Self.day] == line)
    }

    private func record(
        _ fixture: StoreFixture,
        _ source: String,
        origin: UInt8 = 0,
        day: Int32 = LedgerTests.day
    ) throws {
        try Array(source.utf8).withUnsafeBytes { bytes in
            let line = try fixture.totals.ledgerLine(origin: origin, day: day, source: bytes)
            fixture.totals.record(Self.counts(stored: 1), at: line)
        }
    }

    private func correct(_ fixture: StoreFixture, _ source: String, event: UInt64) throws {
        try Array(source.utf8).withUnsafeBytes { bytes in
            let line = try fixture.totals.correctionLine(origin: 0, day: Self.day, source: bytes, event: event)
            fixture.totals.record(Self.counts(voided: 1), at: line)
        }
    }

    private static func counts(stored: Int = 0, rejected: Int = 0, voided: Int = 0) -> LedgerCounts {
        var counts = LedgerCounts()
        counts.stored = stored
        counts.rejected = rejected
        counts.voided = voided
        return counts
    }
}
