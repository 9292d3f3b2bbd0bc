import Testing

@testable import DedupeIndex

@Suite("The answers and the window")
struct WindowTests {
    private let directory: TemporaryDirectory
    private let index: DedupeIndex
    private let key = Fingerprint(high: 0x1234_5678_9abc_def0, low: 42)

    init() throws {
        directory = try TemporaryDirectory()
        index = try DedupeIndex(directory: directory.path, windowDays: 32, options: .small())
    }

    @Test("the first arrival counts, the second is a duplicate of it")
    func duplicate() throws {
        #expect(try index.insert(key, 7, at: 100, day: 20_000) == .first)
        #expect(try index.insert(key, 7, at: 101, day: 20_000) == .duplicate(of: 100))
    }

    @Test("other content under the same key is a conflict, and the first stays the first")
    func conflict() throws {
        #expect(try index.insert(key, 7, at: 100, day: 20_000) == .first)
        #expect(try index.insert(key, 8, at: 101, day: 20_000) == .conflict(with: 100))
        #expect(try index.insert(key, 8, at: 102, day: 20_000) == .conflict(with: 100))
        #expect(try index.insert(key, 7, at: 103, day: 20_000) == .duplicate(of: 100))
    }

    @Test("keys that share half of their fingerprint are two keys")
    func halfEqual() throws {
        #expect(try index.insert(key, at: 1, day: 20_000) == .first)
        #expect(try index.insert(Fingerprint(high: key.high, low: 43), at: 2, day: 20_000) == .first)
        #expect(try index.insert(Fingerprint(high: key.high ^ 1, low: 42), at: 3, day: 20_000) == .first)
        #expect(index.statistics.keys == 3)
    }

    @Test("a key that repeats within a batch is a duplicate there", arguments: [false, true])
    func repeatWithinBatch(afterCheckpoint: Bool) throws {
        let keys = [1, 2, 1, 3].map { DedupeKey(fingerprint: Fingerprint(high: $0 << 40, low: $0), contentHash: $0) }
        #expect(
            try index.insert(keys, firstSequence: 10, arrivalDay: 1) == [.first, .first, .duplicate(of: 10), .first]
        )
        if afterCheckpoint { try index.checkpointAndCommit() }
        #expect(
            try index.insert(keys, firstSequence: 14, arrivalDay: 1)
                == [.duplicate(of: 10), .duplicate(of: 11), .duplicate(of: 10), .duplicate(of: 13)]
        )
    }

    @Test("an empty batch is no insert: it moves no day")
    func emptyBatch() throws {
        #expect(try index.insert([], firstSequence: 0, arrivalDay: 30_000).isEmpty)
        #expect(index.statistics.newestDay == nil)
    }

    @Test("a key is known for the whole window and forgotten on the day after", arguments: [false, true])
    func windowEnds(written: Bool) throws {
        #expect(try index.insert(key, at: 1, day: 20_000) == .first)
        if written { try index.checkpointAndCommit() }
        #expect(try index.insert(key, at: 2, day: 20_032) == .duplicate(of: 1))
        #expect(try index.insert(key, at: 3, day: 20_033) == .first)
        #expect(try index.insert(key, at: 4, day: 20_033) == .duplicate(of: 3))
        #expect(index.statistics.keys == 1)
    }

    @Test("the window counts from the first arrival: a duplicate does not lengthen it")
    func windowCountsFromFirst() throws {
        #expect(try index.insert(key, at: 1, day: 20_000) == .first)
        #expect(try index.insert(key, at: 2, day: 20_020) == .duplicate(of: 1))
        #expect(try index.insert(key, at: 3, day: 20_033) == .first)
    }

    @Test("an insert of another key ends the window too: days expire, not keys")
    func otherKeyEndsTheDay() throws {
        #expect(try index.insert(key, at: 1, day: 20_000) == .first)
        #expect(try index.insert(Fingerprint(high: 5, low: 5), at: 2, day: 20_033) == .first)
        #expect(try index.insert(key, at: 3, day: 20_000) == .first)
    }

    @Test("a clock that goes backwards files new keys under the newest day seen")
    func clockGoesBackwards() throws {
        #expect(try index.insert(Fingerprint(high: 5, low: 5), at: 1, day: 20_010) == .first)
        #expect(try index.insert(key, at: 2, day: 19_000) == .first)
        #expect(try index.insert(key, at: 3, day: 19_000) == .duplicate(of: 2))
        #expect(try index.insert(key, at: 4, day: 20_042) == .duplicate(of: 2))
        #expect(try index.insert(key, at: 5, day: 20_043) == .first)
        #expect(index.statistics.newestDay == 20_043)
    }

    @Test("the newest day outlives a restart even if all its arrivals were duplicates")
    func newestDayIsKept() throws {
        #expect(try index.insert(key, at: 1, day: 20_000) == .first)
        let other = Fingerprint(high: 9, low: 9)
        #expect(try index.insert(other, at: 2, day: 20_010) == .first)
        #expect(try index.insert(other, at: 3, day: 20_033) == .duplicate(of: 2))
        let names = try index.checkpointAndCommit()
        let restored = try DedupeIndex(
            directory: directory.path,
            windowDays: 32,
            restoring: names,
            options: .small()
        )
        #expect(restored.statistics.newestDay == 20_033)
        #expect(try restored.insert(key, at: 4, day: 20_000) == .first)
    }

    @Test("days before 1970 and the ends of the day's range are days like others")
    func extremeDays() throws {
        #expect(try index.insert(key, at: 1, day: .min) == .first)
        #expect(try index.insert(key, at: 2, day: -1) == .first)
        #expect(try index.insert(key, at: 3, day: 31) == .duplicate(of: 2))
        #expect(try index.insert(key, at: 4, day: .max) == .first)
        #expect(try index.insert(key, at: 5, day: .max) == .duplicate(of: 4))
    }

    @Test("a window of no days, or of more than 400, is refused", arguments: [0, -1, 401])
    func badWindow(days: Int) throws {
        #expect(throws: DedupeError.invalidWindow(days: days)) {
            try DedupeIndex(directory: directory.path, windowDays: days)
        }
    }
}
