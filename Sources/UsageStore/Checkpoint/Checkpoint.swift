import Foundation
import GRDB

/// Where a restart begins: totals and dedupe runs hold all events below `nextSequence`, and none from it on.
public struct Checkpoint: Sendable, Hashable {
    /// Counts checkpoints.
    public var generation: UInt64
    /// The first sequence number to replay.
    public var nextSequence: UInt64
    /// Names of the dedupe index's run files.
    public var dedupeRuns: [String]
    /// When it was made, in microseconds since 1970-01-01T00:00:00Z.
    public var at: Int64

    static func fetch(_ database: Database) throws -> Checkpoint? {
        let sql = "SELECT generation, next_sequence, dedupe_runs, at FROM checkpoint WHERE one = 1"
        guard let row = try Row.fetchOne(database, sql: sql) else { return nil }
        let generation: Int64 = row[0]
        let next: Int64 = row[1]
        let runs: String = row[2]
        return Checkpoint(
            generation: UInt64(bitPattern: generation),
            nextSequence: UInt64(bitPattern: next),
            dedupeRuns: runs.isEmpty ? [] : runs.split(separator: "\n").map(String.init),
            at: row[3]
        )
    }

    /// How many checkpoints there have been.
    static func generation(_ database: Database) throws -> UInt64 {
        let found = try Int64.fetchOne(database, sql: "SELECT generation FROM checkpoint WHERE one = 1")
        return UInt64(bitPattern: found ?? 0)
    }

    func write(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO checkpoint (one, generation, next_sequence, dedupe_runs, at)
                VALUES (1, ?, ?, ?, ?)
                """,
            arguments: [
                Int64(bitPattern: generation), Int64(bitPattern: nextSequence), dedupeRuns.joined(separator: "\n"), at,
            ]
        )
    }
}

extension Totals {
    /// Commits everything that changed since the last checkpoint in one transaction.
    ///
    /// - Parameters:
    ///   - nextSequence: the first sequence number that is not in these totals.
    ///   - dedupeRuns: the run files that hold the dedupe index at the same position; they are durable already.
    ///   - keepEventsFrom: what became of the events below this sequence number is forgotten with their log segments: blocks,
    ///     invalid events, conflicts and rejected messages.
    ///   - now: microseconds since 1970-01-01T00:00:00Z.
    public func commit(
        nextSequence: UInt64,
        dedupeRuns: [String],
        keepEventsFrom: UInt64,
        now: Int64
    ) throws(UsageStoreError) {
        let checkpoint = Checkpoint(
            generation: generation + 1,
            nextSequence: nextSequence,
            dedupeRuns: dedupeRuns,
            at: now
        )
        try store.perform("write checkpoint") {
            try store.pool.write { try write(checkpoint, keepEventsFrom: keepEventsFrom, $0) }
        }
        settle()
    }

    /// Writes everything that changed since the last checkpoint; in the caller's transaction.
    func write(_ checkpoint: Checkpoint, keepEventsFrom: UInt64, _ database: Database) throws {
        for totals in meters.values.sorted(by: { $0.meter.number < $1.meter.number }) {
            try PageWriter(database: database, meter: totals.meter.number).write(totals)
        }
        try BlockRow.write(blocks.changed, database)
        try BlockRow.delete(below: keepEventsFrom, database)
        try CorrectionTable.write(corrections, database)
        try writeLedger(database)
        try writePositions(database)
        try writeEvents(database, keepEventsFrom: keepEventsFrom)
        try writeRejectedFrames(database, keepEventsFrom: keepEventsFrom)
        try checkpoint.write(database)
    }
}
