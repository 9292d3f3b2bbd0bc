import CloudEvents
import Glibc
import UsageStore

/// The line of the ledger that the events at hand belong to, and what they add to it. Events of one source tend to come
/// together, so a line is looked up only where the source changes.
struct FrameLine {
    /// What the events since the last change of source add.
    var counts = LedgerCounts()
    private(set) var origin: UInt8 = 0
    private(set) var day: Int32 = 0
    /// The line; nil before the frame's first event. Good until the next checkpoint, so it never outlives its frame.
    private(set) var slot: LedgerSlot?
    private var source: [UInt8] = []

    /// Before the first event of a frame.
    mutating func begin(origin: UInt8, day: Int32) {
        self.origin = origin
        self.day = day
        slot = nil
        counts = LedgerCounts()
    }

    /// Whether the line is that of a source.
    @inline(__always)
    func isOf(_ source: UnsafeRawBufferPointer) -> Bool {
        guard slot != nil, source.count == self.source.count else { return false }
        return self.source.withUnsafeBytes { known in
            guard let known = known.baseAddress, let asked = source.baseAddress else { return true }
            return memcmp(known, asked, source.count) == 0
        }
    }

    /// Takes the line of another source.
    mutating func turn(to source: UnsafeRawBufferPointer, _ slot: LedgerSlot) {
        self.source.removeAll(keepingCapacity: true)
        self.source.append(contentsOf: source)
        self.slot = slot
        counts = LedgerCounts()
    }
}

/// What a frame tells of each of its events: the bounds of their times, and those that did not count.
struct FrameFacts {
    private(set) var leastTime = Int64.max
    private(set) var greatestTime = Int64.min
    /// Sequence numbers of events that came before.
    var duplicates: [UInt64] = []
    /// Sequence numbers of first arrivals that no meter counted.
    var uncounted: [UInt64] = []

    /// Before the first event of a frame.
    mutating func begin() {
        leastTime = .max
        greatestTime = .min
        duplicates.removeAll(keepingCapacity: true)
        uncounted.removeAll(keepingCapacity: true)
    }

    /// - Parameter time: of an event, in microseconds since 1970-01-01T00:00:00Z.
    @inline(__always)
    mutating func note(_ time: Int64) {
        leastTime = min(leastTime, time)
        greatestTime = max(greatestTime, time)
    }
}
