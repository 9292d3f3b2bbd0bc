import Testing

@testable import DedupeIndex

@Suite("Checkpoints and what a crash leaves")
struct CheckpointTests {
    private let directory: TemporaryDirectory
    private let key = Fingerprint(high: 0x1234_5678_9abc_def0, low: 42)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ names: [String]) throws -> DedupeIndex {
        try DedupeIndex(directory: directory.path, windowDays: 32, restoring: names, options: .small())
    }

    /// An index with a checkpoint of `count` keys; it is gone when this returns.
    private func checkpoint(of count: UInt64, every: Int = .max) throws -> [String] {
        var random = SeededGenerator(seed: 3)
        let index = try open([])
        for sequence in 0..<count {
            _ = try index.insert(random.fingerprint(), sequence, at: sequence, day: 10)
            if Int(sequence) % every == every - 1 { try index.checkpointAndCommit() }
        }
        return try index.checkpointAndCommit()
    }

    @Test("a checkpoint without inserts names nothing, and one without news the same again")
    func nothingNew() throws {
        let index = try open([])
        #expect(try index.checkpoint().isEmpty)
        #expect(try index.insert(key, at: 1, day: 10) == .first)
        let names = try index.checkpoint()
        #expect(names.count == 1)
        #expect(try index.checkpoint() == names)
    }

    @Test("what came after the checkpoint is new again after a restart, what came before is not")
    func restart() throws {
        let names: [String]
        do {
            let index = try open([])
            #expect(try index.insert(key, at: 1, day: 10) == .first)
            names = try index.checkpointAndCommit()
            #expect(try index.insert(Fingerprint(high: 7, low: 7), at: 2, day: 10) == .first)
        }
        let index = try open(names)
        #expect(try index.insert(Fingerprint(high: 7, low: 7), at: 2, day: 10) == .first)
        #expect(try index.insert(key, at: 3, day: 10) == .duplicate(of: 1))
    }

    @Test("runs of a checkpoint that was never committed are removed at the next start")
    func uncommittedRuns() throws {
        let first = try checkpoint(of: 300)
        do {
            let index = try open(first)
            #expect(try index.insert(key, at: 900, day: 10) == .first)
            let second = try index.checkpoint()
            #expect(second != first)
        }
        try directory.write("000000000999.run.partial")
        let index = try open(first)
        #expect(try directory.names().filter { !first.contains($0) && !$0.hasSuffix(".partial") }.isEmpty)
        #expect(try !directory.names().contains("000000000999.run.partial"))
        #expect(try index.insert(key, at: 900, day: 10) == .first)
    }

    @Test("files that are not the index's own stay")
    func foreignFiles() throws {
        for name in ["notes.txt", "12.run", "00000000000x.run", "000000000001.run.old"] { try directory.write(name) }
        _ = try open([])
        #expect(try directory.names() == ["000000000001.run.old", "00000000000x.run", "12.run", "notes.txt"])
    }

    @Test("merged runs stay until a checkpoint without them is committed")
    func mergedRunsStay() throws {
        var random = SeededGenerator(seed: 8)
        let index = try open([])
        var committed: [String] = []
        for sequence in 0..<UInt64(600) {
            _ = try index.insert(random.fingerprint(), at: sequence, day: 10)
            guard sequence % 20 == 19 else { continue }
            let names = try index.checkpoint()
            #expect(Set(try directory.names()).isSuperset(of: committed), "sequence \(sequence)")
            #expect(Set(try directory.names()).isSuperset(of: names), "sequence \(sequence)")
            index.committed(names)
            committed = names
        }
        #expect(index.statistics.merges > 0)
        #expect(index.statistics.runs < 20)
    }

    @Test("a late word of an older checkpoint does not remove what the newer one names")
    func lateCommit() throws {
        let index = try open([])
        #expect(try index.insert(key, at: 1, day: 10) == .first)
        let older = try index.checkpoint()
        #expect(try index.insert(Fingerprint(high: 1, low: 2), at: 2, day: 20) == .first)
        let newer = try index.checkpoint()
        #expect(try index.insert(Fingerprint(high: 3, low: 4), at: 3, day: 60) == .first)
        index.committed(older)
        #expect(Set(try directory.names()).isSuperset(of: newer))
        let newest = try index.checkpointAndCommit()
        #expect(try directory.names() == newest)
    }

    @Test("a day that left the window leaves the disk with the next checkpoint")
    func expiredRuns() throws {
        let names = try checkpoint(of: 30)
        let index = try open(names)
        #expect(try index.insert(key, at: 900, day: 43) == .first)
        #expect(index.statistics.keys == 1)
        let next = try index.checkpointAndCommit()
        #expect(try directory.names() == next)
    }

    @Test("a restart finds every key of many runs, and each first sequence")
    func manyRuns() throws {
        let names = try checkpoint(of: 2_000, every: 90)
        let index = try open(names)
        #expect(index.statistics.keys == 2_000)
        var random = SeededGenerator(seed: 3)
        for sequence in 0..<UInt64(2_000) {
            #expect(
                try index.insert(random.fingerprint(), sequence, at: 5_000, day: 10) == .duplicate(of: sequence)
            )
        }
    }

    @Test("a missing run is an error that names it")
    func missingRun() throws {
        let names = try checkpoint(of: 300)
        let lost = directory.path + "/" + names[0]
        try DiskRunFiles().remove(lost)
        try directory.write("000000000999.run.partial")
        let error = #expect(throws: DedupeError.missingRun(path: lost)) { try open(names) }
        #expect(error?.description.contains(lost) == true)
        #expect(error?.description.contains("backup") == true)
        #expect(try directory.names().contains("000000000999.run.partial"), "a failed start changes nothing")
    }

    @Test(
        "a name that is no run's is refused",
        arguments: ["../../etc/passwd", "", "1.run", "000000000001.run.partial"]
    )
    func badName(name: String) throws {
        #expect(throws: DedupeError.invalidRunName(name)) { try open([name]) }
    }
}
