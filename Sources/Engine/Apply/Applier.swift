import CloudEvents
import DedupeIndex
import EventLog
import Metering
import UsageStore

/// Applies the log to the dedupe index, the totals and the ledger, in order. Everything it decides follows from the
/// frames alone: no clock, no randomness, so that replay decides the same.
struct Applier {
    let store: UsageStore
    let totals: Totals
    let dedupe: DedupeIndex
    /// Where totals are counted again from, when a correction takes out what cannot be subtracted.
    let log: EventLog
    /// How far each partition is taken, for those who read it meanwhile.
    let streams: StreamPositions
    private(set) var meters: [StoredMeter]
    /// The sequence number of the next event to apply.
    var nextSequence: UInt64
    /// Events by what became of them, since the process started.
    var outcomes = LedgerCounts()
    /// The same seen by the meters, all together: an event that one counts and another cannot use is in both.
    var meterOutcomes = MeterLedgerCounts()
    /// Nanoseconds spent on the two halves of the work, since the process started.
    private(set) var dedupeNanoseconds: UInt64 = 0
    private(set) var totalsNanoseconds: UInt64 = 0

    var plan: MeterPlan
    /// What the paths of the type at hand found; lives as long as the process, like the applier itself.
    var found: UnsafeMutableBufferPointer<JSONSlice>
    /// What the dedupe index said of each event of the frame at hand; never shorter than the frame.
    private var arrivals: [Arrival] = []
    var key: [UInt8] = []
    var lines = FrameLines()
    var facts = FrameFacts()
    var tallies: [MeterLedgerCounts]

    init(
        store: UsageStore,
        totals: Totals,
        dedupe: DedupeIndex,
        log: EventLog,
        streams: StreamPositions,
        meters: [StoredMeter],
        nextSequence: UInt64
    ) {
        self.store = store
        self.totals = totals
        self.dedupe = dedupe
        self.log = log
        self.streams = streams
        self.meters = meters
        self.nextSequence = nextSequence
        plan = MeterPlan(meters: meters, totals: totals)
        found = .allocate(capacity: plan.maximumPaths)
        tallies = Array(repeating: MeterLedgerCounts(), count: plan.meters.count)
    }

    /// Counts by other meters from the next event on.
    mutating func adopt(_ meters: [StoredMeter]) {
        totals.adopt(meters)
        self.meters = meters
        plan = MeterPlan(meters: meters, totals: totals)
        found.deallocate()
        found = .allocate(capacity: plan.maximumPaths)
        tallies = Array(repeating: MeterLedgerCounts(), count: plan.meters.count)
    }

    /// Applies a frame of events whose first has the sequence number `nextSequence`.
    ///
    /// - Parameters:
    ///   - origin: as in the frame, for the ledger.
    ///   - arrival: microseconds since 1970-01-01T00:00:00Z; the day of the dedupe window and the ledger, and the time of
    ///     events that name none.
    mutating func apply(_ batch: PreparedBatch, origin: UInt8, arrival: Int64) throws(EngineError) {
        let day = Self.day(of: arrival)
        let began = MonotonicTime.nanoseconds
        try recognize(batch, day: day)
        let recognized = MonotonicTime.nanoseconds
        let events = batch.events
        lines.begin(origin: origin, day: day)
        facts.begin()
        for index in 0..<events.count {
            let sequence = nextSequence + UInt64(index)
            let event = events[index]
            let time = event.flags.contains(.hasTime) ? event.time : arrival
            facts.note(time)
            try turn(to: events, index)
            lines.counts.stored += 1
            switch arrivals[index] {
            case .first:
                try count(events, index, event, sequence: sequence, time: time)
            case .duplicate:
                lines.counts.duplicate += 1
                facts.duplicates.append(sequence)
            case .conflict(let first):
                lines.counts.duplicate += 1
                lines.counts.conflict += 1
                facts.duplicates.append(sequence)
                totals.record(EventConflict(sequence: sequence, firstSequence: first))
            }
        }
        try settleFrame(events.count, day: day)
        dedupeNanoseconds += recognized - began
        totalsNanoseconds += MonotonicTime.nanoseconds - recognized
    }

    /// Goes on at a later sequence number, where a repair of the log gave up everything in between.
    ///
    /// - Parameter gaps: what repairs gave up, in order; they may touch each other, and begin before what is applied.
    mutating func skip(to sequence: UInt64, over gaps: [Range<UInt64>]) throws(EngineError) {
        var reached = nextSequence
        for gap in gaps where gap.contains(reached) { reached = gap.upperBound }
        guard sequence > nextSequence, reached == sequence else {
            throw .contradiction("the log continues with event \(sequence) where \(nextSequence) was expected")
        }
        nextSequence = sequence
    }

    /// Applies a frame that says how many events were refused at the door.
    mutating func applyRejections(_ count: Int, origin: UInt8, arrival: Int64) {
        reject(count, origin: origin, arrival: arrival)
        nextSequence += 1
    }

    /// Applies the rejected messages that a frame begins with; each takes a sequence number.
    mutating func applyRejected(_ count: Int, origin: UInt8, arrival: Int64) {
        reject(count, origin: origin, arrival: arrival)
        totals.record(RejectedFrame(sequence: nextSequence, count: count, origin: origin))
        nextSequence += UInt64(count)
    }

    /// Passes over a sequence number that counts nothing.
    mutating func pass() { nextSequence += 1 }

    /// Keeps the positions of the frame that was just applied; the next checkpoint commits them with what it counted.
    func keep(_ positions: [SourcePosition]) {
        for position in positions {
            let key = PositionKey(source: position.source, partition: position.partition)
            totals.record(key, nextOffset: position.nextOffset)
            streams.move(key, to: position.nextOffset)
        }
    }

    private mutating func reject(_ count: Int, origin: UInt8, arrival: Int64) {
        var counts = LedgerCounts()
        counts.rejected = count
        totals.record(counts, at: LedgerKey(origin: origin, day: Self.day(of: arrival)))
        outcomes.add(counts)
    }

    /// Whole UTC days since 1970-01-01.
    static func day(of time: Int64) -> Int32 {
        let width: Int64 = 86_400_000_000
        return Int32(truncatingIfNeeded: time >= 0 ? time / width : (time - width + 1) / width)
    }

    private mutating func recognize(_ batch: PreparedBatch, day: Int32) throws(EngineError) {
        let count = batch.keys.count
        if arrivals.count < count { arrivals.append(contentsOf: repeatElement(.first, count: count - arrivals.count)) }
        let first = nextSequence
        let dedupe = dedupe
        do throws(DedupeError) {
            try batch.keys.withUnsafeBufferPointer { keys throws(DedupeError) in
                try arrivals.withUnsafeMutableBufferPointer { arrivals throws(DedupeError) in
                    try dedupe.insert(keys, firstSequence: first, arrivalDay: day, into: arrivals)
                }
            }
        } catch {
            throw .dedupe(error.description)
        }
    }
}
