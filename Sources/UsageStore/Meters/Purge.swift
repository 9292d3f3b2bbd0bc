import GRDB

extension UsageStore {
    /// Tables whose rows go with a meter, with the rest of their keys. Invalid events stay as long as the log has them: they
    /// say what became of an event.
    static let purged = [
        (table: "total", key: "bucket, series"), (table: "unique_value", key: "bucket, series, hash"),
        (table: "sketch", key: "bucket, series, cell"), (table: "level", key: "series, time, sequence"),
        (table: "bucket", key: "start"), (table: "meter_ledger", key: "day"), (table: "series", key: "number"),
    ]

    /// Deletes the first rows of a meter: `?1` is its number, `?2` how many.
    static func purge(_ table: String, _ key: String) -> String {
        """
        DELETE FROM \(table) WHERE meter = ?1 AND (\(key)) IN
            (SELECT \(key) FROM \(table) WHERE meter = ?1 ORDER BY \(key) LIMIT ?2)
        """
    }

    /// Takes away rows of meters that are not there any more, in one transaction.
    ///
    /// - Parameter limit: rows it takes away at most, so that checkpoints do not wait.
    /// - Returns: whether there may be more.
    public func purge(rowsAtMost limit: Int) throws(UsageStoreError) -> Bool {
        try perform("purge meters") {
            let sql = "SELECT number FROM meter WHERE state IN ('deleted', 'abandoned') AND purged = 0 LIMIT 1"
            guard let number = try pool.read({ try Int32.fetchOne($0, sql: sql) }) else { return false }
            return try pool.write { database in
                var left = limit
                for (table, key) in Self.purged {
                    try database.execute(sql: Self.purge(table, key), arguments: [number, left])
                    left -= database.changesCount
                    if left <= 0 { return true }
                }
                try database.execute(sql: "UPDATE meter SET purged = 1 WHERE number = ?", arguments: [number])
                return true
            }
        }
    }

    /// Lets a count from the log begin anew in the same process; what was counted so far is purged.
    ///
    /// - Returns: the meter under its new number, with which `beginRefill` goes on.
    /// - Throws: `UsageStoreError.meterGone` when it is not being filled any more.
    public func restartRefill(of number: Int32) throws(UsageStoreError) -> StoredMeter {
        try perform("begin to fill meter anew") {
            try pool.write { database in
                let meter = try Self.meter(number, database)
                guard meter.state == .filling else { throw UsageStoreError.meterGone(number: number) }
                return try Self.meter(try Self.restart(meter, database), database)
            }
        }
    }

    /// Gives meters that were being counted from the log when the process ended a new number to begin anew under.
    static func restartRefills(_ database: Database) throws {
        for meter in try meters(database) where meter.state == .filling && meter.refill?.failure == nil {
            try restart(meter, database)
        }
    }

    /// Moves a meter that is filling to a new number and leaves the rows of the old one to be purged.
    @discardableResult
    private static func restart(_ meter: StoredMeter, _ database: Database) throws -> Int32 {
        let number = try MeterTable.nextNumber(database)
        let numbers: StatementArguments = [number, meter.number]
        try database.execute(sql: "UPDATE meter SET number = ? WHERE number = ?", arguments: numbers)
        try database.execute(sql: "UPDATE meter_activity SET meter = ? WHERE meter = ?", arguments: numbers)
        try database.execute(
            sql: """
                INSERT INTO meter (number, id, slug, definition, bucket_seconds, from_sequence, owner, state, active,
                        purged, created_at, updated_at)
                    SELECT ?1, id, slug, definition, bucket_seconds, from_sequence, owner, ?2, 0, 0, created_at, updated_at
                    FROM meter WHERE number = ?3
                """,
            arguments: [meter.number, MeterTable.Gone.abandoned.rawValue, number]
        )
        return number
    }
}
