import GRDB

/// What was in memory at one moment of a list that the store has the rest of.
public struct ListSnapshot<Element: Sendable>: Sendable {
    let generation: UInt64
    let inMemory: [Element]
    let read: @Sendable (Database, [Element]) throws -> [Element]

    /// The list; nil when a checkpoint was made since, and another snapshot has to be taken.
    ///
    /// - Throws: `UsageStoreError`.
    public func load(from store: UsageStore) throws -> [Element]? {
        try store.read("read list", at: generation) { try read($0, inMemory) }
    }
}

extension Totals {
    /// Conflicts, the newest first.
    ///
    /// - Parameter before: only those whose second event has a sequence number below this one; nil for the newest of all.
    public func conflictsSnapshot(before: UInt64?, limit: Int) -> ListSnapshot<EventConflict> {
        let below = before ?? .max
        let new = conflicts.filter { $0.sequence < below }.suffix(limit).reversed()
        return ListSnapshot(generation: generation, inMemory: Array(new)) { database, new in
            let stored = try ConflictRow.conflicts(
                "WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
                [Int64(clamping: below), limit - new.count],
                database
            )
            return new + stored
        }
    }

    /// The conflicts whose second event has one of these sequence numbers, in their order.
    public func conflictsSnapshot(of sequences: [UInt64]) -> ListSnapshot<EventConflict> {
        let asked = Set(sequences)
        let new = conflicts.filter { asked.contains($0.sequence) }
        return ListSnapshot(generation: generation, inMemory: new) { database, new in
            let stored = try asked.sorted().flatMap {
                try ConflictRow.conflicts("WHERE sequence = ?", [Int64(bitPattern: $0)], database)
            }
            return stored + new
        }
    }

    /// Corrections, applied and refused ones, the newest first.
    ///
    /// - Parameter before: only those with a sequence number below this one; nil for the newest of all.
    public func correctionsSnapshot(before: UInt64?, limit: Int) -> ListSnapshot<CorrectionRow> {
        let below = before ?? .max
        let new = corrections.filter { $0.sequence < below }.suffix(limit).reversed()
        return ListSnapshot(generation: generation, inMemory: Array(new)) { database, new in
            new + (try CorrectionTable.newest(limit - new.count, before: below, database))
        }
    }

    /// All corrections of some events, the oldest first.
    public func correctionsSnapshot(ofEvents sequences: [UInt64]) -> ListSnapshot<CorrectionRow> {
        let asked = Set(sequences)
        let new = corrections.filter { asked.contains($0.eventSequence) }
        return ListSnapshot(generation: generation, inMemory: new) { database, new in
            let stored = try asked.flatMap { try CorrectionTable.corrections(ofEvent: $0, database) }
            return stored.sorted { $0.sequence < $1.sequence } + new
        }
    }

    /// The events of a stretch of the log that a meter could not use, in the order of the log.
    public func invalidSnapshot(in sequences: Range<UInt64>) -> ListSnapshot<InvalidEvent> {
        let new = invalidEvents.filter { sequences.contains($0.sequence) }
        return ListSnapshot(generation: generation, inMemory: new) { database, new in
            let sql = """
                SELECT sequence, meter, reason FROM invalid_event
                WHERE sequence >= ? AND sequence < ? AND \(InvalidEventRow.isKnown) ORDER BY sequence, meter
                """
            let stored = try Row.fetchAll(
                database,
                sql: sql,
                arguments: [Int64(clamping: sequences.lowerBound), Int64(clamping: sequences.upperBound)]
            )
            return stored.map(InvalidEventRow.event) + new
        }
    }

    /// What meters said that could not use some events, in the order of the log.
    public func invalidSnapshot(of sequences: [UInt64]) -> ListSnapshot<InvalidEvent> {
        let asked = Set(sequences)
        let new = invalidEvents.filter { asked.contains($0.sequence) }
        return ListSnapshot(generation: generation, inMemory: new) { database, new in
            let statement = try database.makeStatement(
                sql: """
                    SELECT sequence, meter, reason FROM invalid_event
                    WHERE sequence = ? AND \(InvalidEventRow.isKnown) ORDER BY meter
                    """
            )
            let stored = try asked.sorted().flatMap {
                try Row.fetchAll(statement, arguments: [Int64(bitPattern: $0)])
            }
            return stored.map(InvalidEventRow.event) + new
        }
    }

    /// Every event that is listed as invalid. The caller holds the totals, so no checkpoint falls in between.
    func currentInvalidEvents() throws(UsageStoreError) -> [InvalidEvent] {
        try store.perform("read invalid events") {
            try invalidSnapshot(in: 0..<UInt64.max).load(from: store) ?? []
        }
    }
}

/// Rows of the table `conflict`.
enum ConflictRow {
    static func conflicts(
        _ condition: String,
        _ arguments: StatementArguments,
        _ database: Database
    ) throws -> [EventConflict] {
        let sql = "SELECT sequence, first_sequence FROM conflict \(condition)"
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
            let sequence: Int64 = row[0]
            let first: Int64 = row[1]
            return EventConflict(
                sequence: UInt64(bitPattern: sequence),
                firstSequence: UInt64(bitPattern: first)
            )
        }
    }
}
