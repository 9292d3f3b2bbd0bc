import Foundation
import GRDB
import Metering

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
}

extension Totals {
    /// Commits everything that changed since the last checkpoint in one transaction.
    ///
    /// - Parameters:
    ///   - nextSequence: the first sequence number that is not in these totals.
    ///   - dedupeRuns: the run files that hold the dedupe index at the same position; they are durable already.
    ///   - keepEventsFrom: invalid events, conflicts and rejected messages below this sequence number are forgotten with
    ///     their log segments.
    ///   - now: microseconds since 1970-01-01T00:00:00Z.
    public func commit(
        nextSequence: UInt64,
        dedupeRuns: [String],
        keepEventsFrom: UInt64,
        now: Int64
    ) throws(UsageStoreError) {
        try store.perform("write checkpoint") {
            try store.pool.write { database in
                for totals in meters.values.sorted(by: { $0.meter.number < $1.meter.number }) {
                    try CheckpointWriter(database: database, meter: totals.meter.number).write(totals)
                }
                try writeLedger(database)
                try writeEvents(database, keepEventsFrom: keepEventsFrom)
                try writeRejectedFrames(database, keepEventsFrom: keepEventsFrom)
                try database.execute(
                    sql: """
                        INSERT OR REPLACE INTO checkpoint (one, generation, next_sequence, dedupe_runs, at)
                        VALUES (1, ?, ?, ?, ?)
                        """,
                    arguments: [
                        Int64(bitPattern: generation + 1), Int64(bitPattern: nextSequence),
                        dedupeRuns.joined(separator: "\n"), now,
                    ]
                )
            }
        }
        settle()
    }

    private func writeLedger(_ database: Database) throws {
        let line = try database.makeStatement(
            sql: """
                INSERT INTO ledger (origin, day, stored, rejected, counted, duplicate, conflict, unmatched, invalid)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (origin, day) DO UPDATE SET
                    stored = stored + excluded.stored, rejected = rejected + excluded.rejected,
                    counted = counted + excluded.counted, duplicate = duplicate + excluded.duplicate,
                    conflict = conflict + excluded.conflict, unmatched = unmatched + excluded.unmatched,
                    invalid = invalid + excluded.invalid
                """
        )
        for (key, counts) in ledger {
            try line.execute(arguments: [
                key.origin, key.day, counts.stored, counts.rejected, counts.counted, counts.duplicate, counts.conflict,
                counts.unmatched, counts.invalid,
            ])
        }
        let meterLine = try database.makeStatement(
            sql: """
                INSERT INTO meter_ledger (meter, day, counted, invalid) VALUES (?, ?, ?, ?)
                ON CONFLICT (meter, day) DO UPDATE SET
                    counted = counted + excluded.counted, invalid = invalid + excluded.invalid
                """
        )
        for (key, counts) in meterLedger {
            try meterLine.execute(arguments: [key.meter, key.day, counts.counted, counts.invalid])
        }
        let position = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO position (source, partition, next_offset) VALUES (?, ?, ?)"
        )
        for (key, offset) in positions {
            try position.execute(arguments: [key.source, key.partition, offset])
        }
    }

    private func writeEvents(_ database: Database, keepEventsFrom: UInt64) throws {
        let keep = Int64(bitPattern: keepEventsFrom)
        try database.execute(sql: "DELETE FROM invalid_event WHERE sequence < ?", arguments: [keep])
        try database.execute(sql: "DELETE FROM conflict WHERE sequence < ?", arguments: [keep])
        let invalid = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO invalid_event (sequence, meter, reason) VALUES (?, ?, ?)"
        )
        for event in invalidEvents {
            try invalid.execute(arguments: [Int64(bitPattern: event.sequence), event.meter, event.reason])
        }
        let conflict = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO conflict (sequence, first_sequence) VALUES (?, ?)"
        )
        for event in conflicts {
            try conflict.execute(arguments: [
                Int64(bitPattern: event.sequence), Int64(bitPattern: event.firstSequence),
            ])
        }
    }

    private func writeRejectedFrames(_ database: Database, keepEventsFrom: UInt64) throws {
        let row = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO rejected_frame (sequence, count, origin) VALUES (?, ?, ?)"
        )
        for frame in rejectedFrames.suffix(RejectedFrame.kept) {
            try row.execute(arguments: [Int64(bitPattern: frame.sequence), frame.count, frame.origin])
        }
        try database.execute(
            sql: """
                DELETE FROM rejected_frame WHERE sequence < ? OR sequence <=
                    (SELECT sequence FROM rejected_frame ORDER BY sequence DESC LIMIT 1 OFFSET ?)
                """,
            arguments: [Int64(bitPattern: keepEventsFrom), RejectedFrame.kept]
        )
    }
}

/// Writes one meter's changed totals, in the order of the tables' keys so that SQLite appends rather than seeks.
private struct CheckpointWriter {
    let database: Database
    let meter: Int32

    func write(_ totals: Totals.MeterTotals) throws {
        let pages = totals.pages.values.filter(\.dirty).sorted { $0.start < $1.start }
        guard !pages.isEmpty else { return }
        try writeSeries(totals)
        let bucket = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO bucket (meter, start, last_sequence) VALUES (?, ?, ?)"
        )
        let total = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO total (meter, bucket, series, count, value, time, sequence)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        let unique = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO unique_value (meter, bucket, series, hash) VALUES (?, ?, ?, ?)"
        )
        for page in pages {
            try bucket.execute(arguments: [meter, page.start, Int64(bitPattern: page.lastSequence)])
            for entry in page.entries.filter(\.dirty).sorted(by: { $0.series < $1.series }) {
                try total.execute(arguments: [
                    meter, page.start, entry.series, Int64(entry.total.count), entry.total.value.description,
                    entry.total.time, Int64(bitPattern: entry.total.sequence),
                ])
            }
            for value in page.newUniqueValues {
                try unique.execute(arguments: [meter, page.start, value.series, Data(value.hash.bytes)])
            }
        }
    }

    private func writeSeries(_ totals: Totals.MeterTotals) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO series (meter, number, key) VALUES (?, ?, ?)")
        for number in totals.persistedSeries..<totals.series.count {
            let key = totals.series.withKey(UInt32(number)) { Data($0) }
            try statement.execute(arguments: [meter, number, key])
        }
    }
}
