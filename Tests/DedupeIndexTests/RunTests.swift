import Testing

@testable import DedupeIndex

@Suite("Runs on disk")
struct RunTests {
    private let directory: TemporaryDirectory
    private let name = "000000000001.run"
    private let page = UnsafeMutableRawBufferPointer.allocate(byteCount: RunLayout.pageBytes, alignment: 64)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static func entries(_ count: Int, seed: UInt64 = 9) -> [Entry] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map {
            Entry(high: random.next(), low: random.next(), contentHash: random.next(), sequence: UInt64($0))
        }.sorted { $0.isBefore($1) }
    }

    @discardableResult
    private func write(_ entries: [Entry], day: Int32 = 20_000, storeIdentity: UInt64 = 1) throws -> Run {
        let writer = try RunWriter(
            name: name,
            directory: directory.path,
            day: day,
            count: entries.count,
            storeIdentity: storeIdentity,
            files: DiskRunFiles()
        )
        for entry in entries { try writer.append(entry) }
        return try writer.finish()
    }

    private func open(storeIdentity: UInt64 = 1) throws -> Run {
        try Run.open(name: name, directory: directory.path, storeIdentity: storeIdentity, files: DiskRunFiles())
    }

    private func find(_ key: Entry, in run: Run) throws -> UInt64? {
        defer { page.initializeMemory(as: UInt8.self, repeating: 0xaa) }
        var reads = 0
        return try run.find(Fingerprint(high: key.high, low: key.low), buffer: page, reads: &reads)?.sequence
    }

    @Test("every entry is found again after opening, and no other key", arguments: [1, 2, 31, 32, 33, 64, 5_000])
    func roundTrip(count: Int) throws {
        defer { page.deallocate() }
        let entries = Self.entries(count)
        let written = try write(entries, day: -3)
        let opened = try open()
        #expect(opened.count == count)
        #expect(opened.day == -3)
        #expect(opened.layout.fileBytes == UInt64(try directory.read(name).count))
        for run in [written, opened] {
            for entry in entries {
                #expect(run.filter.mayHold(high: entry.high, mask: FilterMask(low: entry.low)))
                #expect(try find(entry, in: run) == entry.sequence)
            }
        }
        for entry in Self.entries(200, seed: 10) { #expect(try find(entry, in: opened) == nil) }
        for high in [UInt64.min, .max] {
            #expect(try find(Entry(high: high, low: 1, contentHash: 0, sequence: 0), in: opened) == nil)
        }
    }

    @Test("entries that share their first half over many pages are told apart")
    func equalHighs() throws {
        defer { page.deallocate() }
        let entries = (0..<1_000).map {
            Entry(high: $0 < 300 ? 5 : 6, low: UInt64($0), contentHash: 0, sequence: UInt64($0))
        }
        let run = try write(entries)
        for entry in entries { #expect(try find(entry, in: run) == entry.sequence) }
        #expect(try find(Entry(high: 5, low: 300, contentHash: 0, sequence: 0), in: run) == nil)
    }

    @Test("a run without entries only has its day")
    func empty() throws {
        defer { page.deallocate() }
        try write([])
        let run = try open()
        #expect(run.count == 0)
        #expect(run.day == 20_000)
        #expect(try directory.read(name).count == RunLayout.pageBytes)
    }

    @Test("an absent key passes the filter less than once in a thousand times")
    func filterIsSelective() throws {
        defer { page.deallocate() }
        let run = try write(Self.entries(20_000))
        let passed = Self.entries(100_000, seed: 11).count {
            run.filter.mayHold(high: $0.high, mask: FilterMask(low: $0.low))
        }
        #expect(passed < 100)
    }

    @Test("a byte changed anywhere is noticed, at opening or when its page is read")
    func damageAnywhere() throws {
        defer { page.deallocate() }
        let entries = Self.entries(150)
        let layout = try write(entries).layout
        let whole = try directory.read(name)
        for offset in stride(from: 0, to: whole.count, by: 13) {
            var bytes = whole
            bytes[offset] ^= 0x10
            try directory.write(name, bytes)
            let path = directory.path + "/" + name
            let error = #expect(throws: DedupeError.self, "byte \(offset)") {
                let run = try open()
                for entry in entries { _ = try find(entry, in: run) }
            }
            if (8..<12).contains(offset) { continue }
            guard case .damagedRun(path, let at, _) = error else {
                Issue.record("byte \(offset): \(String(describing: error))")
                continue
            }
            let isPage = offset >= RunLayout.pageBytes && UInt64(offset) < layout.summaryOffset
            let section =
                isPage
                ? UInt64(offset / RunLayout.pageBytes * RunLayout.pageBytes)
                : UInt64(offset) < layout.summaryOffset ? 0 : layout.summaryOffset
            #expect(at == section, "byte \(offset)")
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test("a run that is cut short, or longer than it says, is refused")
    func wrongLength() throws {
        defer { page.deallocate() }
        try write(Self.entries(150))
        let whole = try directory.read(name)
        for length in [0, 1, 100, 1_023, 1_024, whole.count - 1] {
            try directory.write(name, Array(whole[..<length]))
            #expect(throws: DedupeError.self, "\(length) bytes") { try open() }
        }
        try directory.write(name, whole + [0])
        #expect(throws: DedupeError.self) { try open() }
    }

    @Test("a run of another store is refused")
    func foreign() throws {
        defer { page.deallocate() }
        try write(Self.entries(3), storeIdentity: 1)
        #expect(throws: DedupeError.foreignRun(path: directory.path + "/" + name, found: 1, expected: 2)) {
            try open(storeIdentity: 2)
        }
    }

    @Test("a run of a later format is refused by its version")
    func laterVersion() throws {
        defer { page.deallocate() }
        try write(Self.entries(3))
        var bytes = try directory.read(name)
        bytes[8] = 2
        try directory.write(name, bytes)
        #expect(throws: DedupeError.unknownVersion(path: directory.path + "/" + name, found: 2)) { try open() }
    }
}
