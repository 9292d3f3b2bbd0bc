internal import CPlatform

/// A split-block Bloom filter: one 32-byte block per key, eight lanes of 32 bits, one bit in each.
///
/// The block is chosen by the fingerprint's `high` in proportion (so filling it from sorted entries runs through the
/// memory once, in order), the eight bits by 40 bits of `low`. At 20 bits a key about 4 absent keys in
/// 10,000 pass. A probe is one cache line, and the bits to look for are the same in every filter, so asking many filters
/// for one key costs a few cycles each.
struct FilterMask {
    var first: UInt64
    var second: UInt64
    var third: UInt64
    var fourth: UInt64

    @inline(__always)
    init(low: UInt64) {
        first = 1 &<< (low & 31) | 0x1_0000_0000 &<< (low &>> 5 & 31)
        second = 1 &<< (low &>> 10 & 31) | 0x1_0000_0000 &<< (low &>> 15 & 31)
        third = 1 &<< (low &>> 20 & 31) | 0x1_0000_0000 &<< (low &>> 25 & 31)
        fourth = 1 &<< (low &>> 30 & 31) | 0x1_0000_0000 &<< (low &>> 35 & 31)
    }
}

/// A filter's words in memory that someone else owns.
struct FilterView {
    /// Memory of a filter per key, in bits.
    static let bitsPerKey = 20
    static let blockBytes = 32
    static let blockWords = 4

    let words: UnsafeMutablePointer<UInt64>
    let blocks: UInt64

    /// Blocks for a number of keys; none for none.
    static func blocks(forKeys count: Int) -> Int {
        (count * bitsPerKey + blockBytes * 8 - 1) / (blockBytes * 8)
    }

    @inline(__always)
    private func block(_ high: UInt64) -> UnsafeMutablePointer<UInt64> {
        words + Int(truncatingIfNeeded: high.multipliedFullWidth(by: blocks).high) &* Self.blockWords
    }

    /// False when the key is surely not there. Only for a filter that has blocks.
    @inline(__always)
    func mayHold(high: UInt64, mask: FilterMask) -> Bool {
        let block = block(high)
        let missing =
            (mask.first & ~block[0]) | (mask.second & ~block[1]) | (mask.third & ~block[2]) | (mask.fourth & ~block[3])
        return missing == 0
    }

    @inline(__always)
    func prefetch(high: UInt64) {
        meterd_prefetch(block(high))
    }

    @inline(__always)
    func insert(high: UInt64, low: UInt64) {
        let mask = FilterMask(low: low)
        let block = block(high)
        block[0] |= mask.first
        block[1] |= mask.second
        block[2] |= mask.third
        block[3] |= mask.fourth
    }
}
