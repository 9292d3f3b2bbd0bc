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

    /// Start of the bucket in seconds since 1970-01-01T00:00:00Z.
    let start: Int64
    private(set) var entries: [Entry] = []
    private(set) var newUniqueValues: Set<UniqueValue> = []
    /// The sequence number of the last event that changed the page.
    private(set) var lastSequence: UInt64
    /// Changed since the last checkpoint.
    private(set) var dirty = false
    /// The checkpoint generation in which the page was last used.
    var usedIn: UInt64

    private var slots: [UInt32] = Array(repeating: 0, count: 64)

    init(start: Int64, lastSequence: UInt64, usedIn: UInt64) {
        self.start = start
        self.lastSequence = lastSequence
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
        lastSequence = sequence
    }

    /// Takes up a value of a UNIQUE_COUNT meter; `add` counts the event.
    func addUnique(series: UInt32, hash: UniqueHash) {
        newUniqueValues.insert(UniqueValue(series: series, hash: hash))
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
