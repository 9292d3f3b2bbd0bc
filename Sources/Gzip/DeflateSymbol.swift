/// A literal byte or a match in a block, in one number.
struct DeflateSymbol: BitwiseCopyable {
    private static let matchFlag: UInt32 = 1 << 31

    private let bits: UInt32

    init(literal byte: UInt8) { bits = UInt32(byte) }

    init(_ match: Match) {
        assert(Match.lengths.contains(match.length) && (1...SlidingWindow.history).contains(match.distance))
        bits = Self.matchFlag | UInt32(match.length - 3) << 16 | UInt32(match.distance - 1)
    }

    var isMatch: Bool { bits & Self.matchFlag != 0 }

    /// A literal's byte.
    var literal: Int { Int(bits & 0xff) }

    /// A match's length as the alphabet of literals and lengths has it, with its further bits (RFC 1951, section 3.2.5).
    var length: (symbol: Int, extra: UInt32, extraBits: Int) {
        let value = bits >> 16 & 0xff
        if value == 255 { return (285, 0, 0) }
        if value < 8 { return (257 + Int(value), 0, 0) }
        let extraBits = 29 - value.leadingZeroBitCount
        return (
            257 + 4 * (extraBits + 1) + Int(value >> UInt32(extraBits) & 3), value & (1 << UInt32(extraBits) - 1),
            extraBits
        )
    }

    /// A match's distance as the alphabet of distances has it, with its further bits.
    var distance: (symbol: Int, extra: UInt32, extraBits: Int) {
        let value = bits & 0x7fff
        if value < 4 { return (Int(value), 0, 0) }
        let extraBits = 30 - value.leadingZeroBitCount
        return (
            2 * (extraBits + 1) + Int(value >> UInt32(extraBits) & 1), value & (1 << UInt32(extraBits) - 1), extraBits
        )
    }
}
