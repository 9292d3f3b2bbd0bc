import CloudEvents
import EventLog
import UsageStore

/// An event found in the log.
struct ScannedEvent {
    /// Its place in the log; a replacement has that of the event it stands for.
    let sequence: UInt64
    /// Its time, in microseconds since 1970-01-01T00:00:00Z.
    let time: Int64
    /// When its frame arrived, in microseconds since 1970-01-01T00:00:00Z.
    let arrival: Int64
    /// How it came, as in the frame.
    let origin: UInt8
    /// Where its bytes are.
    let batch: EventBatch
    /// Its place in the batch.
    let index: Int
    /// Whether this is a replacement and not the event as it came.
    let isReplacement: Bool
    /// No meter counted it when it was applied.
    let isUncounted: Bool
}

/// How much a scan may read.
struct ScanLimits: Sendable {
    /// Events decoded.
    var events: Int
    /// When it has to be done.
    var deadline: ContinuousClock.Instant?

    /// No limits, for what has to be read whatever it takes.
    static let none = ScanLimits(events: .max, deadline: nil)
}

/// Why a scan ended early.
enum ScanError: Error, Sendable, Hashable {
    /// More events than the limit would have to be read.
    case tooManyEvents(limit: Int)
    /// The deadline has passed.
    case tooLong
    /// Retention deleted what was to be read; the log begins with `first` now.
    case noLongerKept(first: UInt64)
    /// The log cannot be read; the text says why.
    case unreadable(String)
}

/// Reads events back from the log, beside the writer and apply, in order of their sequence numbers.
///
/// The facts say which parts of the log have events of the wanted times, which events are duplicates, and what corrections
/// made of them.
struct EventScan {
    /// Which events are handed out, and how.
    enum Selection {
        /// What counts: no duplicates, nothing that was voided, replacements in the place of what they replace.
        case counting
        /// The first of each source and id, as it came, whatever was corrected since.
        case first
        /// Everything as it came.
        case stored
    }

    private let log: EventLog
    private let facts: EventFacts?
    private let sequences: Range<UInt64>
    private let spans: EventSpans?
    private let limits: ScanLimits
    private let selection: Selection

    /// A scan of a stretch of the log.
    ///
    /// - Parameters:
    ///   - sequences: events outside are left out.
    ///   - times: only events in this range (µs since 1970) are handed out; nil for all.
    init(
        log: EventLog,
        facts: EventFacts,
        sequences: Range<UInt64>,
        times: Range<Int64>? = nil,
        limits: ScanLimits = .none,
        selection: Selection = .counting
    ) {
        self.log = log
        self.facts = facts
        self.sequences = sequences.clamped(to: facts.sequences)
        spans = times.map { EventSpans([EventSpan(times: $0, sequences: sequences)]) }
        self.limits = limits
        self.selection = selection
    }

    /// A scan of stretches of event time for what counts in them; blocks without events of these times are passed over.
    init(log: EventLog, facts: EventFacts, spans: [EventSpan], limits: ScanLimits) {
        self.log = log
        self.facts = facts
        let first = spans.reduce(UInt64.max) { min($0, $1.sequences.lowerBound) }
        let end = spans.reduce(first) { max($0, $1.sequences.upperBound) }
        sequences = (first..<end).clamped(to: facts.sequences)
        self.spans = EventSpans(spans)
        self.limits = limits
        selection = .counting
    }

    /// A scan of everything in a stretch of the log as it came.
    init(log: EventLog, stored sequences: Range<UInt64>, times: Range<Int64>?, limits: ScanLimits) {
        self.log = log
        facts = nil
        self.sequences = sequences
        spans = times.map { EventSpans([EventSpan(times: $0, sequences: sequences)]) }
        self.limits = limits
        selection = .stored
    }

    /// Hands the events to `body`, until it returns false. An event's batch is good only until `body` returns, unless it
    /// is held.
    ///
    /// - Returns: how many events were read for it.
    /// - Throws: `ScanError`, and what `body` throws.
    @discardableResult
    func run(_ body: (ScannedEvent) throws -> Bool) throws -> Int {
        var run = ScanRun(log: log, limits: limits)
        var spans = spans
        if let facts {
            for block in facts.blocks where isWanted(block) {
                let part = block.sequences.clamped(to: sequences)
                guard try read(part, of: block, &spans, &run, body) else { break }
            }
        } else {
            _ = try read(sequences, of: nil, &spans, &run, body)
        }
        return run.eventsRead
    }

    private func isWanted(_ block: EventBlock) -> Bool {
        guard block.sequences.overlaps(sequences) else { return false }
        guard let spans else { return true }
        guard block.minTime <= block.maxTime else { return false }
        return spans.wants(block.sequences.clamped(to: sequences), block.minTime...block.maxTime)
    }

    /// Hands out the events of a part of a block; false when `body` has enough.
    private func read(
        _ part: Range<UInt64>,
        of block: EventBlock?,
        _ spans: inout EventSpans?,
        _ run: inout ScanRun,
        _ body: (ScannedEvent) throws -> Bool
    ) throws -> Bool {
        var sequence = part.lowerBound
        while sequence < part.upperBound, let events = try run.events(at: sequence, below: part.upperBound) {
            sequence = max(sequence, events.firstSequence)
            let end = min(events.endSequence, part.upperBound)
            while sequence < end {
                if let found = try event(sequence, of: events, block: block, &run),
                    spans?.contains(found.time) ?? true, try !body(found)
                {
                    return false
                }
                sequence += 1
            }
        }
        return true
    }

    @inline(__always)
    private func event(
        _ sequence: UInt64,
        of events: ScanRun.Events,
        block: EventBlock?,
        _ run: inout ScanRun
    ) throws -> ScannedEvent? {
        let index = Int(sequence - events.firstSequence)
        let entry = events.batch[index]
        let time = entry.flags.contains(.hasTime) ? entry.time : events.arrival
        if selection != .stored, block?.isDuplicate(sequence) == true { return nil }
        if selection == .counting, block?.isCorrected(sequence) == true, let correction = facts?.corrections[sequence] {
            guard case .amended(let by) = correction else { return nil }
            let replacement = try run.replacement(by)
            let own = replacement[0]
            return ScannedEvent(
                sequence: sequence,
                time: own.flags.contains(.hasTime) ? own.time : time,
                arrival: events.arrival,
                origin: events.origin,
                batch: replacement,
                index: 0,
                isReplacement: true,
                isUncounted: false
            )
        }
        return ScannedEvent(
            sequence: sequence,
            time: time,
            arrival: events.arrival,
            origin: events.origin,
            batch: events.batch,
            index: index,
            isReplacement: false,
            isUncounted: block?.isUncounted(sequence) == true
        )
    }
}
