import GRDB
import Metering

/// Rows of the tables `meter` and `meter_activity`.
enum MeterTable {
    /// States of meters that are not there any more, besides those of `MeterState`.
    enum Gone: String {
        /// It was live once.
        case deleted
        /// It was being counted from the log and never became live.
        case abandoned
    }

    private static let columns = """
        number, id, definition, bucket_seconds, from_sequence, owner, state, active, replaces, refill_from, refill_through,
        refill_failure, created_at, updated_at
        """

    /// The live meters and those that are being counted from the log, by number.
    static func meters(_ database: Database) throws -> [StoredMeter] {
        let activity = try activity(database)
        let sql = "SELECT \(columns) FROM meter WHERE state IN ('live', 'filling') ORDER BY number"
        return try Row.fetchAll(database, sql: sql).map { row in
            let number: Int32 = row[0]
            let from: Int64 = row[4]
            let replaces: Int32? = row[8]
            guard let owner = MeterOwnership(rawValue: row[5]), let state = MeterState(rawValue: row[6]) else {
                throw UsageStoreError.damaged(path: "meter", what: "meter \(number) has an owner or a state of no name")
            }
            return StoredMeter(
                number: number,
                id: row[1],
                meter: try MeterDefinition.meter(from: row[2]),
                bucketSeconds: row[3],
                fromSequence: UInt64(bitPattern: from),
                ownership: owner,
                state: state,
                active: row[7],
                activity: activity[replaces ?? number] ?? [],
                replaces: replaces,
                refill: note(row),
                createdAt: row[12],
                updatedAt: row[13]
            )
        }
    }

    private static func note(_ row: Row) -> RefillNote? {
        guard let from: Int64 = row[9] else { return nil }
        let through: Int64? = row[10]
        return RefillNote(
            from: UInt64(bitPattern: from),
            through: through.map { UInt64(bitPattern: $0) },
            failure: row[11]
        )
    }

    private static func activity(_ database: Database) throws -> [Int32: [Range<UInt64>]] {
        var activity: [Int32: [Range<UInt64>]] = [:]
        let sql = "SELECT meter, from_sequence, to_sequence FROM meter_activity ORDER BY meter, from_sequence"
        let rows = try Row.fetchCursor(database, sql: sql)
        while let row = try rows.next() {
            let from: Int64 = row[1]
            let to: Int64? = row[2]
            let start = UInt64(bitPattern: from)
            activity[row[0], default: []].append(start..<max(start, to.map { UInt64(bitPattern: $0) } ?? .max))
        }
        return activity
    }

    /// The number that no meter has had.
    static func nextNumber(_ database: Database) throws -> Int32 {
        (try Int32.fetchOne(database, sql: "SELECT max(number) FROM meter") ?? 0) + 1
    }

    /// Writes a meter's row; its stretches of activity stay as they are.
    static func write(_ meter: StoredMeter, _ database: Database) throws {
        // No REPLACE: a second meter of the same slug is an error, and must not push the first one out.
        try database.execute(sql: "DELETE FROM meter WHERE number = ?", arguments: [meter.number])
        try database.execute(
            sql: """
                INSERT INTO meter (number, id, slug, definition, bucket_seconds, from_sequence, owner, state,
                    active, purged, replaces, refill_from, refill_through, refill_failure, created_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                meter.number, meter.id, meter.meter.slug, try MeterDefinition(meter.meter).text(), meter.bucketSeconds,
                Int64(bitPattern: meter.fromSequence), meter.ownership.rawValue, meter.state.rawValue, meter.active,
                meter.replaces, meter.refill.map { Int64(bitPattern: $0.from) },
                meter.refill?.through.map { Int64(bitPattern: $0) }, meter.refill?.failure, meter.createdAt,
                meter.updatedAt,
            ]
        )
    }

    /// Begins a stretch in which a meter counts.
    static func activate(_ number: Int32, from sequence: UInt64, _ database: Database) throws {
        // A stretch that ended here goes on.
        try database.execute(
            sql: "UPDATE meter_activity SET to_sequence = NULL WHERE meter = ? AND to_sequence = ?",
            arguments: [number, Int64(bitPattern: sequence)]
        )
        guard database.changesCount == 0 else { return }
        try database.execute(
            sql: "INSERT OR REPLACE INTO meter_activity (meter, from_sequence, to_sequence) VALUES (?, ?, NULL)",
            arguments: [number, Int64(bitPattern: sequence)]
        )
    }

    /// Ends the stretch in which a meter counts.
    static func rest(_ number: Int32, at sequence: UInt64, now: Int64, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE meter_activity SET to_sequence = ? WHERE meter = ? AND to_sequence IS NULL",
            arguments: [Int64(bitPattern: sequence), number]
        )
        try database.execute(
            sql: "UPDATE meter SET active = 0, updated_at = ? WHERE number = ?",
            arguments: [now, number]
        )
    }

    /// Lets go of a meter; `UsageStore.purge` takes its rows away.
    static func remove(_ number: Int32, as state: Gone, now: Int64, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE meter SET state = ?, active = 0, updated_at = ? WHERE number = ?",
            arguments: [state.rawValue, now, number]
        )
        try database.execute(sql: "DELETE FROM meter_activity WHERE meter = ?", arguments: [number])
    }

    /// Whether a meter has buckets.
    static func hasCounted(_ number: Int32, _ database: Database) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM bucket WHERE meter = ?)"
        return try Bool.fetchOne(database, sql: sql, arguments: [number]) == true
    }
}

extension UsageStore {
    /// The live meters, and those that are being counted from the log; not those that were deleted.
    public func meters() throws(UsageStoreError) -> [StoredMeter] {
        try perform("read meters") { try pool.read { try Self.meters($0) } }
    }

    static func meters(_ database: Database) throws -> [StoredMeter] { try MeterTable.meters(database) }
}
