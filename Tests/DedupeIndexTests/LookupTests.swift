import Glibc
import Testing

@testable import DedupeIndex

@Suite("Looking a key up")
struct LookupTests {
    @Test(
        "a lookup finds what the inserts and checkpoints so far left within the window, and enters nothing",
        arguments: 1...6 as ClosedRange<UInt64>
    )
    func randomHistory(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        let index = try DedupeIndex(directory: directory.path, windowDays: 3, options: .small())
        var model = DedupeModel(windowDays: 3)
        let pool = (0..<600).map { _ in random.fingerprint() }
        var day: Int32 = 20_000
        var sequence: UInt64 = 0
        for _ in 0..<60 {
            day += Int32.random(in: 0...4, using: &random) / 4
            if Int.random(in: 0..<5, using: &random) == 0 { try index.checkpointAndCommit() }
            let keys = (0..<Int.random(in: 1...100, using: &random)).map { _ in
                DedupeKey(fingerprint: pool[Int.random(in: pool.indices, using: &random)], contentHash: 0)
            }
            for (offset, key) in keys.enumerated() {
                _ = model.insert(key, sequence: sequence + UInt64(offset), day: day)
            }
            _ = try index.insert(keys, firstSequence: sequence, arrivalDay: day)
            sequence += UInt64(keys.count)
            let held = index.statistics.keys
            for key in pool { #expect(try index.first(of: key) == model.first(of: key), "seed \(seed)") }
            #expect(index.statistics.keys == held)
        }
    }

    @Test("a key whose day has left the window is not found")
    func expired() throws {
        let directory = try TemporaryDirectory()
        let index = try DedupeIndex(directory: directory.path, windowDays: 2, options: .small())
        let key = Fingerprint(high: 1, low: 1)
        _ = try index.insert(key, at: 7, day: 10)
        _ = try index.insert(Fingerprint(high: 2, low: 2), at: 8, day: 12)
        #expect(try index.first(of: key) == 7)
        try index.checkpointAndCommit()
        _ = try index.insert(Fingerprint(high: 3, low: 3), at: 9, day: 13)
        #expect(try index.first(of: key) == nil)
    }

    @Test("a disk that cannot be read ends the index, as it does for an insert")
    func readFault() throws {
        let directory = try TemporaryDirectory()
        let files = FaultyRunFiles()
        let options = DedupeOptions.small(files: files)
        let index = try DedupeIndex(directory: directory.path, windowDays: 32, options: options)
        let key = Fingerprint(high: 5, low: 5)
        _ = try index.insert(key, at: 1, day: 10)
        let names = try index.checkpointAndCommit()
        let again = try DedupeIndex(directory: directory.path, windowDays: 32, restoring: names, options: options)
        files.fail(.read, with: EIO)
        #expect(throws: DedupeError.self) { try again.first(of: key) }
        files.heal()
        #expect(throws: DedupeError.self) { try again.first(of: key) }
        #expect(throws: DedupeError.self) { try again.insert(Fingerprint(high: 6, low: 6), at: 2, day: 10) }
    }
}
