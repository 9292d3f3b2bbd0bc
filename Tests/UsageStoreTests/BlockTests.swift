import Foundation
import GRDB
import Metering
import Testing

@testable import UsageStore

@Suite struct BlockTests {
    private static let width = EventBlock.width

    @Test(
        "what is noted of frames is found again, wherever checkpoints, restarts and the ends of blocks fall",
        arguments: [11, 12, 13]
    )
    func model(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try StoreFixture(.sum)
        var model = BlockModel()
        var committed = model
        for _ in 0..<120 {
            let count = random.next() % 8 == 0 ? 40_000 : random.next() % 3_000
            let frame = fixture.sequence..<fixture.sequence + count + 1
            let least = Int64(random.next() % 1_000_000)
            let fates = (0..<random.next() % 20).map { _ in frame.lowerBound + random.next() % UInt64(frame.count) }
            let duplicates = fates.filter { $0 % 3 == 0 }
            let uncounted = fates.filter { $0 % 3 == 1 }
            try fixture.totals.note(
                frame: frame,
                leastTime: least,
                greatestTime: least + 500,
                duplicates: duplicates,
                uncounted: uncounted
            )
            model.note(frame, least...least + 500, duplicates, uncounted)
            fixture.sequence = frame.upperBound
            if random.next() % 6 == 0 {
                let event = random.next() % fixture.sequence
                try fixture.totals.markCorrected(event: event, time: least - 9)
                model.correct(event, least - 9)
            }
            if random.next() % 5 == 0 {
                try fixture.checkpoint()
                committed = model
            }
            if random.next() % 12 == 0 {
                try fixture.reopen()
                model = committed
            }
        }
        for sequences in [0..<fixture.sequence, fixture.sequence / 3..<fixture.sequence / 2] {
            let blocks = try #require(
                try fixture.totals.blocks(overlapping: nil, sequences: sequences).load(atMost: .max)
            )
            #expect(blocks == model.blocks(in: sequences), "seed \(seed)")
        }
    }

    @Test("a block is found by its times, and those between are not counted against the limit")
    func times() throws {
        let fixture = try StoreFixture(.sum)
        for number in 0..<6 as Range<UInt64> {
            let start = Int64(number) * 1_000
            try note(fixture, number * Self.width..<(number + 1) * Self.width, start...start + 999)
            if number == 3 { try fixture.checkpoint() }
        }
        let all = 0..<6 * Self.width
        let snapshot = fixture.totals.blocks(overlapping: 2_500..<5_000, sequences: all)
        #expect(try snapshot.load(atMost: 3)?.map(\.number) == [2, 3, 4])
        #expect(throws: UsageReadError.tooManyEvents(3 * 65_536)) { try snapshot.load(atMost: 2) }
        var asked: [ClosedRange<Int64>] = []
        let one = try snapshot.load(atMost: 1) { sequences, times in
            asked.append(times)
            return sequences.contains(4 * Self.width)
        }
        #expect(one?.map(\.number) == [4] && asked.count == 3)
        #expect(try fixture.totals.blocks(overlapping: 999..<1_000, sequences: all).load(atMost: 9)?.count == 1)
        #expect(try fixture.totals.blocks(overlapping: nil, sequences: 0..<0).load(atMost: 0) == [])
    }

    @Test("a snapshot that a checkpoint has overtaken says so")
    func movedOn() throws {
        let fixture = try StoreFixture(.sum)
        try note(fixture, 0..<10, 0...5)
        let snapshot = fixture.totals.blocks(overlapping: nil, sequences: 0..<10)
        try fixture.checkpoint()
        #expect(try snapshot.load(atMost: 9) == nil)
        #expect(try snapshot.corrections(of: []) == nil)
        #expect(try snapshot.refused(by: 1, reason: "why", sequences: 0..<10) == nil)
    }

    @Test("bitmaps without a bit take no room, and blocks go with their log segments")
    func room() throws {
        let fixture = try StoreFixture(.sum)
        for number in 0..<3 as Range<UInt64> { try note(fixture, number * Self.width..<number * Self.width + 9, 0...1) }
        try fixture.totals.note(
            frame: 9..<10,
            leastTime: 0,
            greatestTime: 1,
            duplicates: [9],
            uncounted: []
        )
        try fixture.checkpoint()
        #expect(try fixture.count("event_block", where: "uncounted IS NULL AND corrected IS NULL") == 3)
        #expect(try fixture.count("event_block", where: "length(duplicate) = 8192") == 1)
        try fixture.checkpoint(keepEventsFrom: Self.width * 2 - 1)
        #expect(try fixture.count("event_block", where: "number >= 1") == 2)
        #expect(try fixture.count("event_block") == 2)
    }

    @Test("the last applied correction of an event is what counts of it")
    func corrections() throws {
        let fixture = try StoreFixture(.sum)
        try note(fixture, 0..<100, 0...50)
        fixture.totals.record(Self.correction(100, of: 7, .amend))
        fixture.totals.record(Self.correction(101, of: 9, .void))
        for event in [7, 9] as [UInt64] { try fixture.totals.markCorrected(event: event, time: 70) }
        try fixture.checkpoint()
        fixture.totals.record(Self.correction(102, of: 7, .void))
        fixture.totals.record(Self.correction(103, of: 7, .amend, refused: "voided already"))
        let snapshot = fixture.totals.blocks(overlapping: 60..<80, sequences: 0..<200)
        let blocks = try #require(try snapshot.load(atMost: 1))
        #expect(blocks[0].isCorrected(7) && !blocks[0].isCorrected(8) && blocks[0].hasCorrected)
        #expect(try snapshot.corrections(of: blocks)?.map(\.sequence) == [102, 101])
        #expect(try fixture.totals.corrections(ofEvent: 7).map(\.sequence) == [100, 102, 103])
        #expect(try fixture.totals.corrections(ofEvent: 8) == [])
    }

    @Test("a correction comes back as it was kept")
    func correctionRow() throws {
        let fixture = try StoreFixture(.sum)
        var row = Self.correction(5, of: 3, .amend)
        row.source = "urn:客户"
        row.reason = "it's \"wrong\""
        row.meters = ["a", "b_c"]
        row.replacement = [0, 1, 255]
        fixture.totals.record(row)
        try fixture.checkpoint()
        try fixture.reopen()
        #expect(try fixture.totals.corrections(ofEvent: 3) == [row])
    }

    @Test("only applied corrections change history")
    func edition() throws {
        let fixture = try StoreFixture(.sum)
        let before = fixture.totals.edition
        fixture.totals.record(Self.correction(1, of: 0, .void, refused: "no"))
        try fixture.checkpoint()
        #expect(fixture.totals.edition == before)
        fixture.totals.record(Self.correction(2, of: 0, .void))
        #expect(fixture.totals.edition == before + 1)
    }

    @Test("events that a meter refused for one reason are told apart from the others, in memory and in the store")
    func refused() throws {
        let fixture = try StoreFixture(.sum)
        for (sequence, meter, reason) in [(1, 1, "why"), (2, 1, "else"), (3, 2, "why"), (9, 1, "why")]
            as [(UInt64, Int32, String)]
        {
            fixture.totals.record(InvalidEvent(sequence: sequence, meter: meter, reason: reason))
            if sequence == 3 { try fixture.checkpoint() }
        }
        let snapshot = fixture.totals.blocks(overlapping: nil, sequences: 0..<10)
        #expect(try snapshot.refused(by: 1, reason: "why", sequences: 0..<10) == [1, 9])
        #expect(try snapshot.refused(by: 1, reason: "why", sequences: 0..<9) == [1])
    }

    @Test("a bitmap of a wrong length is damage, and is said so")
    func damaged() throws {
        let fixture = try StoreFixture(.sum)
        try note(fixture, 0..<10, 0...5)
        try fixture.checkpoint()
        try fixture.reopen()
        try fixture.store.pool.write { try $0.execute(sql: "UPDATE event_block SET duplicate = x'00'") }
        let error = #expect(throws: UsageStoreError.self) {
            try fixture.totals.blocks(overlapping: nil, sequences: 0..<9).load(atMost: 9)
        }
        #expect(error?.description.contains("event block 0") == true)
    }

    private func note(_ fixture: StoreFixture, _ frame: Range<UInt64>, _ times: ClosedRange<Int64>) throws {
        try fixture.totals.note(
            frame: frame,
            leastTime: times.lowerBound,
            greatestTime: times.upperBound,
            duplicates: [],
            uncounted: []
        )
        fixture.sequence = frame.upperBound
    }

    static func correction(
        _ sequence: UInt64,
        of event: UInt64,
        _ kind: CorrectionRow.Kind,
        refused: String? = nil
    ) -> CorrectionRow {
        CorrectionRow(
            sequence: sequence,
            at: 5,
            kind: kind,
            eventSequence: event,
            source: "urn:example:app",
            id: "event-\(event)",
            reason: "counted twice",
            by: "auditor",
            meters: refused == nil ? ["tokens_total"] : [],
            refused: refused,
            time: 70,
            arrival: 6,
            origin: 0
        )
    }
}

