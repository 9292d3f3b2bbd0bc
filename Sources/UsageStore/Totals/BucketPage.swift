import Metering

/// The totals of one meter in one bucket, by series: an open-addressed table of indexes over a dense array.
///
/// A page is either new (the store has no row of it) or loaded whole, so what it holds is the truth for its bucket.
final class BucketPage {
    /// One series' total, and whether it differs from the store's row.
    struct Entry {
        var series: UInt32
        var dirty: Bool
        var total: Accumulator
    }

    /// A value of a UNIQUE_COUNT meter, seen since the last checkpoint.
    struct UniqueValue: Hashable {
        var series: UInt32
        var hash: UniqueHash
    }

    /// A cell of a percentile meter.
    struct SketchCell: Hashable {
        var series: UInt32
        var cell: QuantileCell
    }

    /// Start of the bucket in seconds since 1970-01-01T00:00:00Z.
    let start: Int64
    // Every event comes here, and checking at run time that no two accesses overlap would take a third of its time. They do
    // not: one thread uses a page, and nothing that changes it calls anything that could come back to it.
    @exclusivity(unchecked) private(set) var entries: [Entry] = []
    private(set) var newUniqueValues: Set<UniqueValue> = []
    /// Series whose unique values in the store do not count any more: they were counted again.
    private(set) var recountedSeries: Set<UInt32> = []
    /// What was added to each cell since the last checkpoint, less what was taken out.
    private(set) var cellChanges: [SketchCell: Int64] = [:]
    /// What is known of the bucket; the first sequence number is `.max` before anything is counted.
    @exclusivity(unchecked) private(set) var record: BucketRecord
    /// Changed since the last checkpoint.
    @exclusivity(unchecked) private(set) var dirty = false
    /// The checkpoint generation in which the page was last used.
    var usedIn: UInt64

    @exclusivity(unchecked) private var slots: [UInt32] = Array(repeating: 0, count: 64)

    init(start: Int64, record: BucketRecord?, usedIn: UInt64) {
        self.start = start
        self.record = record ?? BucketRecord(firstSequence: .max, lastSequence: 0)
        self.usedIn = usedIn
    }

    /// Adds one event's value. On overflow the page is as it was.
    @inline(__always)
    func add(
        series: UInt32,
        _ value: ExactDecimal,
        aggregation: Aggregation,
        time: Int64,
        sequence: UInt64
    ) throws(ExactDecimalError) {
        let index = index(of: series)
        try entries[index].total.add(value, aggregation: aggregation, time: time, sequence: sequence)
        entries[index].dirty = true
        dirty = true
        record.lastSequence = sequence
        if sequence < record.firstSequence { record.firstSequence = sequence }
    }

    /// Takes up a value of a UNIQUE_COUNT meter; `add` counts the event.
    func addUnique(series: UInt32, hash: UniqueHash) {
        newUniqueValues.insert(UniqueValue(series: series, hash: hash))
    }

    /// Adds events to a cell, or takes them out; `add` counts the event.
    @inline(__always)
    func addCell(series: UInt32, _ cell: QuantileCell, count: Int64) {
        cellChanges[SketchCell(series: series, cell: cell), default: 0] += count
    }

    /// The total of a series; nil when it has none.
    func total(of series: UInt32) -> Accumulator? {
        let total = entries[index(of: series)].total
        return total.count > 0 ? total : nil
    }

    /// Puts another total in the place of a series' one; a total of no events has no row.
    ///
    /// - Parameters:
    ///   - firstSequence: the least sequence number of the events in it that the page may not have seen.
    ///   - revision: the sequence number of what changed it.
    func replace(series: UInt32, total: Accumulator, firstSequence: UInt64, revision: UInt64) {
        let index = index(of: series)
        entries[index].total = total
        entries[index].dirty = true
        dirty = true
        record.firstSequence = min(record.firstSequence, firstSequence)
        record.lastSequence = revision
    }

    /// Forgets a series' unique values, here and in the store.
    func forgetUniqueValues(of series: UInt32) {
        newUniqueValues = newUniqueValues.filter { $0.series != series }
        recountedSeries.insert(series)
    }

    /// Takes over what is known of a bucket whose totals were regrouped.
    func project(_ record: BucketRecord) {
        self.record = record
        dirty = true
    }

    /// Puts in a row of the store.
    func load(series: UInt32, total: Accumulator) {
        let index = index(of: series)
        entries[index] = Entry(series: series, dirty: false, total: total)
    }

    /// The store holds everything now.
    func clean() {
        guard dirty else { return }
        for index in entries.indices { entries[index].dirty = false }
        newUniqueValues.removeAll()
        recountedSeries.removeAll()
        cellChanges.removeAll()
        dirty = false
    }

    @inline(__always)
    private func index(of series: UInt32) -> Int {
        let mask = slots.count - 1
        var position = Self.position(of: series) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { break }
            if entries[Int(slot) - 1].series == series { return Int(slot) - 1 }
            position = (position + 1) & mask
        }
        entries.append(Entry(series: series, dirty: false, total: Accumulator()))
        slots[position] = UInt32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return entries.count - 1
    }

    private func grow() {
        var larger = [UInt32](repeating: 0, count: slots.count * 2)
        for (index, entry) in entries.enumerated() {
            var position = Self.position(of: entry.series) & (larger.count - 1)
            while larger[position] != 0 { position = (position + 1) & (larger.count - 1) }
            larger[position] = UInt32(index) + 1
        }
        slots = larger
    }

    /// Series numbers are dense, so a multiplication spreads them well enough.
    @inline(__always)
    private static func position(of series: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(series) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
