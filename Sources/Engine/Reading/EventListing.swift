import CloudEvents
import EventLog
import Metering
import Synchronization
import UsageStore

/// Finds the newest events that a list asks for.
///
/// Blocks are read in the order of their greatest time, and only until what was found is newer than anything the next one
/// can have.
struct EventListing {
    let engine: Engine
    let query: EventListQuery
    let limits: ScanLimits

    /// A block without what is in it.
    private struct Outline {
        var sequences: Range<UInt64>
        var greatest: Int64
    }

    /// The events, newest first: by their time, then their sequence number.
    ///
    /// - Throws: `ScanError`, `UsageStoreError`, `QueryError`.
    func events() throws -> [RawEvent] {
        let times = query.from.microseconds..<max(query.from.microseconds, query.to?.microseconds ?? .max)
        var newest = NewestEvents(limit: query.limit)
        var filter = EventFilter(query)
        var limits = limits
        for outline in try outlines(times) {
            guard newest.wants(outline.greatest) else { break }
            if query.invalidOnly {
                filter.only = try invalid(outline.sequences)
                if filter.only?.isEmpty == true { continue }
            }
            let scan = EventScan(log: engine.log, stored: outline.sequences, times: times, limits: limits)
            limits.events -= try scan.run { event in
                if newest.wants(event.time), filter.admits(event) { newest.add(event) }
                return true
            }
        }
        return newest.sorted
    }

    /// The blocks with events of these times, those with the greatest time first.
    private func outlines(_ times: Range<Int64>) throws -> [Outline] {
        let arrived = try query.arrivedFrom.map { try engine.log.firstSequence(arrivingFrom: $0.microseconds) } ?? 0
        var outlines: [Outline] = []
        _ = try engine.loading { state in
            let moment = ReadingMoment(state, store: engine.store)
            let first = max(arrived, moment.begins)
            let sequences = first..<max(first, moment.through)
            return (state.applier.totals.blocks(overlapping: times, sequences: sequences), sequences)
        } _: { snapshot, sequences in
            outlines = []
            return try snapshot.load(atMost: 0) { block, times in
                let part = block.clamped(to: sequences)
                if !part.isEmpty { outlines.append(Outline(sequences: part, greatest: times.upperBound)) }
                return false
            }
        }
        return outlines.sorted { $0.greatest > $1.greatest }
    }

    private func invalid(_ sequences: Range<UInt64>) throws -> Set<UInt64> {
        let events = try engine.loading {
            $0.applier.totals.invalidSnapshot(in: sequences)
        } _: {
            try $0.load(from: engine.store)
        }
        return Set(events.map(\.sequence))
    }
}

/// What of a listed event must be so.
private struct EventFilter {
    private let idContains: [UInt8]?
    private let equal: [(part: EventPart, text: [UInt8])]
    private let arrivals: Range<Int64>
    /// Sequence numbers that may be listed; nil for all.
    var only: Set<UInt64>?

    init(_ query: EventListQuery) {
        idContains = query.idContains.map { Array($0.utf8) }
        equal = [(.subject, query.subject), (.source, query.source), (.type, query.type)].compactMap { part, text in
            text.map { (part, Array($0.utf8)) }
        }
        let first = query.arrivedFrom?.microseconds ?? .min
        arrivals = first..<max(first, query.arrivedTo?.microseconds ?? .max)
    }

    func admits(_ event: ScannedEvent) -> Bool {
        guard arrivals.contains(event.arrival), only?.contains(event.sequence) ?? true else { return false }
        for (part, text) in equal {
            let isEqual = event.batch.withText(part, of: event.index) {
                $0.count == text.count && $0.elementsEqual(text)
            }
            guard isEqual else { return false }
        }
        guard let idContains else { return true }
        return event.batch.withText(.id, of: event.index) { Self.contains($0, idContains) }
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }
}

/// The newest events seen so far, `limit` at most.
private struct NewestEvents {
    private let limit: Int
    /// Oldest first.
    private var events: [RawEvent] = []

    init(limit: Int) { self.limit = limit }

    /// Newest first.
    var sorted: [RawEvent] { events.reversed() }

    /// Whether an event of this time could be among them.
    func wants(_ time: Int64) -> Bool { events.count < limit || events.first.map { $0.time <= time } ?? false }

    mutating func add(_ event: ScannedEvent) {
        let place = events.firstIndex { (event.time, event.sequence) < ($0.time, $0.sequence) } ?? events.count
        guard events.count < limit || place > 0 else { return }
        events.insert(RawEvent(event), at: place)
        if events.count > limit { events.removeFirst() }
    }
}
