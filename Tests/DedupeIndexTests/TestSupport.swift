import Foundation

@testable import DedupeIndex

/// A directory of its own for one test, removed when the test lets go of it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("dedupe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    func write(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func read(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }
}

/// SplitMix64: the same numbers from the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    mutating func fingerprint() -> Fingerprint {
        Fingerprint(high: next(), low: next())
    }
}

/// What the index promises, in the plainest form.
struct DedupeModel {
    let windowDays: Int
    private var newestDay: Int32?
    private var firsts: [Fingerprint: (sequence: UInt64, contentHash: UInt64, day: Int32)] = [:]

    init(windowDays: Int) {
        self.windowDays = windowDays
    }

    var count: Int { firsts.count }

    func first(of fingerprint: Fingerprint) -> UInt64? { firsts[fingerprint]?.sequence }

    mutating func insert(_ key: DedupeKey, sequence: UInt64, day: Int32) -> Arrival {
        let newest = max(newestDay ?? day, day)
        if newest != newestDay {
            newestDay = newest
            firsts = firsts.filter { Int(newest) <= Int($0.value.day) + windowDays }
        }
        guard let first = firsts[key.fingerprint] else {
            firsts[key.fingerprint] = (sequence, key.contentHash, newest)
            return .first
        }
        return first.contentHash == key.contentHash
            ? .duplicate(of: first.sequence) : .conflict(with: first.sequence)
    }
}

extension DedupeIndex {
    func insert(_ keys: [DedupeKey], firstSequence: UInt64, arrivalDay: Int32) throws -> [Arrival] {
        var answers = [Arrival](repeating: .first, count: keys.count)
        try keys.withUnsafeBufferPointer { keys in
            try answers.withUnsafeMutableBufferPointer { answers in
                try insert(keys, firstSequence: firstSequence, arrivalDay: arrivalDay, into: answers)
            }
        }
        return answers
    }

    func insert(_ fingerprint: Fingerprint, _ contentHash: UInt64 = 0, at sequence: UInt64, day: Int32) throws
        -> Arrival
    {
        try insert(fingerprint, contentHash: contentHash, sequence: sequence, arrivalDay: day)
    }

    /// A checkpoint that is durable at once.
    @discardableResult
    func checkpointAndCommit() throws -> [String] {
        let names = try checkpoint()
        committed(names)
        return names
    }
}

extension DedupeOptions {
    /// So small that a few hundred keys fill generations and bring merges about.
    static func small(files: any RunFiles = DiskRunFiles()) -> DedupeOptions {
        DedupeOptions(generationKeys: 64, generations: 3, mergeFanIn: 3, files: files)
    }
}
