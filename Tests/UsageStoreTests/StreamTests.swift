import GRDB
import Metering
import Testing

@testable import UsageStore

@Suite struct StreamTests {
    private let key = PositionKey(source: "main/usage-events", partition: 0)

    @Test("a position is kept with the checkpoint it belongs to, or not at all")
    func positions() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        fixture.totals.record(key, nextOffset: 1)
        try fixture.checkpoint()
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        fixture.totals.record(key, nextOffset: 2)
        try fixture.reopen()
        #expect(try fixture.store.positions() == [key: 1])
        #expect(try fixture.store.checkpoint()?.nextSequence == 1)
    }

    @Test("a checkpoint that fails leaves the positions of the one before")
    func failedCheckpoint() throws {
        let fixture = try StoreFixture(.sum)
        fixture.totals.record(key, nextOffset: 1)
        try fixture.checkpoint()
        // The statement after the positions cannot be carried out.
        try fixture.store.pool.write { try $0.execute(sql: "DROP TABLE conflict") }
        fixture.totals.record(key, nextOffset: 2)
        #expect(throws: UsageStoreError.self) { try fixture.checkpoint() }
        #expect(try fixture.store.positions() == [key: 1])
    }

    @Test("frames with rejected messages are found newest first, as many as hold the messages asked for")
    func rejectedFrames() throws {
        let fixture = try StoreFixture(.sum)
        for (sequence, origin) in [(0, 1), (10, 0), (20, 1)] as [(UInt64, UInt8)] {
            fixture.totals.record(RejectedFrame(sequence: sequence, count: 3, origin: origin))
        }
        let asked: [(origin: UInt8?, limit: Int, found: [UInt64])] = [
            (nil, 99, [20, 10, 0]), (nil, 3, [20]), (nil, 4, [20, 10]), (1, 4, [20, 0]),
        ]
        for (origin, limit, found) in asked {
            #expect(fixture.totals.newestRejectedFrames(origin: origin, limit: limit).map(\.sequence) == found)
        }
        try fixture.checkpoint()
        #expect(fixture.totals.newestRejectedFrames(origin: nil, limit: 99).isEmpty)
        for (origin, limit, found) in asked {
            #expect(try fixture.store.rejectedFrames(origin: origin, limit: limit).map(\.sequence) == found)
        }
    }

    @Test("frames below what the log keeps are forgotten")
    func forgotten() throws {
        let fixture = try StoreFixture(.sum)
        for sequence in 0..<4 as Range<UInt64> {
            fixture.totals.record(RejectedFrame(sequence: sequence, count: 1, origin: 1))
        }
        try fixture.checkpoint()
        try fixture.totals.commit(nextSequence: 9, dedupeRuns: [], keepEventsFrom: 2, now: 1)
        #expect(try fixture.store.rejectedFrames(origin: nil, limit: 99).map(\.sequence) == [3, 2])
    }

    @Test("a flood of rejected messages does not fill the store")
    func flood() throws {
        let fixture = try StoreFixture(.sum)
        let kept = UInt64(RejectedFrame.kept)
        for sequence in 0..<kept + 5 {
            fixture.totals.record(RejectedFrame(sequence: sequence, count: 1, origin: 1))
        }
        try fixture.checkpoint()
        for sequence in kept + 5..<3 * kept {
            fixture.totals.record(RejectedFrame(sequence: sequence, count: 1, origin: 1))
        }
        #expect(fixture.totals.rejectedFrames.count < 2 * RejectedFrame.kept)
        try fixture.checkpoint()
        let left = try fixture.store.rejectedFrames(origin: nil, limit: .max)
        #expect(left.count == RejectedFrame.kept && left.first?.sequence == 3 * kept - 1)
    }
}
