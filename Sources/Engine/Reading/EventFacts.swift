import EventLog
import Metering
import Synchronization
import UsageStore

/// What became of the events in a stretch of the log when they were applied, as the store keeps it: nothing of it is ever
/// decided again from the events.
struct EventFacts: Sendable {
    /// What a corrected event counts as.
    enum Correction: Sendable, Hashable {
        /// Nothing.
        case voided
        /// The replacement that the correction with this sequence number holds.
        case amended(by: UInt64)
    }

    /// The blocks, ordered by their sequence numbers; outside of them there is nothing to read.
    var blocks: [EventBlock]
    /// By the sequence number of the corrected event.
    var corrections: [UInt64: Correction]
    /// Nothing below this is known: the log begins there, or an older meterd applied what is before.
    var begins: UInt64
    /// What was applied when the facts were taken is below this.
    var through: UInt64

    /// What there can be facts about.
    var sequences: Range<UInt64> { begins..<max(begins, through) }

    /// The facts of a stretch of the log, for whoever holds the totals: no checkpoint falls in between.
    ///
    /// - Parameters:
    ///   - sequences: all of them applied and explained.
    ///   - times: blocks without events in this range (µs since 1970) are left out; nil for all.
    /// - Throws: `UsageStoreError`.
    init(of totals: Totals, store: UsageStore, sequences: Range<UInt64>, times: Range<Int64>? = nil) throws {
        let snapshot = totals.blocks(overlapping: times, sequences: sequences)
        guard let facts = try EventFacts(snapshot, begins: sequences.lowerBound, through: sequences.upperBound) else {
            throw ScanError.unreadable("the store of totals changed while they were held")
        }
        self = facts
    }

    /// - Parameters:
    ///   - atMost: blocks to be loaded; more are `UsageReadError.tooManyEvents`.
    ///   - wanted: whether a stretch of sequence numbers and times is to be loaded.
    /// - Returns: nil when the store has moved on since the snapshot.
    init?(
        _ snapshot: BlocksSnapshot,
        begins: UInt64,
        through: UInt64,
        atMost: Int = .max,
        wanted: (_ sequences: Range<UInt64>, _ times: ClosedRange<Int64>) -> Bool = { _, _ in true }
    ) throws {
        guard let blocks = try snapshot.load(atMost: atMost, wanted: wanted),
            let rows = try snapshot.corrections(of: blocks)
        else { return nil }
        self.blocks = blocks
        self.begins = begins
        self.through = through
        corrections = [:]
        for row in rows {
            corrections[row.eventSequence] = row.kind == .void ? .voided : .amended(by: row.sequence)
        }
    }
}

/// The moment that an answer is about.
struct ReadingMoment: Sendable, Hashable {
    /// Goes up whenever history changes.
    let edition: UInt64
    /// Everything below is applied.
    let through: UInt64
    /// Nothing below can be read: the log begins there, or an older meterd applied what is before.
    let begins: UInt64
    /// An older meterd applied what is below, and kept nothing about single events; 0 for a store of this version.
    private let explainedFrom: UInt64

    init(_ state: borrowing Engine.ApplyState, store: UsageStore) {
        edition = state.applier.totals.edition
        through = state.applier.nextSequence
        explainedFrom = store.explainedFrom
        begins = max(state.logBegins, explainedFrom)
    }

    /// What a person can do about events that cannot be read.
    var wayOut: String {
        guard explainedFrom > 0, explainedFrom == begins else { return "" }
        return
            "; an older meterd counted the events below \(explainedFrom) and kept nothing about single ones: stop meterd, "
            + "delete usage.sqlite and dedupe/ in its directory, and the next start counts the whole log anew"
    }
}

extension Engine {
    /// The facts of a stretch of the log as they are now. Takes the state lock for a copy only.
    ///
    /// - Throws: `ScanError`, `UsageStoreError`.
    func eventFacts(sequences: Range<UInt64>, times: Range<Int64>? = nil) throws -> EventFacts {
        for _ in 0..<Self.readAttempts {
            let (snapshot, moment) = state.withLock { state in
                (
                    state.applier.totals.blocks(overlapping: times, sequences: sequences),
                    ReadingMoment(state, store: store)
                )
            }
            if let facts = try EventFacts(snapshot, begins: moment.begins, through: moment.through) { return facts }
        }
        throw ScanError.unreadable("checkpoints came faster than the store could be read")
    }

    /// The facts of stretches of event time as they were at a moment, and the events that a meter could not add to its
    /// total; nil when history has changed since, or the store while it was read.
    ///
    /// - Throws: `UsageReadError.tooManyEvents` when more would have to be read than the limits allow, `UsageStoreError`.
    func facts(
        for spans: [EventSpan],
        of meter: StoredMeter,
        at moment: ReadingMoment,
        limits: ScanLimits
    ) throws -> (events: EventFacts, overflowed: Set<UInt64>)? {
        guard let first = spans.first, let last = spans.last else { return nil }
        let lowest = spans.reduce(UInt64.max) { min($0, $1.sequences.lowerBound) }
        let highest = spans.reduce(0) { max($0, $1.sequences.upperBound) }
        let sequences = max(lowest, moment.begins)..<max(lowest, moment.begins, min(highest, moment.through))
        let times = first.times.lowerBound..<last.times.upperBound
        let (snapshot, edition) = state.withLock { state in
            (state.applier.totals.blocks(overlapping: times, sequences: sequences), state.applier.totals.edition)
        }
        guard edition == moment.edition else { return nil }
        // Of the blocks at the ends of each stretch only a part is read.
        let atMost = (limits.events - 1) / Int(EventBlock.width) + 1 + 2 * spans.count
        let wanted = EventSpans(spans)
        let facts = try EventFacts(snapshot, begins: moment.begins, through: moment.through, atMost: atMost) {
            wanted.wants($0.clamped(to: sequences), $1)
        }
        guard let facts else { return nil }
        // The other aggregations cannot have too many digits.
        guard [.sum, .avg].contains(meter.meter.aggregation) else { return (facts, []) }
        let reason = InvalidValue.totalOverflow.reason(path: meter.meter.valueProperty)
        let overflowed = try snapshot.refused(by: meter.number, reason: reason, sequences: sequences)
        return overflowed.map { (facts, $0) }
    }
}
