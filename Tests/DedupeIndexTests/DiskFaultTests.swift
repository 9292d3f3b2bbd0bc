import Glibc
import Testing

@testable import DedupeIndex

@Suite("A disk that fails")
struct DiskFaultTests {
    private let directory: TemporaryDirectory
    private let files = FaultyRunFiles()
    private let index: DedupeIndex

    init() throws {
        directory = try TemporaryDirectory()
        index = try DedupeIndex(directory: directory.path, windowDays: 32, options: .small(files: files))
    }

    @Test(
        "a failed write, sync or rename fails the checkpoint, and everything after it",
        arguments: [FaultyRunFiles.Call.create, .write, .synchronize, .rename, .synchronizeDirectory]
    )
    func finalErrors(call: FaultyRunFiles.Call) throws {
        #expect(try index.insert(Fingerprint(high: 1, low: 1), at: 1, day: 10) == .first)
        files.fail(call, with: EIO)
        #expect(throws: DedupeError.self) { try index.checkpoint() }
        files.heal()
        #expect(throws: DedupeError.self) { try index.insert(Fingerprint(high: 2, low: 2), at: 2, day: 10) }
        let error = #expect(throws: DedupeError.self) { try index.checkpoint() }
        guard case .system(let name, let path, EIO) = error else {
            Issue.record("not the first error: \(String(describing: error))")
            return
        }
        #expect(name == "\(call)")
        #expect(path.hasPrefix(directory.path))
    }

    @Test("a write that fails behind the inserts' back reaches them")
    func failureInTheBackground() throws {
        files.fail(.write, with: EIO)
        var random = SeededGenerator(seed: 1)
        #expect(throws: DedupeError.self) {
            for sequence in 0..<UInt64(1_000) { _ = try index.insert(random.fingerprint(), at: sequence, day: 10) }
        }
    }

    @Test("a full disk stops merges and nothing else; they go on when there is room")
    func noRoomForMerges() throws {
        var random = SeededGenerator(seed: 2)
        func insertAndCheckpoint() throws {
            for sequence in 0..<UInt64(10) { _ = try index.insert(random.fingerprint(), at: sequence, day: 10) }
            try index.checkpointAndCommit()
        }
        try insertAndCheckpoint()
        try insertAndCheckpoint()
        // Of three runs a merge begins: it reads, which the writing of entries never does.
        files.fail(.read, with: ENOSPC)
        for _ in 0..<20 { try insertAndCheckpoint() }
        #expect(index.statistics.merges == 0)
        #expect(index.statistics.runs >= 22)
        files.heal()
        var rounds = 0
        while index.statistics.merges == 0, rounds < 10_000 {
            try insertAndCheckpoint()
            rounds += 1
        }
        #expect(index.statistics.merges > 0)
    }

    @Test("a file that cannot be removed is tried again")
    func removeIsTriedAgain() throws {
        #expect(try index.insert(Fingerprint(high: 1, low: 1), at: 1, day: 10) == .first)
        let older = try index.checkpointAndCommit()
        #expect(try index.insert(Fingerprint(high: 2, low: 2), at: 2, day: 60) == .first)
        files.fail(.remove, with: EACCES)
        try index.checkpointAndCommit()
        #expect(Set(try directory.names()).isSuperset(of: older))
        files.heal()
        let names = try index.checkpointAndCommit()
        #expect(try directory.names() == names)
    }

    @Test("a page that cannot be read is an error, not a new key")
    func unreadablePage() throws {
        #expect(try index.insert(Fingerprint(high: 1, low: 1), at: 1, day: 10) == .first)
        let names = try index.checkpointAndCommit()
        let restored = try DedupeIndex(
            directory: directory.path,
            windowDays: 32,
            restoring: names,
            options: .small(files: files)
        )
        files.fail(.read, with: EIO)
        #expect(throws: DedupeError.self) { try restored.insert(Fingerprint(high: 1, low: 1), at: 2, day: 10) }
    }

    @Test("a checkpoint survives a power cut the moment it returns")
    func powerCut() throws {
        var random = SeededGenerator(seed: 4)
        let keys = (0..<500).map { _ in DedupeKey(fingerprint: random.fingerprint(), contentHash: 0) }
        var names: [String] = []
        do {
            let doomed = try DedupeIndex(
                directory: directory.path + "/other",
                windowDays: 32,
                options: .small(files: files)
            )
            _ = try doomed.insert(keys, firstSequence: 0, arrivalDay: 10)
            names = try doomed.checkpoint()
        }
        try files.cutPower()
        let restored = try DedupeIndex(
            directory: directory.path + "/other",
            windowDays: 32,
            restoring: names,
            options: .small(files: files)
        )
        let answers = try restored.insert(keys, firstSequence: 1_000, arrivalDay: 10)
        #expect(answers == (0..<500).map { .duplicate(of: $0) })
    }
}
