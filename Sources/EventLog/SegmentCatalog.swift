internal import Synchronization

/// What readers and the writer share: which segments there are, how far the last one is on disk, and where in them a
/// reader may begin. One lock, taken once a commit and once a segment.
final class SegmentCatalog: Sendable {
    /// Marks kept for all segments together; the oldest segments' go first.
    fileprivate static let markLimit = 65_536

    struct Segment: Sendable {
        let firstSequence: UInt64
        /// Bytes that may be read; nil for a segment that is complete.
        var limit: Int64?
        var marks: [SegmentMark] = []
    }

    /// Where a reader finds a sequence number.
    struct Place: Sendable {
        var segment: UInt64
        /// Begin reading here: a frame begins at `mark.offset`, and its first sequence number is not above the wanted.
        var mark: SegmentMark
        var limit: Int64?
        /// The first sequence number of the segment after this one.
        var nextSegment: UInt64?
    }

    fileprivate struct State {
        var segments: [Segment] = []
        var gaps: [UInt64: UInt64]
        var marks = 0
    }

    private let state: Mutex<State>
    private let synced: Atomic<UInt64>

    init(_ recovered: RecoveredLog) {
        var state = State(gaps: recovered.listing.gaps)
        state.segments = recovered.listing.segments.map { Segment(firstSequence: $0, limit: nil) }
        if let last = state.segments.indices.last { state.segments[last].marks = recovered.marks }
        state.marks = recovered.marks.count
        self.state = Mutex(state)
        synced = Atomic(recovered.recovery.nextSequence)
    }

    /// Every sequence number below this is on disk.
    var syncedThrough: UInt64 { synced.load(ordering: .acquiring) }

    var segments: [UInt64] { state.withLock { $0.segments.map(\.firstSequence) } }
    var segmentCount: Int { state.withLock { $0.segments.count } }

    /// A new segment is there, empty and the one being written; the one before it is complete.
    func begin(segment: UInt64, limit: Int64) {
        state.withLock { state in
            // An empty last segment is replaced by one of the same name.
            if state.segments.last?.firstSequence == segment { state.segments.removeLast() }
            if let last = state.segments.indices.last { state.segments[last].limit = nil }
            state.segments.append(Segment(firstSequence: segment, limit: limit))
        }
    }

    /// Frames up to here are on disk. The lock is let go before the number is seen, so a reader who sees it finds them.
    func committed(limit: Int64, through sequence: UInt64, mark: SegmentMark) {
        state.withLock { state in
            guard let last = state.segments.indices.last else { return }
            state.segments[last].limit = limit
            state.add(mark, to: last)
        }
        synced.store(sequence, ordering: .releasing)
    }

    /// A reader has seen that a frame begins here.
    func note(_ mark: SegmentMark, in segment: UInt64) {
        state.withLock { state in
            guard let index = state.index(holding: segment) else { return }
            state.add(mark, to: index)
        }
    }

    /// Where to look for a sequence number; nil when no segment begins at or below it.
    func place(of sequence: UInt64) -> Place? {
        state.withLock { state in
            guard let index = state.index(holding: sequence) else { return nil }
            let segment = state.segments[index]
            let start = SegmentMark(sequence: segment.firstSequence, offset: Int64(SegmentHeader.byteCount))
            let above = segment.marks.partition { $0.sequence > sequence }
            return Place(
                segment: segment.firstSequence,
                mark: above > 0 ? segment.marks[above - 1] : start,
                limit: segment.limit,
                nextSegment: index + 1 < state.segments.count ? state.segments[index + 1].firstSequence : nil
            )
        }
    }

    /// The first sequence number at or after this one that no repair gave up.
    func afterGaps(_ sequence: UInt64) -> UInt64 {
        state.withLock { state in
            var sequence = sequence
            while let next = state.gaps[sequence] { sequence = next }
            return sequence
        }
    }

    /// The oldest sequence number kept; `syncedThrough` when there is none.
    var firstSequence: UInt64 {
        state.withLock { $0.segments.first?.firstSequence } ?? syncedThrough
    }

    /// Forgets the oldest segment.
    func dropFirst(_ segment: UInt64) {
        state.withLock { state in
            guard state.segments.count > 1, state.segments[0].firstSequence == segment else { return }
            state.marks -= state.segments.removeFirst().marks.count
        }
    }
}

extension SegmentCatalog.State {
    /// The index of the last segment that begins at or below a sequence number.
    fileprivate func index(holding sequence: UInt64) -> Int? {
        let above = segments.partition { $0.firstSequence > sequence }
        return above > 0 ? above - 1 : nil
    }

    fileprivate mutating func add(_ mark: SegmentMark, to index: Int) {
        guard segments[index].marks.last.map({ mark.offset - $0.offset >= SegmentMark.spacing }) ?? true else { return }
        segments[index].marks.append(mark)
        marks += 1
        guard marks > SegmentCatalog.markLimit, let oldest = segments.firstIndex(where: { !$0.marks.isEmpty }) else {
            return
        }
        marks -= segments[oldest].marks.count
        segments[oldest].marks = []
    }
}

extension Array {
    /// The index of the first element that is past the border, in an array where all that are come last.
    fileprivate func partition(_ isPast: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
