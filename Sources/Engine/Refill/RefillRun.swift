import CloudEvents
import EventLog
import Metering
import Synchronization
import UsageStore

/// One count of a meter from the log, beside apply: from the oldest event the log has to the one that apply has reached.
///
/// What apply corrects meanwhile comes in by `Engine.ApplyState.corrected`. A correction of an event that was not reached yet
/// needs nothing done: the event is read with it. One of an event that was passed is made up for between two stretches.
///
/// `@unchecked`: the refill thread alone uses it, also under the lock of the state that it is adopted into.
struct RefillRun: @unchecked Sendable {
    /// The part of a stretch that is left for the moment in which apply waits: some hundredths of a second. Where events come
    /// as fast as they are read it doubles with each stretch, up to this many.
    private static let lastPart: UInt64 = 32
    private static let longestLastPart: UInt64 = 1 << 20
    /// Rows of older totals taken over at a time.
    private static let projectedRows = 20_000

    let engine: Engine
    let ticket: RefillTicket
    let refill: MeterRefill
    /// Sequence numbers that were to be passed when it began.
    let total: UInt64
    private let stretch: UInt64
    /// All events below this are counted.
    private(set) var position: UInt64
    var reading: MeterReading
    /// Events that the meter could not add to a total when they came, or the new one could not now.
    var overflowed: Set<UInt64>
    /// Events of the stretch at hand that some meter could not use when they came.
    var refused: Set<UInt64> = []
    /// Corrections of events that were passed, not made up for yet.
    var corrected: [AppliedCorrection] = []

    init(
        engine: Engine,
        ticket: RefillTicket,
        refill: MeterRefill,
        through: UInt64,
        overflowed: Set<UInt64>
    ) {
        self.engine = engine
        self.ticket = ticket
        self.refill = refill
        self.overflowed = overflowed
        stretch = engine.settings.refillStretch
        position = refill.fromSequence
        total = max(through, refill.fromSequence) - refill.fromSequence
        reading = MeterReading(refill.meter.meter)
    }

    /// Counts until the totals are adopted.
    /// - Throws: `RefillEnd`, and errors of the log and the store.
    mutating func run() throws {
        note()
        while try refill.projectOldBuckets(rowsAtMost: Self.projectedRows) {
            if ticket.isOver { throw RefillEnd.over }
        }
        var last = stretch / Self.lastPart
        while true {
            let through = try readOn(leaving: last)
            if through - position <= last, try engine.adopt(&self) { return }
            if position - refill.fromSequence > total { last = min(2 * last, Self.longestLastPart) }
        }
    }

    private func note() {
        ticket.note(done: position - refill.fromSequence, total: total, from: refill.fromSequence)
    }

    /// Reads the next stretch, with the facts of this moment; how far apply is.
    private mutating func readOn(leaving last: UInt64) throws -> UInt64 {
        let (from, stretch) = (position, stretch)
        // In one grip: the corrections of what is read now are in the facts, so that only those of what was passed count.
        let (events, invalid, through, new) = engine.state.withLock { state in
            let through = state.applier.nextSequence
            let next = from..<max(from, min(through, from + stretch))
            let new = state.corrected ?? []
            state.corrected = []
            let totals = state.applier.totals
            return (
                totals.blocks(overlapping: nil, sequences: next), totals.invalidSnapshot(in: next), through, new
            )
        }
        corrected += new.filter { $0.payload.eventSequence < from }
        try makeUp()
        guard through - from > last else { return through }
        guard let facts = try EventFacts(events, begins: refill.fromSequence, through: through),
            let invalid = try invalid.load(from: engine.store)
        else { return through }
        try count(facts, invalid, from..<min(through, from + stretch))
        note()
        return through
    }

    private mutating func count(
        _ facts: EventFacts,
        _ invalid: [InvalidEvent],
        _ sequences: Range<UInt64>
    ) throws {
        refused = Set(invalid.map(\.sequence))
        let scan = EventScan(log: engine.log, facts: facts, sequences: sequences)
        let ticket = ticket
        try scan.run { event in
            try count(event)
            return !ticket.isOver
        }
        if ticket.isOver { throw RefillEnd.over }
        position = sequences.upperBound
    }

    /// Makes up for corrections of events that were passed.
    private mutating func makeUp() throws {
        guard !corrected.isEmpty else { return }
        let engine = engine
        try makeUp { sequences, times in try engine.eventFacts(sequences: sequences, times: times) }
    }

    /// Counts the last events, while apply waits; false when a correction came that is made up for first.
    mutating func finish(_ state: inout Engine.ApplyState) throws -> Bool {
        if ticket.isOver { throw RefillEnd.over }
        let position = position
        corrected += (state.corrected ?? []).filter { $0.payload.eventSequence < position }
        state.corrected = []
        guard corrected.isEmpty else { return false }
        let rest = position..<state.applier.nextSequence
        guard !rest.isEmpty else { return true }
        let totals = state.applier.totals
        let facts = try EventFacts(of: totals, store: engine.store, sequences: rest)
        guard let invalid = try totals.invalidSnapshot(in: rest).load(from: engine.store) else { return false }
        try count(facts, invalid, rest)
        return true
    }
}
