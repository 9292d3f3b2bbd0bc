import Testing

@testable import DedupeIndex

@Suite("The index against a dictionary")
struct ModelTests {
    /// A log of keys, a checkpoint of it, and an index that follows: what the engine does, without the engine.
    private struct Store {
        let directory: TemporaryDirectory
        let files: FaultyRunFiles
        let options: DedupeOptions
        private(set) var index: DedupeIndex
        var model: DedupeModel
        var log: [(key: DedupeKey, day: Int32, answer: Arrival)] = []
        var checkpoint: (names: [String], position: Int) = ([], 0)

        init(windowDays: Int) throws {
            directory = try TemporaryDirectory()
            files = FaultyRunFiles()
            options = .small(files: files)
            index = try DedupeIndex(directory: directory.path, windowDays: windowDays, options: options)
            model = DedupeModel(windowDays: windowDays)
        }

        mutating func insert(_ keys: [DedupeKey], day: Int32, batched: Bool) throws {
            let first = UInt64(log.count)
            let expected = keys.enumerated().map { model.insert($1, sequence: first + UInt64($0), day: day) }
            for (key, answer) in zip(keys, expected) { log.append((key, day, answer)) }
            #expect(try follow(keys, from: first, day: day, batched: batched) == expected, "from sequence \(first)")
        }

        private func follow(_ keys: [DedupeKey], from first: UInt64, day: Int32, batched: Bool) throws -> [Arrival] {
            if batched { return try index.insert(keys, firstSequence: first, arrivalDay: day) }
            return try keys.enumerated().map { offset, key in
                index.prefetch(key.fingerprint)
                return try index.insert(key.fingerprint, key.contentHash, at: first + UInt64(offset), day: day)
            }
        }

        mutating func makeCheckpoint(committed: Bool) throws {
            let names = try index.checkpoint()
            guard committed else { return }
            checkpoint = (names, log.count)
            index.committed(names)
        }

        /// A power cut: everything after the last durable checkpoint is gone, and the log is replayed from there.
        mutating func crash() throws {
            // The old index has to be gone before the power is: it still writes.
            index = try DedupeIndex(directory: directory.path + "/elsewhere", windowDays: 1)
            try files.cutPower()
            index = try DedupeIndex(
                directory: directory.path,
                windowDays: model.windowDays,
                restoring: checkpoint.names,
                options: options
            )
            var position = checkpoint.position
            while position < log.count {
                let (key, day, answer) = log[position]
                let again = try index.insert(key.fingerprint, key.contentHash, at: UInt64(position), day: day)
                #expect(again == answer, "sequence \(position), replayed")
                position += 1
            }
        }
    }

    @Test(
        "random inserts, days, checkpoints and crashes give the dictionary's answers",
        arguments: 1...12 as ClosedRange<UInt64>
    )
    func randomHistory(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var store = try Store(windowDays: 3)
        let pool = (0..<1_500).map { _ in random.fingerprint() }
        var day: Int32 = 20_000
        for _ in 0..<120 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: day += Int32.random(in: 1...2, using: &random)
            case 1: try store.makeCheckpoint(committed: false)
            case 2, 3: try store.makeCheckpoint(committed: true)
            case 4: try store.crash()
            default:
                let back = Int.random(in: 0..<8, using: &random) == 0 ? Int32.random(in: 1...9, using: &random) : 0
                let keys = (0..<Int.random(in: 1...150, using: &random)).map { _ in
                    DedupeKey(
                        fingerprint: pool[Int.random(in: pool.indices, using: &random)],
                        contentHash: UInt64.random(in: 0..<20, using: &random) / 19
                    )
                }
                try store.insert(keys, day: day - back, batched: Bool.random(using: &random))
            }
            #expect(store.index.statistics.keys == store.model.count)
        }
        try store.crash()
        #expect(store.index.statistics.keys == store.model.count)
    }

    @Test("the answers do not depend on table size, merging or where checkpoints fall")
    func placementDoesNotMatter() throws {
        var random = SeededGenerator(seed: 77)
        let pool = (0..<4_000).map { _ in random.fingerprint() }
        let batches = (0..<60).map { number in
            (
                day: Int32(100 + number / 6),
                keys: (0..<200).map { _ in
                    DedupeKey(
                        fingerprint: pool[Int.random(in: pool.indices, using: &random)],
                        contentHash: UInt64.random(in: 0..<2, using: &random)
                    )
                }
            )
        }
        let files = FaultyRunFiles()
        func answers(_ options: DedupeOptions, checkpointEvery: Int) throws -> [Arrival] {
            let directory = try TemporaryDirectory()
            let index = try DedupeIndex(directory: directory.path, windowDays: 4, options: options)
            var answers: [Arrival] = []
            for (number, batch) in batches.enumerated() {
                answers += try index.insert(
                    batch.keys,
                    firstSequence: UInt64(answers.count),
                    arrivalDay: batch.day
                )
                if number % checkpointEvery == 0 { try index.checkpointAndCommit() }
            }
            return answers
        }
        let reference = try answers(DedupeOptions(), checkpointEvery: 1_000)
        #expect(try answers(.small(files: files), checkpointEvery: 1) == reference)
        #expect(try answers(.small(files: files), checkpointEvery: 7) == reference)
        #expect(
            try answers(
                DedupeOptions(generationKeys: 16, generations: 2, mergeFanIn: 2, files: files),
                checkpointEvery: 13
            )
                == reference
        )
        #expect(reference.contains { if case .conflict = $0 { true } else { false } })
    }
}
