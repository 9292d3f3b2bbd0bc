import CloudEvents
import Engine
import Metering
import UsageStore

/// What an engine should have made of everything it was told, kept as a list of events and counted anew for each question:
/// slow, and plain enough to be believed.
struct Model {
    /// A correction that was applied.
    struct Correction {
        var sequence: UInt64
        var at: Int64
        /// Nil: the event counts no more.
        var replacement: ModelEvent?
        var reason: String
        var by: String
        /// Slugs of the meters whose totals it changed, ordered by their bytes.
        var meters: [String]
    }

    /// An event of the log.
    struct Entry {
        var sequence: UInt64
        var event: ModelEvent
        var origin: IngestOrigin
        var arrival: Int64
        var fate: EventFate
        /// Of a duplicate: the one that came first.
        var first: UInt64?
        /// What meters that could not use it said, by slug.
        var refusals: [String: String] = [:]
        var corrections: [Correction] = []
        /// Corrected while a meter was counted from the log: whether that came first decides what the ledger calls it.
        var isDisputed = false

        var time: Int64 { event.time ?? arrival }
        var day: Int32 { Model.day(of: arrival) }

        /// What counts in its place now, and when that was; nil when nothing does.
        var content: (event: ModelEvent, time: Int64)? {
            if fate == .duplicate || fate == .conflict { return nil }
            guard let last = corrections.last else { return (event, time) }
            return last.replacement.map { ($0, $0.time ?? time) }
        }
    }

    /// Days after its arrival on which an event with the same source and id is a duplicate.
    static let windowDays: Int32 = 32

    private(set) var entries: [Entry] = []
    /// Meters that count, in the order they came.
    private(set) var meters: [ModelMeter] = []
    private(set) var ledger: [LedgerKey: LedgerCounts] = [:]
    /// By slug and day of arrival.
    private(set) var meterLedgers: [String: [Int32: MeterLedgerCounts]] = [:]
    private(set) var nextSequence: UInt64 = 0
    /// Meters that are being counted from the log.
    var filling: Set<String> = []
    private var firsts: [[[UInt8]]: Int] = [:]

    static func day(of time: Int64) -> Int32 { Int32(time / 86_400_000_000) }

    /// Takes a frame: rejected messages, then events.
    mutating func take(_ events: [ModelEvent], rejected: Int = 0, origin: IngestOrigin, arrival: Int64) {
        if rejected > 0 {
            let line = LedgerKey(origin: origin.rawValue, day: Self.day(of: arrival))
            ledger[line, default: LedgerCounts()].rejected += rejected
            nextSequence += UInt64(rejected)
        }
        for event in events { take(event, origin: origin, arrival: arrival) }
    }

    /// Takes a frame that moves a position and nothing else.
    mutating func jump() { nextSequence += 1 }

    private mutating func take(_ event: ModelEvent, origin: IngestOrigin, arrival: Int64) {
        var entry = Entry(sequence: nextSequence, event: event, origin: origin, arrival: arrival, fate: .unmatched)
        if let index = firsts[event.key], entry.day - entries[index].day <= Self.windowDays {
            entry.fate = entries[index].event.isSame(as: event) ? .duplicate : .conflict
            entry.first = entries[index].sequence
        } else {
            firsts[event.key] = entries.count
            for meter in meters { settle(&entry, by: meter) }
        }
        var counts = LedgerCounts()
        counts.stored = 1
        switch entry.fate {
        case .counted: counts.counted = 1
        case .duplicate: counts.duplicate = 1
        case .conflict: (counts.duplicate, counts.conflict) = (1, 1)
        case .unmatched: counts.unmatched = 1
        case .invalid: counts.invalid = 1
        }
        ledger[line(of: entry), default: LedgerCounts()].add(counts)
        entries.append(entry)
        nextSequence += 1
    }

    /// Lets a meter look at an event that is no duplicate.
    private mutating func settle(_ entry: inout Entry, by meter: ModelMeter) {
        switch meter.outcome(of: entry.event, time: entry.time) {
        case .notItsOwn: break
        case .value:
            entry.fate = .counted
            meterLedgers[meter.slug, default: [:]][entry.day, default: MeterLedgerCounts()].counted += 1
        case .invalid(let reason):
            if entry.fate == .unmatched { entry.fate = .invalid }
            entry.refusals[meter.slug] = reason
            meterLedgers[meter.slug, default: [:]][entry.day, default: MeterLedgerCounts()].invalid += 1
        }
    }

    func line(of entry: Entry) -> LedgerKey {
        LedgerKey(origin: entry.origin.rawValue, day: entry.day, source: entry.event.source)
    }
}

