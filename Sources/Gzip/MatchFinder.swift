/// A run of bytes that was seen before.
struct Match {
    /// What a match of deflate may have, bytes (RFC 1951, section 3.2.5).
    static let lengths = 3...258

    var length: Int
    /// How far back the same bytes begin.
    var distance: Int

    static let none = Match(length: 0, distance: 0)
}

/// Where in the last 32 KiB the bytes at a position were seen before: chains of positions by the hash of four bytes, and the
/// last position by the hash of three.
struct MatchFinder: ~Copyable {
    private static let quadBits: UInt32 = 16
    private static let tripleBits: UInt32 = 14
    /// Three bytes are worth it only near: further back their distance takes more bits than they would themselves.
    private static let tripleDistanceLimit = 4096
    private static let nowhere = Int32.min / 2
    private static let mask = SlidingWindow.history - 1

    /// By hash of four bytes, the last position.
    private var quads = FixedBuffer(repeating: Self.nowhere, count: 1 << Self.quadBits)
    /// By hash of three bytes, the last position.
    private var triples = FixedBuffer(repeating: Self.nowhere, count: 1 << Self.tripleBits)
    /// By position in a ring, the one before it with the same hash of four bytes.
    private var previous = FixedBuffer(repeating: Self.nowhere, count: SlidingWindow.history)

    /// Makes a position known, so that a later one finds it. The last three bytes of a chunk have no place.
    mutating func insert(_ position: Int, in window: borrowing SlidingWindow) {
        guard position + 4 <= window.end else { return }
        let word = window.word(at: position)
        let quad = Self.quadHash(word)
        previous[position & Self.mask] = quads[quad]
        quads[quad] = Int32(truncatingIfNeeded: position)
        triples[Self.tripleHash(word)] = Int32(truncatingIfNeeded: position)
    }

    /// The longest match at a position that is not inserted yet, the nearest of those.
    ///
    /// - Parameters:
    ///   - longerThan: what a match has to beat, bytes.
    ///   - chainLimit: how many earlier positions are tried.
    ///   - goodLength: bytes that are enough to stop the search.
    func longestMatch(
        at position: Int,
        in window: borrowing SlidingWindow,
        longerThan: Int,
        chainLimit: Int,
        goodLength: Int
    ) -> Match {
        let limit = min(Match.lengths.upperBound, window.end - position)
        guard limit >= 4, longerThan < limit else { return .none }
        let word = window.word(at: position)
        var best = Match(length: longerThan, distance: 0)
        if longerThan < 3 {
            let near = Int(triples[Self.tripleHash(word)])
            if position - near <= Self.tripleDistanceLimit {
                let length = window.commonLength(near, position, limit: limit)
                if length >= 3 { best = Match(length: length, distance: position - near) }
            }
        }
        var candidate = Int(quads[Self.quadHash(word)])
        var tries = chainLimit
        while tries > 0, position - candidate <= SlidingWindow.history, best.length < min(limit, goodLength) {
            // Four bytes that end where a longer match would have one more, before the whole length is compared.
            let tail = max(0, best.length - 3)
            if window.word(at: candidate) == word, window.word(at: candidate + tail) == window.word(at: position + tail)
            {
                let length = window.commonLength(candidate, position, limit: limit)
                if length > best.length { best = Match(length: length, distance: position - candidate) }
            }
            // The furthest position shares its place in the ring with this one; nothing behind it is in reach anyway.
            candidate = Int(previous[candidate & Self.mask])
            tries -= 1
        }
        return best.distance == 0 ? .none : best
    }

    /// Follows the window when its bytes move towards the front.
    mutating func slide(by shift: Int) {
        Self.slide(&quads, by: Int32(shift))
        Self.slide(&triples, by: Int32(shift))
        Self.slide(&previous, by: Int32(shift))
        // The ring is by position.
        precondition(shift & Self.mask == 0, "a window slides by whole rings")
    }

    private static func slide(_ positions: inout FixedBuffer<Int32>, by shift: Int32) {
        for index in 0..<positions.count {
            positions[index] = max(nowhere, positions[index] - shift)
        }
    }

    private static func quadHash(_ word: UInt32) -> Int { Int((word &* 0x9e37_79b1) >> (32 - quadBits)) }
    private static func tripleHash(_ word: UInt32) -> Int { Int(((word << 8) &* 0x9e37_79b1) >> (32 - tripleBits)) }
}
