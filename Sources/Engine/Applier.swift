import CloudEvents
import DedupeIndex
import EventLog
import Metering
import UsageStore

/// Applies the log to the dedupe index, the totals and the ledger, in order. Everything it decides follows from the
/// frames alone: no clock, no randomness, so that replay decides the same.
struct Applier {
    let totals: Totals
    let dedupe: DedupeIndex
    /// How far each partition is taken, for those who read it meanwhile.
    let streams: StreamPositions
    private(set) var meters: [StoredMeter]
    /// The sequence number of the next event to apply.
    private(set) var nextSequence: UInt64
    /// Events by what became of them, since the process started.
    private(set) var outcomes = LedgerCounts()
    /// The same seen by the meters, all together: an event that one counts and another cannot use is in both.
    private(set) var meterOutcomes = MeterLedgerCounts()
    /// Nanoseconds spent on the two halves of the work, since the process started.
    private(set) var dedupeNanoseconds: UInt64 = 0
    private(set) var totalsNanoseconds: UInt64 = 0

    private var plan: MeterPlan
    /// What the paths of the type at hand found; lives as long as the process, like the applier itself.
    private var found: UnsafeMutableBufferPointer<JSONSlice>
    /// What the dedupe index said of each event of the frame at hand; never shorter than the frame.
    private var arrivals: [Arrival] = []
    private var key: [UInt8] = []
    private var counts = LedgerCounts()
    private var tallies: [MeterLedgerCounts]

    init(
        totals: Totals,
        dedupe: DedupeIndex,
        streams: StreamPositions,
        meters: [StoredMeter],
        nextSequence: UInt64
    ) {
        self.totals = totals
        self.dedupe = dedupe
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
        counts = LedgerCounts()
        counts.stored = batch.events.count
        for index in 0..<batch.events.count {
            let sequence = nextSequence + UInt64(index)
            switch arrivals[index] {
            case .first:
                try count(batch.events, index, sequence: sequence, arrival: arrival)
            case .duplicate:
                counts.duplicate += 1
            case .conflict(let first):
                counts.duplicate += 1
                counts.conflict += 1
                totals.record(EventConflict(sequence: sequence, firstSequence: first))
            }
        }
        nextSequence += UInt64(batch.events.count)
        settleFrame(origin: origin, day: day)
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
    private static func day(of time: Int64) -> Int32 {
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

    private mutating func settleFrame(origin: UInt8, day: Int32) {
        totals.record(counts, at: LedgerKey(origin: origin, day: day))
        outcomes.add(counts)
        for (number, tally) in tallies.enumerated() where tally.matched > 0 {
            totals.record(tally, meter: plan.meters[number], day: day)
            meterOutcomes.add(tally)
            tallies[number] = MeterLedgerCounts()
        }
    }

    @inline(__always)
    private mutating func count(
        _ events: EventBatch,
        _ index: Int,
        sequence: UInt64,
        arrival: Int64
    ) throws(EngineError) {
        guard let number = events.withText(.type, of: index, { plan.number(ofType: $0) }) else {
            counts.unmatched += 1
            return
        }
        let event = events[index]
        let type = plan[number]
        let data = events.jsonData(of: event)
        type.paths.evaluate(data, into: found)
        let time = event.flags.contains(.hasTime) ? event.time : arrival
        var taken = 0
        var refused = 0
        for target in type.targets where time >= target.eventFrom {
            switch Measurement(target, found, data) {
            case .value(let value, let unique):
                makeKey(of: target, events, index, data)
                do throws(TotalsError) {
                    try key.withUnsafeBufferPointer { key throws(TotalsError) in
                        try totals.add(
                            target.slot,
                            key: UnsafeRawBufferPointer(key),
                            value: value,
                            unique: unique,
                            time: time,
                            sequence: sequence
                        )
                    }
                    tallies[target.tally].counted += 1
                    taken += 1
                } catch {
                    switch error {
                    case .overflow:
                        refused += 1
                        refuse(sequence, target, .totalOverflow)
                    case .store(let error):
                        throw .store(error.description)
                    }
                }
            case .invalid(let reason):
                refused += 1
                refuse(sequence, target, reason)
            }
        }
        if taken > 0 {
            counts.counted += 1
        } else if refused > 0 {
            counts.invalid += 1
        } else {
            counts.unmatched += 1
        }
    }

    private mutating func refuse(_ sequence: UInt64, _ target: MeterPlan.Target, _ why: InvalidValue) {
        tallies[target.tally].invalid += 1
        let reason = why.reason(path: target.stored.meter.valueProperty)
        totals.record(InvalidEvent(sequence: sequence, meter: target.stored.number, reason: reason))
    }

    /// The series' key in `key`, as `SeriesTable` defines it.
    @inline(__always)
    private mutating func makeKey(
        of target: MeterPlan.Target,
        _ events: EventBatch,
        _ index: Int,
        _ data: UnsafeRawBufferPointer
    ) {
        key.removeAll(keepingCapacity: true)
        events.withText(.subject, of: index) { key.appendPart($0) }
        for dimension in target.dimensions { key.appendPart(found[dimension], of: data) }
    }
}