/// Meters that come, change and go.
extension Model {
    /// Adds a meter that counts from now on.
    mutating func add(_ meter: ModelMeter) {
        var meter = meter
        meter.activity = [nextSequence..<UInt64.max]
        meters.append(meter)
    }

    /// Adds a meter that counts what is in the log as well, once that is done.
    mutating func backfill(_ meter: ModelMeter) {
        var meter = meter
        meter.activity = [0..<UInt64.max]
        meter.isRecounted = true
        meters.append(meter)
        for index in entries.indices where entries[index].first == nil && entries[index].corrections.isEmpty {
            let before = entries[index].fate
            var entry = entries[index]
            settle(&entry, by: meter)
            entries[index] = entry
            guard entry.fate != before else { continue }
            let line = line(of: entry)
            if before == .unmatched { ledger[line]?.unmatched -= 1 } else { ledger[line]?.invalid -= 1 }
            if entry.fate == .counted { ledger[line]?.counted += 1 } else { ledger[line]?.invalid += 1 }
        }
    }

    /// Splits a meter by other dimensions, all it ever counted.
    mutating func regroup(_ slug: String, by dimensions: [(name: String, path: String)]) {
        guard let index = meters.firstIndex(where: { $0.slug == slug }) else { return }
        meters[index].dimensions = dimensions
        meters[index].isRecounted = true
    }

    /// Gives a meter another description.
    mutating func describe(_ slug: String, as description: String) {
        guard let index = meters.firstIndex(where: { $0.slug == slug }) else { return }
        meters[index].description = description
    }

    /// Forgets a meter.
    mutating func delete(_ slug: String) {
        meters.removeAll { $0.slug == slug }
        filling.remove(slug)
        meterLedgers[slug] = nil
        for index in entries.indices { entries[index].refusals[slug] = nil }
    }
}

/// Corrections.
extension Model {
    /// What comes of asking for a correction.
    enum Answer {
        case unknownEvent
        case alreadyVoided
        /// A meter that counts the event could not use the replacement.
        case unusable
        case applied(Correction)
    }

    /// Voids or amends the first event with a source and an id.
    mutating func correct(
        _ key: [[UInt8]],
        replacement: ModelEvent?,
        reason: String,
        by: String,
        at: Int64
    ) -> Answer {
        guard let index = firsts[key] else { return .unknownEvent }
        let old = entries[index]
        guard let content = old.content else { return .alreadyVoided }
        var changes: [(slug: String, old: Contribution?, new: Contribution?)] = []
        for meter in meters where meter.isActive(at: old.sequence) {
            let before = Contribution(of: content, sequence: old.sequence, to: meter)
            var after: Contribution?
            if let replacement {
                let time = replacement.time ?? old.time
                after = Contribution(of: (replacement, time), sequence: old.sequence, to: meter)
                if before != nil, case .invalid = meter.outcome(of: replacement, time: time) { return .unusable }
            }
            if before != after { changes.append((meter.slug, before, after)) }
        }
        for change in changes {
            var counts = meterLedgers[change.slug]?[old.day] ?? MeterLedgerCounts()
            if change.old != nil { counts.withdrawn += 1 }
            if change.new != nil { counts.restored += 1 }
            meterLedgers[change.slug, default: [:]][old.day] = counts
        }
        let correction = Correction(
            sequence: nextSequence,
            at: at,
            replacement: replacement,
            reason: reason,
            by: by,
            meters: changes.map(\.slug).sorted { $0.precedesBytewise($1) }
        )
        entries[index].corrections.append(correction)
        if !filling.isEmpty { entries[index].isDisputed = true }
        if replacement == nil { ledger[line(of: old)]?.voided += 1 } else { ledger[line(of: old)]?.amended += 1 }
        nextSequence += 1
        return .applied(correction)
    }
}

/// What one event adds to one meter.
struct Contribution: Equatable {
    var sequence: UInt64
    var time: Int64
    /// Subject, then the dimensions.
    var series: [[UInt8]]
    var value: Fraction
    var unique: [UInt8]

    init?(of content: (event: ModelEvent, time: Int64), sequence: UInt64, to meter: ModelMeter) {
        guard case .value(let value, let unique) = meter.outcome(of: content.event, time: content.time) else {
            return nil
        }
        self.sequence = sequence
        time = content.time
        series =
            [Array(content.event.subject.utf8)] + meter.dimensions.map { Array(content.event.dimension($0.path).utf8) }
        self.value = value
        self.unique = Array(unique.utf8)
    }
}
