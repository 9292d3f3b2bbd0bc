import Testing

@testable import DedupeIndex

@Suite("Sorting and merging")
struct MergeTests {
    private typealias Candidate = MergePlan.Candidate
    private let plan = MergePlan(fanIn: 3)

    @Test("nothing is merged while there are few runs of a size")
    func fewRuns() {
        #expect(plan.next([], openDay: 5) == nil)
        #expect(plan.next([Candidate(day: 5, count: 10), Candidate(day: 5, count: 20)], openDay: 5) == nil)
        let sizes = [10, 20, 5_000, 6_000, 50_000, 60_000].map { Candidate(day: 5, count: $0) }
        #expect(plan.next(sizes, openDay: 5) == nil)
    }

    @Test("runs of one size are merged, the smallest size first")
    func oneSize() {
        let runs = [90_000, 5_000, 95_000, 6_000, 99_000, 7_000, 10].map { Candidate(day: 5, count: $0) }
        #expect(plan.next(runs, openDay: 5) == [1, 3, 5])
    }

    @Test("runs of different days are never merged")
    func days() {
        let runs = (0..<9).map { Candidate(day: Int32($0), count: 10) }
        #expect(plan.next(runs, openDay: 8) == nil)
        #expect(plan.next(runs, openDay: 0) == nil)
    }

    @Test("of a day that is over one run is left, whatever the sizes")
    func closedDay() {
        let runs = [1_000_000, 10, 200].map { Candidate(day: 4, count: $0) }
        #expect(plan.next(runs, openDay: 5) == [1, 2, 0])
        #expect(plan.next(runs, openDay: 4) == nil)
    }

    @Test("no more runs are merged at once than have a buffer")
    func width() {
        let runs = (0..<100).map { _ in Candidate(day: 4, count: 10) }
        #expect(plan.next(runs, openDay: 4)?.count == MergePlan.width)
        #expect(plan.next(runs, openDay: 5)?.count == MergePlan.width)
    }

    @Test("entries are sorted, evenly spread or not", arguments: [1, 2, 3, 100, 3_000], [UInt64(0), 1, 0xff, .max])
    func order(count: Int, mask: UInt64) throws {
        var random = SeededGenerator(seed: UInt64(count) ^ mask)
        let entries = (0..<count).map {
            Entry(high: random.next() & mask, low: random.next(), contentHash: 0, sequence: UInt64($0))
        }
        let order = EntryOrder()
        for part in [entries, Array(entries.prefix(count / 2 + 1))] {
            var sequences: [UInt64] = []
            try part.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                try order.forEach(of: base, count: buffer.count) { entry throws(DedupeError) in
                    sequences.append(entry.sequence)
                }
            }
            #expect(sequences == part.sorted { $0.isBefore($1) }.map(\.sequence))
        }
    }

    @Test("a merge holds what its inputs held, in order, over many steps and buffers")
    func merge() throws {
        let directory = try TemporaryDirectory()
        let place = RunPlace(directory: directory.path, storeIdentity: 1, files: DiskRunFiles())
        var random = SeededGenerator(seed: 21)
        var all: [Entry] = []
        var inputs: [Run] = []
        for (number, count) in [40_000, 1, 9_000, 0, 64].enumerated() {
            let entries = (0..<count).map { _ in
                Entry(high: random.next(), low: random.next(), contentHash: random.next(), sequence: random.next())
            }.sorted { $0.isBefore($1) }
            let writer = try RunWriter(
                name: RunName.make(UInt64(number)),
                directory: directory.path,
                day: 7,
                count: count,
                storeIdentity: 1,
                files: DiskRunFiles()
            )
            for entry in entries { try writer.append(entry) }
            inputs.append(try writer.finish())
            all += entries
        }
        all.sort { $0.isBefore($1) }
        let merge = try RunMerge(MergeJob(name: RunName.make(9), day: 7, inputs: inputs), place)
        var steps = 1
        var merged = try merge.step()
        while merged == nil {
            merged = try merge.step()
            steps += 1
        }
        let run = try #require(merged)
        #expect(steps == all.count / RunMerge.stepEntries + 1)
        #expect(run.count == all.count)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: run.layout.pages * RunLayout.pageBytes,
            alignment: 64
        )
        defer { bytes.deallocate() }
        try run.readPages(from: 0, into: bytes)
        let entries = bytes.bindMemory(to: Entry.self)
        #expect(
            (0..<all.count).allSatisfy { entries[$0].sequence == all[$0].sequence && entries[$0].low == all[$0].low }
        )
    }

    @Test("a damaged page stops a merge instead of passing on")
    func damagedInput() throws {
        let directory = try TemporaryDirectory()
        let index = try DedupeIndex(directory: directory.path, windowDays: 32, options: .small())
        var random = SeededGenerator(seed: 22)
        for sequence in 0..<UInt64(50) { _ = try index.insert(random.fingerprint(), at: sequence, day: 10) }
        let names = try index.checkpointAndCommit()
        var bytes = try directory.read(names[0])
        bytes[RunLayout.pageBytes + 5] ^= 1
        try directory.write(names[0], bytes)
        #expect(throws: DedupeError.self) {
            for sequence in 50..<UInt64(5_000) {
                _ = try index.insert(random.fingerprint(), at: sequence, day: 10)
                if sequence % 20 == 0 { try index.checkpointAndCommit() }
            }
        }
    }
}
