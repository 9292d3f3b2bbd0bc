import GRDB
import Metering
import Testing

@testable import UsageStore

@Suite struct RefillTests {
    private static let source = "urn:example:app"
    private static let day: Int32 = 20_000

    /// A new meter that is being filled beside the fixture's.
    private func fill(_ fixture: StoreFixture, _ aggregation: Aggregation = .sum) throws -> (StoredMeter, MeterRefill) {
        let meter = try fixture.store.create(
            MeterRequest(meter: try StoreFixture.definition(aggregation, slug: "new"), bucketSeconds: 3600),
            ownership: .api,
            fromSequence: 2,
            filling: true,
            now: 5,
            id: "id-new"
        )
        let refill = try fixture.store.beginRefill(of: meter, fromSequence: 2, throughSequence: fixture.sequence)
        return (meter, refill)
    }

    private func adopt(_ fixture: StoreFixture, _ refill: MeterRefill) throws {
        try fixture.totals.commit(
            nextSequence: fixture.sequence,
            dedupeRuns: [],
            keepEventsFrom: 0,
            now: 8,
            adopting: refill
        )
        try fixture.adopt()
    }

    private func move(
        _ refill: MeterRefill,
        _ sequence: UInt64,
        from old: UncountedFate = .unmatched,
        to new: RefilledFate = .counted,
        source: String = RefillTests.source
    ) throws {
        try Array(source.utf8).withUnsafeBytes {
            try refill.move(event: sequence, origin: 0, day: Self.day, source: $0, from: old, to: new)
        }
    }

    private func rows(_ fixture: StoreFixture, _ slug: String = "new") throws -> [UsageRow]? {
        guard let meter = try fixture.store.meters().first(where: { $0.meter.slug == slug && $0.state == .live }) else {
            return nil
        }
        return try StoreFixture.rows(of: meter, fixture.totals, fixture.store, groupBy: ["subject"])
    }

    @Test("a meter that is filled is not read before it is adopted, and is what was counted then")
    func adopted() throws {
        let fixture = try StoreFixture(.count)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        fixture.sequence = 10
        try fixture.checkpoint()
        let (meter, refill) = try fill(fixture)
        #expect(meter.state == .filling && !meter.active && meter.refill == RefillNote(from: 2))
        for sequence in 2..<8 as Range<UInt64> { try refill.count("1.5", "customer-\(sequence % 2)", sequence) }
        try refill.flush()
        #expect(try rows(fixture) == nil)
        for sequence in 8..<10 as Range<UInt64> { try refill.count("1.5", "customer-\(sequence % 2)", sequence) }
        try adopt(fixture, refill)
        #expect(try rows(fixture)?.map(\.value) == [ExactDecimal(6), ExactDecimal(6)])
        try fixture.reopen()
        #expect(try rows(fixture)?.map(\.value) == [ExactDecimal(6), ExactDecimal(6)])
        let adopted = try #require(try fixture.store.meters().last)
        #expect(adopted.id == meter.id && adopted.number == meter.number && adopted.active)
        #expect(adopted.refill == RefillNote(from: 2, through: 10) && adopted.activity == [2..<UInt64.max])
        let revisions = fixture.totals.bucketRevisions(of: adopted)
        #expect(revisions.map(\.lastSequence) == [9], "reports look at every hour again")
        #expect(fixture.totals.snapshot(of: adopted, buckets: 0..<3600)?.buckets.map(\.firstSequence) == [2])
    }

    @Test("an adopted meter counts on in the buckets it was filled with")
    func countsOn() throws {
        let fixture = try StoreFixture(.count)
        fixture.sequence = 10
        try fixture.checkpoint()
        let (meter, refill) = try fill(fixture)
        try refill.count("2", "s", 3)
        try adopt(fixture, refill)
        let slot = try #require(fixture.totals.slot(of: meter))
        try StoreFixture.key(["s", "m"]).withUnsafeBytes {
            try fixture.totals.add(slot, key: $0, value: .one, unique: nil, time: 0, sequence: 10)
        }
        fixture.sequence = 11
        try fixture.checkpoint()
        try fixture.reopen()
        #expect(try rows(fixture)?.map(\.value) == [ExactDecimal(3)])
    }

