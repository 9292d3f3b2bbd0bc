import CloudEvents
import EventLog
import Metering
import Synchronization
import UsageStore

extension Engine {
    /// Events that one answer lists at most.
    public static let listedEvents = 100
    /// Conflicts that one answer lists at most.
    public static let listedConflicts = 100
    /// Corrections that one answer lists at most.
    public static let listedCorrections = 1000

    /// The newest events that are asked for, by their time and then their place in the log, each with what became of it
    /// when it was applied and the corrections made since.
    ///
    /// Events that are not in the log any more, or that an older meterd applied, are not listed.
    /// - Throws: `QueryError`.
    public func events(_ query: EventListQuery) async throws -> [StoredEvent] {
        try await waitForApply()
        var query = query
        query.limit = min(max(query.limit, 0), Self.listedEvents)
        if query.limit == 0 { return [] }
        return try await attempts { [query] engine, limits in
            try engine.explained(try EventListing(engine: engine, query: query, limits: limits).events())
        }
    }

    /// Events with the source and id of an earlier one and other content, newest first, each with the first one.
    ///
    /// - Parameters:
    ///   - limit: how many at most; `listedConflicts` bounds it too.
    ///   - before: only those whose second event has a sequence number below this one; nil for the newest of all.
    /// - Throws: `QueryError`.
    public func conflicts(limit: Int, before: UInt64? = nil) async throws -> [ConflictRecord] {
        try await waitForApply()
        let limit = min(max(limit, 0), Self.listedConflicts)
        if limit == 0 { return [] }
        return try await attempts { engine, _ in
            let rows = try engine.loading {
                $0.applier.totals.conflictsSnapshot(before: before, limit: limit)
            } _: {
                try $0.load(from: engine.store)
            }
            let wanted = Set(rows.map(\.sequence) + rows.map(\.firstSequence)).sorted()
            let explained = try engine.explained(try wanted.compactMap { try RawEvent($0, in: engine.log) })
            let events = Dictionary(uniqueKeysWithValues: explained.map { ($0.sequence, $0) })
            return rows.compactMap { row in
                events[row.sequence].map {
                    ConflictRecord(first: events[row.firstSequence], firstSequence: row.firstSequence, second: $0)
                }
            }
        }
    }

    /// Corrections, applied and refused ones, newest first.
    ///
    /// - Parameters:
    ///   - limit: how many at most; `listedCorrections` bounds it too.
    ///   - before: only corrections with a sequence number below this one; nil for the newest of all.
    /// - Throws: `QueryError`.
    public func corrections(limit: Int, before: UInt64? = nil) async throws -> [CorrectionRecord] {
        let limit = min(max(limit, 0), Self.listedCorrections)
        if limit == 0 { return [] }
        return try await listing {
            $0.applier.totals.correctionsSnapshot(before: before, limit: limit)
        } _: { [store] in
            try $0.load(from: store)?.map(CorrectionRecord.init)
        }
    }

    /// Reads off the cooperative threads, again when retention deleted what was being read.
    func attempts<R: Sendable>(
        _ read: @escaping @Sendable (Engine, ScanLimits) throws -> R
    ) async throws(QueryError) -> R {
        try await Self.offCooperativeThreads { [self] () throws(QueryError) in
            try retrying { limits throws(QueryError) in
                do { return try read(self, limits) } catch { return try QueryError.attempt(error) }
            }
        }
    }

    /// Events of the log with what the store says about them, in the order given.
    private func explained(_ events: [RawEvent]) throws -> [StoredEvent] {
        guard let least = events.map(\.sequence).min(), let greatest = events.map(\.sequence).max() else { return [] }
        let sequences = events.map(\.sequence).sorted()
        let blocks = try loading {
            $0.applier.totals.blocks(overlapping: nil, sequences: least..<greatest + 1)
        } _: {
            try $0.load(atMost: .max) { block, _ in sequences.contains(where: block.contains) }
        }
        let refusals = try loading { state in
            (state.applier.totals.invalidSnapshot(of: sequences), state.applier.meters)
        } _: { snapshot, meters in
            try snapshot.load(from: store).map { rows in
                let slugs = Dictionary(uniqueKeysWithValues: meters.map { ($0.number, $0.meter.slug) })
                return Dictionary(grouping: rows, by: \.sequence).mapValues { rows in
                    rows.map { StoredEvent.Refusal(meter: slugs[$0.meter], reason: $0.reason) }
                }
            }
        }
        let conflicts = try loading {
            $0.applier.totals.conflictsSnapshot(of: sequences)
        } _: { [store] in
            try $0.load(from: store).map { Set($0.map(\.sequence)) }
        }
        let corrections = try loading {
            $0.applier.totals.correctionsSnapshot(ofEvents: sequences)
        } _: { [store] in
            try $0.load(from: store).map { Dictionary(grouping: $0.map(CorrectionRecord.init), by: \.eventSequence) }
        }
        return events.compactMap { event in
            IngestOrigin(rawValue: event.origin).map { origin in
                let block = blocks.first { $0.sequences.contains(event.sequence) }
                let refusals = refusals[event.sequence] ?? []
                let fate: EventFate =
                    if conflicts.contains(event.sequence) {
                        .conflict
                    } else if block?.isDuplicate(event.sequence) == true {
                        .duplicate
                    } else if block?.isUncounted(event.sequence) == true {
                        refusals.isEmpty ? .unmatched : .invalid
                    } else {
                        .counted
                    }
                return StoredEvent(
                    sequence: event.sequence,
                    json: event.json,
                    time: Timestamp(microseconds: event.time),
                    arrival: Timestamp(microseconds: event.arrival),
                    origin: origin,
                    fate: fate,
                    refusals: refusals,
                    corrections: corrections[event.sequence] ?? []
                )
            }
        }
    }
}
