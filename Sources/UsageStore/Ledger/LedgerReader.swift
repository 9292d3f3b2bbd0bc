import GRDB

/// Lines of the ledger at one moment: those that were added to since the last checkpoint are in memory, the store has the rest.
public struct LedgerSnapshot: Sendable {
    let generation: UInt64
    let days: Range<Int32>?
    let inMemory: [(key: LedgerKey, counts: LedgerCounts)]

    /// The lines; nil when a checkpoint was made since, and another snapshot has to be taken.
    ///
    /// - Throws: `UsageStoreError`.
    public func load(from store: UsageStore) throws -> [LedgerKey: LedgerCounts]? {
        try store.read("read ledger", at: generation) { database in
            var ledger = try LedgerRow.lines(days, database)
            for (key, counts) in inMemory { ledger[key, default: LedgerCounts()].add(counts) }
            return ledger
        }
    }
}

/// A meter's ledger at one moment, likewise.
public struct MeterLedgerSnapshot: Sendable {
    let generation: UInt64
    let meter: Int32
    let inMemory: [Int32: MeterLedgerCounts]

    /// The ledger by day of arrival (whole UTC days since 1970-01-01); nil when a checkpoint was made since.
    ///
    /// - Throws: `UsageStoreError`.
    public func load(from store: UsageStore) throws -> [Int32: MeterLedgerCounts]? {
        try store.read("read meter ledger", at: generation) { database in
            var ledger = try LedgerRow.meterLines(meter, database)
            for (day, counts) in inMemory { ledger[day, default: MeterLedgerCounts()].add(counts) }
            return ledger
        }
    }
}

extension Totals {
    /// Copies what memory has of the ledger.
    /// - Parameter days: whole UTC days since 1970-01-01, of arrival; nil for all.
    public func ledgerSnapshot(days: Range<Int32>?) -> LedgerSnapshot {
        LedgerSnapshot(
            generation: generation,
            days: days,
            inMemory: ledger.changes.filter { days?.contains($0.key.day) ?? true }
        )
    }

    /// Copies what memory has of a meter's ledger.
    public func meterLedgerSnapshot(of meter: StoredMeter) -> MeterLedgerSnapshot {
        let new = meterLedger.filter { $0.key.meter == meter.number }.map { ($0.key.day, $0.value) }
        return MeterLedgerSnapshot(
            generation: generation,
            meter: meter.number,
            inMemory: Dictionary(uniqueKeysWithValues: new)
        )
    }

    /// The ledger with everything applied so far. The caller holds the totals, so no checkpoint falls in between.
    func currentLedger() throws(UsageStoreError) -> [LedgerKey: LedgerCounts] {
        try store.perform("read ledger") { try ledgerSnapshot(days: nil).load(from: store) ?? [:] }
    }

    /// A meter's ledger with everything applied so far, by day of arrival (whole UTC days since 1970-01-01).
    func currentLedger(of meter: StoredMeter) throws(UsageStoreError) -> [Int32: MeterLedgerCounts] {
        try store.perform("read meter ledger") { try meterLedgerSnapshot(of: meter).load(from: store) ?? [:] }
    }
}

/// Rows of the tables `ledger` and `meter_ledger`.
enum LedgerRow {
    static func lines(_ days: Range<Int32>?, _ database: Database) throws -> [LedgerKey: LedgerCounts] {
        let sql = """
            SELECT origin, day, source, stored, rejected, counted, duplicate, conflict, unmatched, invalid, voided, amended
            FROM ledger WHERE day >= ? AND day < ?
            """
        var ledger: [LedgerKey: LedgerCounts] = [:]
        let bounds: StatementArguments = [
            days.map { Int64($0.lowerBound) } ?? .min, days.map { Int64($0.upperBound) } ?? .max,
        ]
        let rows = try Row.fetchCursor(database, sql: sql, arguments: bounds)
        while let row = try rows.next() {
            var counts = LedgerCounts()
            counts.stored = row[3]
            counts.rejected = row[4]
            counts.counted = row[5]
            counts.duplicate = row[6]
            counts.conflict = row[7]
            counts.unmatched = row[8]
            counts.invalid = row[9]
            counts.voided = row[10]
            counts.amended = row[11]
            ledger[LedgerKey(origin: row[0], day: row[1], source: row[2])] = counts
        }
        return ledger
    }

    static func meterLines(_ meter: Int32, _ database: Database) throws -> [Int32: MeterLedgerCounts] {
        let sql = "SELECT day, counted, invalid, withdrawn, restored FROM meter_ledger WHERE meter = ?"
        var ledger: [Int32: MeterLedgerCounts] = [:]
        let rows = try Row.fetchCursor(database, sql: sql, arguments: [meter])
        while let row = try rows.next() {
            var counts = MeterLedgerCounts()
            counts.counted = row[1]
            counts.invalid = row[2]
            counts.withdrawn = row[3]
            counts.restored = row[4]
            ledger[row[0]] = counts
        }
        return ledger
    }
}