    @Test("a crash while a meter is filled leaves nothing of it, and it begins anew under another number")
    func crash() throws {
        let fixture = try StoreFixture(.count)
        fixture.sequence = 10
        try fixture.checkpoint()
        let (meter, refill) = try fill(fixture, .p50)
        for sequence in 2..<9 as Range<UInt64> { try refill.count("2", "s\(sequence)", sequence) }
        try refill.recordInvalid(9, reason: "why")
        try refill.flush()
        #expect(try fixture.totals.currentInvalidEvents() == [])
        try fixture.reopen()
        let again = try #require(try fixture.store.meters().last)
        #expect(again.state == .filling && again.number > meter.number && again.id == meter.id)
        #expect(again.meter == meter.meter && again.refill == meter.refill && again.ownership == .api)
        #expect(again.activity == meter.activity)
        while try fixture.store.purge(rowsAtMost: 3) {}
        for table in ["total", "sketch", "series", "bucket"] { #expect(try fixture.count(table) == 0) }
        #expect(try fixture.totals.currentInvalidEvents() == [], "nobody sees what was given up")
        let second = try fixture.store.beginRefill(of: again, fromSequence: 2, throughSequence: 10)
        try second.count("2", "s", 2)
        try adopt(fixture, second)
        #expect(try rows(fixture)?.map(\.value) == [ExactDecimal(2)])
    }

    @Test("a refill that begins anew in the same process leaves the first one's rows behind")
    func restarted() throws {
        let fixture = try StoreFixture(.count)
        let (meter, refill) = try fill(fixture)
        try refill.count("2", "s", 3)
        try refill.flush()
        let again = try fixture.store.restartRefill(of: meter.number)
        let second = try fixture.store.beginRefill(of: again, fromSequence: 2, throughSequence: 0)
        try second.count("5", "s", 4)
        #expect(throws: UsageStoreError.self) { try adopt(fixture, refill) }
        try adopt(fixture, second)
        #expect(try rows(fixture)?.map(\.value) == [ExactDecimal(5)])
        #expect(throws: UsageStoreError.self) { try fixture.store.restartRefill(of: again.number) }
    }

    @Test("a refill of a meter that was deleted meanwhile is not adopted, and nothing changes")
    func deleted() throws {
        let fixture = try StoreFixture(.count)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        try fixture.checkpoint()
        let (meter, refill) = try fill(fixture)
        try refill.count("2", "s", 3)
        try move(refill, 0)
        try fixture.store.delete(meter: meter.number, now: 6)
        let error = #expect(throws: UsageStoreError.self) { try adopt(fixture, refill) }
        #expect(error?.description.contains("deleted") == true)
        #expect(try fixture.store.meters().map(\.meter.slug) == ["tokens_total"])
        #expect(try fixture.totals.currentLedger() == [:])
    }

    @Test("a refill that gives up stays as it is, with the reason, and does not begin anew at the next start")
    func failed() throws {
        let fixture = try StoreFixture(.count)
        let (meter, _) = try fill(fixture)
        try fixture.store.fail(refillOf: meter.number, reason: "the log is damaged", now: 9)
        try fixture.reopen()
        let kept = try #require(try fixture.store.meters().last)
        #expect(kept.number == meter.number && kept.state == .filling)
        #expect(kept.refill == RefillNote(from: 2, failure: "the log is damaged"))
    }

    @Test("events that a new meter counts move in the ledger, and the facts about them change with it")
    func moves() throws {
        let fixture = try StoreFixture(.count)
        let bytes = Array(Self.source.utf8)
        try fixture.totals.note(
            frame: 0..<70_000,
            leastTime: 0,
            greatestTime: 9,
            duplicates: [],
            uncounted: [3, 4, 5, 69_999]
        )
        var counts = LedgerCounts()
        counts.stored = 10
        counts.counted = 6
        counts.unmatched = 3
        counts.invalid = 1
        try bytes.withUnsafeBytes { source in
            fixture.totals.record(
                counts,
                at: try fixture.totals.ledgerLine(origin: 0, day: Self.day, source: source)
            )
        }
        fixture.sequence = 70_000
        try fixture.checkpoint()
        let (meter, refill) = try fill(fixture)
        try move(refill, 3)
        try move(refill, 4, to: .invalid)
        try refill.recordInvalid(4, reason: "missing value property")
        try move(refill, 69_999, from: .invalid)
        try move(refill, 5, source: "urn:example:beyond the limit")
        var matched = MeterLedgerCounts()
        matched.counted = 3
        matched.invalid = 1
        refill.record(matched, day: Self.day)
        try adopt(fixture, refill)
        try fixture.reopen()
        let ledger = try fixture.totals.currentLedger()
        let line = try #require(ledger[LedgerKey(origin: 0, day: Self.day, source: Self.source)])
        #expect(line.counted == 8 && line.unmatched == 1 && line.invalid == 1 && line.stored == 10)
        let rest = try #require(ledger[LedgerKey(origin: 0, day: Self.day)])
        #expect(rest.counted == 1 && rest.unmatched == -1 && rest.stored == 0)
        #expect(try fixture.totals.block(ofEvent: 3).isUncounted(3) == false)
        #expect(try fixture.totals.block(ofEvent: 4).isUncounted(4))
        #expect(try fixture.count("event_block", where: "uncounted IS NULL") == 1, "the second block's is empty now")
        #expect(try fixture.totals.currentInvalidEvents().map(\.meter) == [meter.number])
        #expect(try fixture.totals.currentLedger(of: meter)[Self.day] == matched)
    }

    @Test("a day with more sources than lines moves in the line without a source, and memory is bounded")
    func manySources() throws {
        let fixture = try StoreFixture(.count)
        let sources = (0..<6 * LedgerKey.sourcesADay).map { "urn:example:\($0)" }
        for source in sources {
            var counts = LedgerCounts()
            counts.stored = 1
            counts.unmatched = 1
            try Array(source.utf8).withUnsafeBytes {
                fixture.totals.record(
                    counts,
                    at: try fixture.totals.ledgerLine(origin: 0, day: Self.day, source: $0)
                )
            }
        }
        try fixture.checkpoint()
        let (_, refill) = try fill(fixture)
        for (number, source) in sources.enumerated() { try move(refill, UInt64(number), source: source) }
        #expect(refill.ledger.changes.count <= LedgerKey.sourcesADay + 1)
        try adopt(fixture, refill)
        let ledger = try fixture.totals.currentLedger()
        #expect(ledger.count == LedgerKey.sourcesADay + 1)
        #expect(ledger.values.allSatisfy { $0.unmatched == 0 && $0.counted == $0.stored })
    }

    @Test("a correction that a refill meets in the log is made in its totals")
    func edits() throws {
        let fixture = try StoreFixture(.count)
        fixture.sequence = 10
        try fixture.checkpoint()
        let (_, refill) = try fill(fixture)
        try refill.count("2", "s", 3)
        try refill.count("3", "s", 4)
        try refill.flush()
        var edit = refill.edit(revision: 9)
        try StoreFixture.key(["s", "m"]).withUnsafeBytes {
            try edit.subtract(refill.slot, key: $0, value: ExactDecimal(2), time: 0, sequence: 3)
        }
        refill.apply(edit)
        try adopt(fixture, refill)
        #expect(try rows(fixture)?.map(\.value) == [ExactDecimal(3)])
    }

    @Test("more than fits into memory is written in pieces on the way", arguments: [51])
    func pieces(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(.count)
        let (_, refill) = try fill(fixture, .uniqueCount)
        var model: [String: Set<String>] = [:]
        for sequence in 0..<120_000 as Range<UInt64> {
            let subject = "s\(random.next() % 40)"
            let user = "u\(random.next() % 30)"
            model[subject, default: []].insert(user)
            try refill.count("1", subject, sequence, hour: Int64(random.next() % 30), unique: user)
        }
        #expect(try fixture.count("total") > 1_000, "seed \(seed)")
        try adopt(fixture, refill)
        let found = try #require(try rows(fixture))
        #expect(found.count == 40)
        for row in found { #expect(row.value == ExactDecimal(model[row.subject ?? ""]?.count ?? 0), "seed \(seed)") }
    }
}

extension MeterRefill {
    /// Counts an event of one subject and the model `m`.
    fileprivate func count(
        _ value: String,
        _ subject: String,
        _ sequence: UInt64,
        hour: Int64 = 0,
        unique: String? = nil
    ) throws {
        let hash = unique.map(StoreFixture.hash)
        let value = try ExactDecimal(value)
        try StoreFixture.key([subject, "m"]).withUnsafeBytes {
            let time = StoreFixture.time(hour: hour)
            _ = try add(key: $0, value: value, unique: hash, time: time, sequence: sequence)
        }
    }
}
