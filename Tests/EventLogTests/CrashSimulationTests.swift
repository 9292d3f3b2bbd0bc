import Glibc
import Synchronization
import Testing

@testable import EventLog

@Suite("A disk that tears writes, drops sectors and fails syncs")
struct CrashSimulationTests {
    @Test(
        "after any crash every acked event is there once, unaltered, in order, and nothing is taken for damage",
        arguments: 0..<40 as Range<UInt64>
    )
    func crashes(seed: UInt64) throws {
        var simulation = Simulation(seed: seed)
        for _ in 0..<25 { try simulation.round() }
        // A run that never got anything to disk or never lost anything would prove nothing.
        #expect(simulation.acked > 100, "seed \(seed)")
        #expect(simulation.lost > 0, "seed \(seed)")
    }
}

/// One disk's life: open, check, write, crash, again and again. No threads, so that a seed fixes everything.
private struct Simulation {
    struct Written: Hashable {
        var first: UInt64
        var count: UInt32
        var text: String
    }

    let seed: UInt64
    var chance: SeededGenerator
    var disk = SimulatedDisk()
    var options = LogOptions()
    /// All that is known to be on disk, in order.
    var durable: [Written] = []
    /// What the last writer had in hand when it failed, in order; a part of it from the front may have survived.
    var unsure: [(count: UInt32, text: String)] = []
    var written = 0
    var acked = 0
    var lost = 0

    init(seed: UInt64) {
        self.seed = seed
        chance = SeededGenerator(seed: seed)
        options.segmentBytes = 32_768
        options.commitBytes = 16_384
        options.commitFrames = 12
        options.readBytes = 4_096
        options.reserveBytes = 0
    }

    mutating func round() throws {
        injectFault(within: 30, one: 4)
        let recovered: RecoveredLog
        do {
            recovered = try LogOpening(
                directory: LogFixture.directory,
                surroundings: surroundings(),
                readBytes: options.readBytes
            ).recover(identity: nil)
        } catch {
            guard case .system(let system) = error, system.number == EIO else { throw error }
            return try end()
        }
        disk.setFault(nil)
        let catalog = SegmentCatalog(recovered)
        try check(catalog, recovered)
        try write(recovered, catalog)
        try end()
    }

    /// Everything durable is read, and behind it at most a part of what was under way.
    private mutating func check(_ catalog: SegmentCatalog, _ recovered: RecoveredLog) throws {
        let cursor = FrameCursor(
            directory: LogFixture.directory,
            identity: recovered.identity,
            disk: disk,
            catalog: catalog,
            readBytes: options.readBytes,
            from: 0
        )
        var read: [Written] = []
        while let frame = try cursor.next() {
            read.append(Written(first: frame.firstSequence, count: frame.count, text: frame.text))
        }
        try #require(Array(read.prefix(durable.count)) == durable, "seed \(seed): acked frames are gone or altered")
        var next = durable.last.map { $0.first + UInt64($0.count) } ?? 0
        let survived = read.dropFirst(durable.count)
        try #require(survived.count <= unsure.count, "seed \(seed): frames nobody wrote")
        for (frame, draft) in zip(survived, unsure) {
            try #require(frame == Written(first: next, count: draft.count, text: draft.text), "seed \(seed)")
            next += UInt64(draft.count)
        }
        try #require(catalog.syncedThrough == next, "seed \(seed)")
        lost += unsure.count - survived.count
        durable += survived
        unsure = []
    }

    private mutating func write(_ recovered: RecoveredLog, _ catalog: SegmentCatalog) throws {
        let writer = LogWriter(
            directory: LogFixture.directory,
            recovered: recovered,
            options: options,
            surroundings: surroundings(),
            catalog: catalog,
            takePrepared: { nil }
        )
        injectFault(within: 60, one: 1)
        for _ in 0..<Int.random(in: 1...12, using: &chance) {
            let drafts = (0..<Int.random(in: 1...30, using: &chance)).map { _ in draft() }
            var start = 0
            while start < drafts.count {
                let first = start
                switch writer.commit(drafts, from: &start) {
                case .committed(let frames, _):
                    try #require(frames.count == start - first)
                    acked += frames.count
                    durable += frames.map { Written(first: $0.firstSequence, count: $0.count, text: $0.text) }
                case .diskLow:
                    Issue.record("seed \(seed): the simulated disk is never full")
                    return
                case .failed:
                    unsure = drafts[first...].map { ($0.count, String(decoding: $0.payload, as: UTF8.self)) }
                    // Readers beside the writer never see more than what was acked.
                    let kept = unsure
                    unsure = []
                    try check(catalog, recovered)
                    unsure = kept
                    return
                }
            }
        }
        if Bool.random(using: &chance) { try? writer.close() }
        try check(catalog, recovered)
    }

    /// The process dies; in two of three cases the machine with it.
    private mutating func end() throws {
        if Int.random(in: 0..<3, using: &chance) == 0 {
            disk = disk.copy()
        } else {
            disk = disk.crash(using: &chance)
        }
        guard disk.names(in: LogFixture.directory).contains("log.meta") else { return }
        let report = try LogInspection.verify(
            directory: LogFixture.directory,
            surroundings: LogSurroundings(disk: disk.copy())
        )
        try #require(report.isSound, "seed \(seed): a crash is taken for damage: \(report.damage)")
    }

    private mutating func draft() -> FrameDraft {
        written += 1
        let length = Int.random(in: 0..<10, using: &chance) == 0 ? 9_000 : 900
        let text = "\(seed)/\(written)/" + String(repeating: "e", count: Int.random(in: 0..<length, using: &chance))
        return FrameDraft(text, count: UInt32.random(in: 1...20, using: &chance))
    }

    private mutating func injectFault(within calls: Int, one outOf: Int) {
        guard Int.random(in: 0..<outOf, using: &chance) == 0 else { return }
        let from = disk.calls
        let at = from + Int.random(in: 1...calls, using: &chance)
        let limit = Bool.random(using: &chance) ? Int.random(in: 1...5_000, using: &chance) : nil
        disk.state.withLock { $0.writeLimit = limit }
        // Once it has failed it stays so: the process has to end.
        disk.setFault { _, _, number in number >= at ? EIO : nil }
    }

    private mutating func surroundings() -> LogSurroundings {
        let generator = Mutex(SeededGenerator(seed: chance.next()))
        let random = Shared(generator)
        return LogSurroundings(disk: disk, wallClock: { 1 }, monotonicClock: { 0 }, random: { random.next() })
    }

    private final class Shared: Sendable {
        private let generator: Mutex<SeededGenerator>
        init(_ generator: consuming Mutex<SeededGenerator>) { self.generator = generator }
        func next() -> UInt64 { generator.withLock { $0.next() } }
    }
}
