import CloudEvents
import Glibc
import UsageStore

/// The lines of the ledger that the events of the frame at hand belong to, and what they add to them. A line is looked up
/// once a frame where the frame has few sources.
struct FrameLines {
    private struct Line {
        var source: [UInt8]
        /// The source's last bytes, which tell most sources of one length apart.
        var tail: UInt64
        var slot: LedgerSlot
        var counts: LedgerCounts
    }

    /// Sources that are told apart by comparing; with one more what was counted so far is written down first.
    private static let most = 64

    /// What the events of the line at hand add to it.
    var counts = LedgerCounts()
    private(set) var origin: UInt8 = 0
    private(set) var day: Int32 = 0
    /// Those below `used` are of this frame, the others lend it their memory. A slot is good until the next checkpoint, so
    /// none outlives its frame.
    private var lines: [Line] = []
    private var used = 0
    /// The line at hand; nothing before the frame's first event.
    private var current = -1

    /// Before the first event of a frame.
    mutating func begin(origin: UInt8, day: Int32) {
        self.origin = origin
        self.day = day
        used = 0
        current = -1
    }

    /// Whether there is no room for the line of one more source.
    var isFull: Bool { used == Self.most }

    /// Goes on with the line of a source; false when it has not been looked up in this frame.
    @inline(__always)
    mutating func turn(to source: UnsafeRawBufferPointer) -> Bool {
        let tail = Self.tail(source)
        if current >= 0, isOf(source, tail, current) { return true }
        return find(source, tail)
    }

    @inline(never)
    private mutating func find(_ source: UnsafeRawBufferPointer, _ tail: UInt64) -> Bool {
        for number in 0..<used where number != current && isOf(source, tail, number) {
            go(to: number)
            return true
        }
        return false
    }

    /// Takes up the line of another source.
    mutating func add(_ source: UnsafeRawBufferPointer, _ slot: LedgerSlot) {
        precondition(used < Self.most, "a full frame is settled before")
        if used == lines.count { lines.append(Line(source: [], tail: 0, slot: slot, counts: LedgerCounts())) }
        lines[used].source.removeAll(keepingCapacity: true)
        lines[used].source.append(contentsOf: source)
        lines[used].tail = Self.tail(source)
        lines[used].slot = slot
        lines[used].counts = LedgerCounts()
        used += 1
        go(to: used - 1)
    }

    /// Hands out what was counted, and forgets the lines.
    mutating func settle(_ body: (LedgerCounts, LedgerSlot) -> Void) {
        if current >= 0 { lines[current].counts = counts }
        for line in lines[..<used] { body(line.counts, line.slot) }
        used = 0
        current = -1
    }

    private mutating func go(to number: Int) {
        if current >= 0 { lines[current].counts = counts }
        counts = lines[number].counts
        current = number
    }

    @inline(__always)
    private static func tail(_ source: UnsafeRawBufferPointer) -> UInt64 {
        if source.count >= 8 { return source.loadUnaligned(fromByteOffset: source.count - 8, as: UInt64.self) }
        return source.reduce(0) { $0 << 8 | UInt64($1) }
    }

    @inline(__always)
    private func isOf(_ source: UnsafeRawBufferPointer, _ tail: UInt64, _ number: Int) -> Bool {
        guard tail == lines[number].tail, source.count == lines[number].source.count else { return false }
        return lines[number].source.withUnsafeBytes { known in
            guard let known = known.baseAddress, let asked = source.baseAddress else { return true }
            return memcmp(known, asked, source.count) == 0
        }
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
