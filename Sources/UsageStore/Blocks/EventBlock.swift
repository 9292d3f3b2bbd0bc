import Foundation

/// What became of the events of one stretch of the log when they were applied: a bit each, and between which times they lie.
///
/// A block is `width` sequence numbers. A bitmap is 1,024 words of 64 bits, the lowest bit of the first word for the block's
/// first sequence number; one in which no bit is set is empty, in memory and on disk.
public struct EventBlock: Sendable, Hashable {
    /// Sequence numbers of a block.
    public static let width: UInt64 = 65_536
    /// Words of a bitmap with bits in it.
    static let words = Int(width / 64)

    /// Its place: it holds the sequence numbers `number * width ..< (number + 1) * width`.
    public let number: UInt64
    /// No event of the block has an earlier time, and none an earlier one since it was amended; microseconds since
    /// 1970-01-01T00:00:00Z.
    public internal(set) var minTime: Int64
    /// No event of the block has a later time, and none a later one since it was amended; microseconds likewise.
    public internal(set) var maxTime: Int64
    /// A bit for each event whose source and id came before; empty for none.
    public internal(set) var duplicate: [UInt64] = []
    /// A bit for each event that no meter counted, because none has its type or because none could use it; empty for none.
    public internal(set) var uncounted: [UInt64] = []
    /// A bit for each event that was corrected since: what counts is in the table of corrections; empty for none.
    public internal(set) var corrected: [UInt64] = []

    /// A block without events.
    init(number: UInt64) {
        self.number = number
        minTime = .max
        maxTime = .min
    }

    /// The number of the block that has a sequence number.
    @inlinable
    public static func number(of sequence: UInt64) -> UInt64 { sequence / width }

    /// Its sequence numbers.
    public var sequences: Range<UInt64> { number * Self.width..<(number + 1) * Self.width }

    /// Whether an event of the block came before; false for sequence numbers of other blocks.
    public func isDuplicate(_ sequence: UInt64) -> Bool { has(sequence, in: duplicate) }

    /// Whether no meter counted an event of the block; false for sequence numbers of other blocks.
    public func isUncounted(_ sequence: UInt64) -> Bool { has(sequence, in: uncounted) }

    /// Whether an event of the block was corrected; false for sequence numbers of other blocks.
    public func isCorrected(_ sequence: UInt64) -> Bool { has(sequence, in: corrected) }

    /// Whether an event of the block was corrected.
    public var hasCorrected: Bool { !corrected.isEmpty }

    private func has(_ sequence: UInt64, in bits: [UInt64]) -> Bool {
        guard !bits.isEmpty, Self.number(of: sequence) == number else { return false }
        let index = Int(sequence % Self.width)
        return bits[index >> 6] >> UInt64(index & 63) & 1 != 0
    }

    /// Makes its times reach this far.
    mutating func widen(_ least: Int64, _ greatest: Int64) {
        minTime = min(minTime, least)
        maxTime = max(maxTime, greatest)
    }

    /// Sets the bit of a sequence number.
    @inline(__always)
    static func set(_ sequence: UInt64, in bits: inout [UInt64]) {
        if bits.isEmpty { bits = Array(repeating: 0, count: words) }
        let index = Int(sequence % width)
        bits[index >> 6] |= 1 << UInt64(index & 63)
    }

    /// Clears the bits that are set in another bitmap.
    static func clear(_ others: [UInt64], in bits: inout [UInt64]) {
        guard !bits.isEmpty, !others.isEmpty else { return }
        for index in bits.indices { bits[index] &= ~others[index] }
        if bits.allSatisfy({ $0 == 0 }) { bits = [] }
    }

    /// A bitmap as it is stored: each word as eight bytes, the lowest first; nil for an empty one.
    static func data(_ bits: [UInt64]) -> Data? {
        guard !bits.isEmpty else { return nil }
        var data = Data(capacity: bits.count * 8)
        for word in bits { withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) } }
        return data
    }

    /// Takes a stored bitmap back; nil when it has the wrong length.
    static func bits(_ data: Data?) -> [UInt64]? {
        guard let data else { return [] }
        guard data.count == words * 8 else { return nil }
        return data.withUnsafeBytes { bytes in
            (0..<words).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }
}
