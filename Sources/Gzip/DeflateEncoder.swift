/// Turns chunks of bytes into blocks of deflate (RFC 1951, https://www.rfc-editor.org/rfc/rfc1951).
struct DeflateEncoder: ~Copyable {
    /// Earlier positions that are tried for one match.
    fileprivate static let chainLimit = 128
    /// Bytes of a match after which the next position is searched with a quarter of the effort.
    fileprivate static let fairLength = 8
    /// Bytes of a match after which the next position is not searched at all.
    fileprivate static let lazyLength = 16
    /// Bytes of a match that end its search.
    fileprivate static let goodLength = 128

    var output = BitWriter()
    private var finder = MatchFinder()
    private var block = DeflateBlock()

    /// Writes the chunk of the window as blocks of its own.
    ///
    /// A match is written only if the next position has no longer one; otherwise its first byte becomes a literal.
    mutating func encode(_ window: borrowing SlidingWindow, isLast: Bool) {
        var position = window.chunkStart
        block.begin(at: position)
        // The match one byte before the position, not written yet.
        var waiting: Match?
        while position < window.end {
            let found = finder.match(at: position, in: window, waiting: waiting?.length ?? 0)
            finder.insert(position, in: window)
            if let match = waiting, match.length > 0, found.length <= match.length {
                add(DeflateSymbol(match), bytes: match.length, of: window)
                let end = position - 1 + match.length
                for skipped in position + 1..<max(position + 1, end) {
                    finder.insert(skipped, in: window)
                }
                position = end
                waiting = nil
            } else {
                if waiting != nil { add(DeflateSymbol(literal: window[position - 1]), bytes: 1, of: window) }
                waiting = found
                position += 1
            }
        }
        if waiting != nil { add(DeflateSymbol(literal: window[position - 1]), bytes: 1, of: window) }
        block.write(to: &output, of: window, isLast: isLast)
    }

    /// Follows the window when its bytes move towards the front.
    mutating func slide(by shift: Int) {
        finder.slide(by: shift)
    }

    private mutating func add(_ symbol: DeflateSymbol, bytes: Int, of window: borrowing SlidingWindow) {
        if block.isFull { block.write(to: &output, of: window, isLast: false) }
        block.add(symbol, bytes: bytes)
    }
}

extension MatchFinder {
    /// The match at a position where one of `waiting` bytes begins just before.
    fileprivate func match(at position: Int, in window: borrowing SlidingWindow, waiting: Int) -> Match {
        guard waiting < DeflateEncoder.lazyLength else { return .none }
        return longestMatch(
            at: position,
            in: window,
            longerThan: max(waiting, Match.lengths.lowerBound - 1),
            chainLimit: DeflateEncoder.chainLimit / (waiting < DeflateEncoder.fairLength ? 1 : 4),
            goodLength: DeflateEncoder.goodLength
        )
    }
}
