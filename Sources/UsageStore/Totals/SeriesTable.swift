import Glibc

/// The series of one meter: each combination of subject and dimension values has a number, given in order of first
/// appearance in the log, and its key is kept once.
///
/// A key is the subject and then each dimension value in the order of `Meter.groupBy`, each as a little-endian
/// UInt32 length and that many bytes of UTF-8. The table is open addressed over a hash with a seed of this process,
/// so that nobody outside can choose colliding subjects; the hash never reaches the disk.
public struct SeriesTable: Sendable {
    /// The upper half of a key's hash, and the series' number plus one; 0 is an empty slot. The half hash spares most
    /// looks at the keys of other series.
    private var slots: [UInt64] = Array(repeating: 0, count: 1024)
    /// The hash of each series, for growing.
    private var hashes: [UInt64] = []
    private var ends: [Int] = []
    private var arena: [UInt8] = []
    private let seed: UInt64

    /// An empty table.
    public init() {
        seed = UInt64.random(in: .min ... .max) | 1
    }

    /// How many series there are; numbers run from 0 to `count - 1`.
    public var count: Int { ends.count }

    /// The number of the series with this key, which is taken up if it is new.
    @inline(__always)
    public mutating func number(of key: UnsafeRawBufferPointer) -> UInt32 {
        let hash = Self.hash(key, seed: seed)
        var position = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while true {
            let slot = slots[position]
            if slot == 0 { break }
            let number = UInt32(truncatingIfNeeded: slot) &- 1
            if slot >> 32 == hash >> 32, matches(Int(number), key) { return number }
            position = (position + 1) & (slots.count - 1)
        }
        return insert(key, hash: hash, at: position)
    }

    /// The number of the series with this key; nil when there is none.
    @inline(__always)
    public func find(_ key: UnsafeRawBufferPointer) -> UInt32? {
        let hash = Self.hash(key, seed: seed)
        var position = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while true {
            let slot = slots[position]
            if slot == 0 { return nil }
            let number = UInt32(truncatingIfNeeded: slot) &- 1
            if slot >> 32 == hash >> 32, matches(Int(number), key) { return number }
            position = (position + 1) & (slots.count - 1)
        }
    }

    /// The parts of a series' key: the subject first, then the dimension values, each as bytes of UTF-8.
    public func parts(of number: UInt32) -> [[UInt8]] { withKey(number) { SeriesKey.parts(of: $0) } }

    /// The key's bytes.
    public func withKey<R>(_ number: UInt32, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let start = number == 0 ? 0 : ends[Int(number) - 1]
        return try arena.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start..<ends[Int(number)]])) }
    }

    @inline(__always)
    private func matches(_ number: Int, _ key: UnsafeRawBufferPointer) -> Bool {
        let start = number == 0 ? 0 : ends[number - 1]
        guard ends[number] - start == key.count else { return false }
        return arena.withUnsafeBytes { bytes in
            guard let stored = bytes.baseAddress, let asked = key.baseAddress else { return true }
            return memcmp(stored + start, asked, key.count) == 0
        }
    }

    @inline(never)
    private mutating func insert(_ key: UnsafeRawBufferPointer, hash: UInt64, at position: Int) -> UInt32 {
        let number = UInt32(ends.count)
        arena.append(contentsOf: key)
        ends.append(arena.count)
        hashes.append(hash)
        slots[position] = Self.slot(hash, number)
        if ends.count * 2 > slots.count { grow() }
        return number
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var position = Int(truncatingIfNeeded: hash) & (larger.count - 1)
            while larger[position] != 0 { position = (position + 1) & (larger.count - 1) }
            larger[position] = Self.slot(hash, UInt32(number))
        }
        slots = larger
    }

    @inline(__always)
    private static func slot(_ hash: UInt64, _ number: UInt32) -> UInt64 { (hash >> 32) << 32 | UInt64(number + 1) }

    /// Multiply-and-fold over eight bytes at a time.
    @inline(__always)
    private static func hash(_ key: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var state = seed ^ UInt64(key.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= key.count {
            state = fold(state ^ key.loadUnaligned(fromByteOffset: offset, as: UInt64.self), seed)
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < key.count {
            tail = tail << 8 | UInt64(key[offset])
            offset += 1
        }
        return fold(state ^ tail, 0xD6E8_FEB8_6659_FD93 ^ seed)
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b | 1)
        return product.high ^ product.low
    }
}
