internal import CPlatform

/// One generation of the memory table: entries in the order they arrived, and an open-addressed index over them.
///
/// Arrival days never go down, so the entries of a day are neighbours and a day's end is one number. A slot of the
/// index is 32 bits: 12 bits of the fingerprint above the entry's place plus one; 0 is free. A new key so writes 4
/// bytes at a place of its own, and the entry itself behind the last one.
///
/// `@unchecked Sendable` because it wraps memory that two threads use: the index's thread appends, the builder's
/// thread reads entries that were there when it was asked to write them; an entry never changes once it is there.
final class Generation: @unchecked Sendable {
    static let placeBits: UInt32 = 20
    static let placeMask: UInt32 = (1 << placeBits) - 1

    let capacity: Int
    let entries: UnsafeMutablePointer<Entry>
    private let slots: UnsafeMutablePointer<UInt32>
    private let slotCount: Int
    private let entryMemory: PageMemory
    private let slotMemory: PageMemory

    private(set) var count = 0
    /// Entries before this place belong to days outside the window.
    private(set) var expired = 0
    /// Entries before this place were given to the builder.
    private(set) var submitted = 0
    /// Entries before this place are in runs that the index searches.
    private(set) var written = 0
    /// Stretches the builder has and may still read.
    private var underWay = 0
    /// Where each day's entries begin; ascending in both.
    private var days: [(day: Int32, start: Int)] = []

    init(capacity: Int) {
        precondition(capacity < Int(Self.placeMask), "generation capacity")
        self.capacity = capacity
        var slotCount = 64
        while slotCount < capacity * 2 { slotCount *= 2 }
        self.slotCount = slotCount
        entryMemory = PageMemory(byteCount: capacity * Entry.bytes)
        slotMemory = PageMemory(byteCount: slotCount * 4)
        entries = entryMemory.base.assumingMemoryBound(to: Entry.self)
        slots = slotMemory.base.assumingMemoryBound(to: UInt32.self)
    }

    var memoryBytes: Int { entryMemory.byteCount + slotMemory.byteCount }
    /// Whether nothing in it would be lost, and nobody reads it, if it were let go.
    var isDisposable: Bool { underWay == 0 && unwritten == 0 }
    /// Entries within the window that are in memory only.
    var unwritten: Int { count - max(written, expired) }
    /// The day of the first of those.
    var firstUnwrittenDay: Int32? {
        unwritten == 0 ? nil : days.last { $0.start <= max(written, expired) }?.day
    }

    /// Empties it, for the next generation.
    func reset() {
        slots.update(repeating: 0, count: slotCount)
        count = 0
        expired = 0
        submitted = 0
        written = 0
        days.removeAll(keepingCapacity: true)
    }

    /// Forgets the days before this one.
    func expire(before day: Int32) {
        while let oldest = days.first, oldest.day < day {
            days.removeFirst()
            expired = days.first?.start ?? count
        }
    }

    /// What the builder does not have yet, day by day; from now on it has it.
    func submit() -> [(day: Int32, range: Range<Int>)] {
        let from = max(submitted, expired)
        var ranges: [(day: Int32, range: Range<Int>)] = []
        for (index, entry) in days.enumerated() {
            let end = index + 1 < days.count ? days[index + 1].start : count
            let start = max(entry.start, from)
            if start < end { ranges.append((entry.day, start..<end)) }
        }
        submitted = count
        underWay += ranges.count
        return ranges
    }

    /// The builder is done with a stretch; stretches come back in the order they were given.
    func finished(_ range: Range<Int>) {
        underWay -= 1
        written = range.upperBound
    }

    /// Opens a day if the last one is another.
    func open(day: Int32) {
        if let newest = days.last {
            precondition(newest.day <= day, "arrival days never go down")
            if newest.day == day { return }
            if newest.start == count { days.removeLast() }
        }
        days.append((day, count))
    }

    var view: GenerationView {
        GenerationView(slots: slots, entries: entries, slotMask: slotCount - 1, expired: expired)
    }

    /// Adds an entry for which the table has room and which `view` did not find; `slot` is where that search ended.
    @inline(__always)
    func append(_ entry: Entry, slot: Int) {
        entries[count] = entry
        count &+= 1
        slots[slot] = GenerationView.tag(entry.high) | UInt32(truncatingIfNeeded: count)
    }
}

/// The parts of a generation a search needs, free of reference counts.
struct GenerationView {
    let slots: UnsafeMutablePointer<UInt32>
    let entries: UnsafeMutablePointer<Entry>
    let slotMask: Int
    let expired: Int

    enum Search {
        case found(place: Int)
        case absent(slot: Int)
    }

    @inline(__always)
    static func tag(_ high: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: high &>> 52) &<< Generation.placeBits
    }

    @inline(__always)
    func prefetch(high: UInt64) {
        meterd_prefetch(slots + (Int(truncatingIfNeeded: high) & slotMask))
    }

    /// Where the key is, or the free slot it would take.
    @inline(__always)
    func find(high: UInt64, low: UInt64) -> Search {
        let tag = Self.tag(high)
        var slot = Int(truncatingIfNeeded: high) & slotMask
        while true {
            let value = slots[slot]
            if value == 0 { return .absent(slot: slot) }
            if (value ^ tag) & ~Generation.placeMask == 0 {
                let place = Int(value & Generation.placeMask) &- 1
                if entries[place].high == high, entries[place].low == low, place >= expired {
                    return .found(place: place)
                }
            }
            slot = (slot &+ 1) & slotMask
        }
    }
}