/// What blocks should say, kept event by event.
private struct BlockModel {
    private var times: [UInt64: ClosedRange<Int64>] = [:]
    private var duplicates: Set<UInt64> = []
    private var uncounted: Set<UInt64> = []
    private var corrected: Set<UInt64> = []

    mutating func note(
        _ frame: Range<UInt64>,
        _ range: ClosedRange<Int64>,
        _ duplicates: [UInt64],
        _ uncounted: [UInt64]
    ) {
        for number in frame.lowerBound / 65_536...(frame.upperBound - 1) / 65_536 { widen(number, range) }
        self.duplicates.formUnion(duplicates)
        self.uncounted.formUnion(uncounted)
    }

    mutating func correct(_ event: UInt64, _ time: Int64) {
        corrected.insert(event)
        widen(event / 65_536, time...time)
    }

    private mutating func widen(_ number: UInt64, _ range: ClosedRange<Int64>) {
        let known = times[number] ?? range
        times[number] =
            min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
    }

    func blocks(in sequences: Range<UInt64>) -> [EventBlock] {
        times.keys.sorted().compactMap { number in
            var block = EventBlock(number: number)
            guard block.sequences.overlaps(sequences), let range = times[number] else { return nil }
            block.widen(range.lowerBound, range.upperBound)
            for event in duplicates where block.sequences.contains(event) {
                EventBlock.set(event, in: &block.duplicate)
            }
            for event in uncounted where block.sequences.contains(event) { EventBlock.set(event, in: &block.uncounted) }
            for event in corrected where block.sequences.contains(event) { EventBlock.set(event, in: &block.corrected) }
            return block
        }
    }
}
