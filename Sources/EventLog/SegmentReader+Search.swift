/// What is behind a place where no frame can be read.
struct SegmentRest: Sendable {
    /// The first frame header there with a sequence number not below the one looked for.
    var next: (offset: Int64, header: FrameHeader)?
    /// The highest `syncedThrough` of all frame headers there.
    var claimed: UInt64 = 0
    /// The highest sequence number after any frame there.
    var nextSequence: UInt64 = 0
    /// Where the last 8 bytes that are not all zero end.
    var end: Int64
}

extension SegmentReader {
    /// Looks at every place behind an offset where a frame could begin. Headers are proved by their own checksum, so a
    /// payload full of made-up headers costs a checksum of 44 bytes each and is believed in nothing.
    ///
    /// - Parameters:
    ///   - sequence: frames below this one are not `next`.
    ///   - stopAtNext: end the search with the first such frame; the other fields are then of what came before.
    func searchRest(
        behind offset: Int64,
        from sequence: UInt64,
        stopAtNext: Bool = false
    ) throws(EventLogError) -> SegmentRest {
        var rest = SegmentRest(end: offset)
        var at = offset
        while at < limit, let bytes = try bytes(at: at, count: Int(min(limit - at, Self.word))) {
            let found = Self.scan(bytes, at: at, behind: offset, rest: &rest)
            at += Int64(found)
            guard found < bytes.count else { continue }
            if case .header(let header) = try self.header(at: at) {
                rest.claimed = max(rest.claimed, header.syncedThrough)
                rest.nextSequence = max(rest.nextSequence, header.nextSequence)
                if rest.next == nil, header.firstSequence >= sequence {
                    rest.next = (at, header)
                    if stopAtNext { return rest }
                }
            }
            at += Self.word
        }
        return rest
    }

    private static var word: Int64 { Int64(FrameHeader.alignment) }

    /// How many bytes there are before the next place with a frame's magic; all of them when there is none.
    private static func scan(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int64,
        behind start: Int64,
        rest: inout SegmentRest
    ) -> Int {
        let step = FrameHeader.alignment
        let whole = bytes.count & ~(step - 1)
        var index = 0
        var end = -1
        defer { if end >= 0 { rest.end = offset + Int64(end) } }
        while index < whole {
            if index + 8 * step <= whole, isZero(bytes, from: index, words: 8) {
                index += 8 * step
                continue
            }
            let word = bytes.get(UInt64.self, at: index)
            if word != 0 {
                end = index + step
                if UInt32(truncatingIfNeeded: word) == FrameHeader.magic, offset + Int64(index) > start { return index }
            }
            index += step
        }
        if bytes[whole...].contains(where: { $0 != 0 }) { end = bytes.count }
        return bytes.count
    }

    @inline(__always)
    private static func isZero(_ bytes: UnsafeRawBufferPointer, from start: Int, words: Int) -> Bool {
        var all: UInt64 = 0
        for word in 0..<words { all |= bytes.loadUnaligned(fromByteOffset: start + word * 8, as: UInt64.self) }
        return all == 0
    }
}
