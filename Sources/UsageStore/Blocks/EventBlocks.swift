import GRDB

/// The blocks of events that differ from the store's, and the one that the log has reached.
///
/// A class, so that apply changes bits in place.
final class EventBlocks {
    private final class Entry {
        var block: EventBlock
        /// Differs from the store's row.
        var isChanged = false

        init(_ block: EventBlock) { self.block = block }
    }

    private let store: UsageStore
    private var entries: [UInt64: Entry] = [:]
    /// The entry used last: a frame is nearly always in one block.
    private var recent: Entry?

    init(store: UsageStore) {
        self.store = store
    }

    /// Takes note of a frame's events.
    func note(
        frame: Range<UInt64>,
        leastTime: Int64,
        greatestTime: Int64,
        duplicates: [UInt64],
        uncounted: [UInt64]
    ) throws(UsageStoreError) {
        var next = frame.lowerBound
        while next < frame.upperBound {
            let entry = try entry(of: next)
            entry.block.widen(leastTime, greatestTime)
            entry.isChanged = true
            next = entry.block.sequences.upperBound
        }
        // The blocks of these are among those of the frame, which are marked as changed.
        for sequence in duplicates {
            let entry = try entry(of: sequence)
            EventBlock.set(sequence, in: &entry.block.duplicate)
        }
        for sequence in uncounted {
            let entry = try entry(of: sequence)
            EventBlock.set(sequence, in: &entry.block.uncounted)
        }
    }

    /// Marks an event as corrected.
    /// - Parameter time: the time of what counts in its place now; microseconds.
    func markCorrected(_ sequence: UInt64, time: Int64) throws(UsageStoreError) {
        let entry = try entry(of: sequence)
        EventBlock.set(sequence, in: &entry.block.corrected)
        entry.block.widen(time, time)
        entry.isChanged = true
    }

    /// Marks events as counted after all.
    /// - Parameter events: a bitmap for a block's number.
    func clearUncounted(_ events: [UInt64: [UInt64]]) throws(UsageStoreError) {
        for (number, bits) in events {
            let entry = try entry(of: number * EventBlock.width)
            EventBlock.clear(bits, in: &entry.block.uncounted)
            entry.isChanged = true
        }
    }

    /// The block that an event is in; without bits and times where nothing was noted.
    func block(of sequence: UInt64) throws(UsageStoreError) -> EventBlock { try entry(of: sequence).block }

    /// The blocks that differ from the store's.
    var changed: [EventBlock] { entries.values.filter(\.isChanged).map(\.block).sorted { $0.number < $1.number } }

    /// The store holds everything now; the block that the log has reached stays at hand.
    func settle() {
        let newest = entries.keys.max()
        entries = entries.filter { $0.key == newest }
        for entry in entries.values { entry.isChanged = false }
        recent = nil
    }

    @inline(__always)
    private func entry(of sequence: UInt64) throws(UsageStoreError) -> Entry {
        let number = EventBlock.number(of: sequence)
        if let recent, recent.block.number == number { return recent }
        return try find(number)
    }

    private func find(_ number: UInt64) throws(UsageStoreError) -> Entry {
        let entry: Entry
        if let known = entries[number] {
            entry = known
        } else {
            entry = Entry(try store.block(number) ?? EventBlock(number: number))
            entries[number] = entry
        }
        recent = entry
        return entry
    }
}

extension UsageStore {
    /// A block as of the last checkpoint, over the connection that only apply uses.
    fileprivate func block(_ number: UInt64) throws(UsageStoreError) -> EventBlock? {
        try perform("read event block") {
            try pool.writeWithoutTransaction { try BlockRow.fetch(number, $0, path: path) }
        }
    }
}

extension Totals {
    /// Takes note of what became of a frame's events; not for frames of anything else.
    ///
    /// - Parameters:
    ///   - frame: the sequence numbers of its events.
    ///   - leastTime: no event of the frame has an earlier time; microseconds since 1970-01-01T00:00:00Z.
    ///   - greatestTime: no event of the frame has a later one.
    ///   - duplicates: sequence numbers of the events that came before.
    ///   - uncounted: sequence numbers of the others that no meter counted.
    public func note(
        frame: Range<UInt64>,
        leastTime: Int64,
        greatestTime: Int64,
        duplicates: [UInt64],
        uncounted: [UInt64]
    ) throws(UsageStoreError) {
        try blocks.note(
            frame: frame,
            leastTime: leastTime,
            greatestTime: greatestTime,
            duplicates: duplicates,
            uncounted: uncounted
        )
    }

    /// Marks an event as corrected, when its correction is applied.
    ///
    /// - Parameter time: the time of the content that counts now, or that counted until it was voided; microseconds.
    public func markCorrected(event sequence: UInt64, time: Int64) throws(UsageStoreError) {
        try blocks.markCorrected(sequence, time: time)
    }

    /// The block that an event is in; without bits and times where nothing was noted.
    func block(ofEvent sequence: UInt64) throws(UsageStoreError) -> EventBlock {
        try blocks.block(of: sequence)
    }
}
