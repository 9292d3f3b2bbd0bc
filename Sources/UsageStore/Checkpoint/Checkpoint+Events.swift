import GRDB

extension Totals {
    /// Adds up the ledger's lines and the meters'.
    func writeLedger(_ database: Database) throws {
        let line = try database.makeStatement(
            sql: """
                INSERT INTO ledger (origin, day, source, stored, rejected, counted, duplicate, conflict, unmatched, invalid,
                    voided, amended)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (origin, day, source) DO UPDATE SET
                    stored = stored + excluded.stored, rejected = rejected + excluded.rejected,
                    counted = counted + excluded.counted, duplicate = duplicate + excluded.duplicate,
                    conflict = conflict + excluded.conflict, unmatched = unmatched + excluded.unmatched,
                    invalid = invalid + excluded.invalid, voided = voided + excluded.voided,
                    amended = amended + excluded.amended
                """
        )
        for (key, counts) in ledger.changes {
            try line.execute(arguments: [
                key.origin, key.day, key.source, counts.stored, counts.rejected, counts.counted, counts.duplicate,
                counts.conflict, counts.unmatched, counts.invalid, counts.voided, counts.amended,
            ])
        }
        let meterLine = try database.makeStatement(
            sql: """
                INSERT INTO meter_ledger (meter, day, counted, invalid, withdrawn, restored) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (meter, day) DO UPDATE SET
                    counted = counted + excluded.counted, invalid = invalid + excluded.invalid,
                    withdrawn = withdrawn + excluded.withdrawn, restored = restored + excluded.restored
                """
        )
        for (key, counts) in meterLedger {
            try meterLine.execute(arguments: [
                key.meter, key.day, counts.counted, counts.invalid, counts.withdrawn, counts.restored,
            ])
        }
    }

    func writePositions(_ database: Database) throws {
        let position = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO position (source, partition, next_offset) VALUES (?, ?, ?)"
        )
        for (key, offset) in positions {
            try position.execute(arguments: [key.source, key.partition, offset])
        }
    }

    /// Lists invalid events and conflicts, and forgets those of events that the log has no more.
    func writeEvents(_ database: Database, keepEventsFrom: UInt64) throws {
        let keep = Int64(bitPattern: keepEventsFrom)
        try database.execute(sql: "DELETE FROM invalid_event WHERE sequence < ?", arguments: [keep])
        try database.execute(sql: "DELETE FROM conflict WHERE sequence < ?", arguments: [keep])
        try InvalidEventRow.write(invalidEvents[...], database)
        let conflict = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO conflict (sequence, first_sequence) VALUES (?, ?)"
        )
        for event in conflicts {
            try conflict.execute(arguments: [
                Int64(bitPattern: event.sequence), Int64(bitPattern: event.firstSequence),
            ])
        }
    }

    func writeRejectedFrames(_ database: Database, keepEventsFrom: UInt64) throws {
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

/// Rows of the table `invalid_event`.
enum InvalidEventRow {
    /// The condition that leaves out what a count from the log has found that is not done, or was given up.
    static let isKnown = "meter NOT IN (SELECT number FROM meter WHERE state IN ('filling', 'abandoned'))"

    static func write(_ events: ArraySlice<InvalidEvent>, _ database: Database) throws {
        let statement = try database.makeStatement(
            sql: "INSERT OR REPLACE INTO invalid_event (sequence, meter, reason) VALUES (?, ?, ?)"
        )
        for event in events {
            try statement.execute(arguments: [Int64(bitPattern: event.sequence), event.meter, event.reason])
        }
    }

    static func event(_ row: Row) -> InvalidEvent {
        let sequence: Int64 = row[0]
        return InvalidEvent(sequence: UInt64(bitPattern: sequence), meter: row[1], reason: row[2])
    }
}
