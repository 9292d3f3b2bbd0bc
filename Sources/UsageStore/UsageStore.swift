import Foundation
import GRDB
import Metering

/// Totals, unique values and the ledger on disk: one SQLite file, written in one transaction per checkpoint.
///
/// What is in it is the state after all events below `Checkpoint.nextSequence`, never anything between two checkpoints.
/// WAL mode lets queries read while a checkpoint is written; `synchronous = FULL` makes a commit durable.
public final class UsageStore: Sendable {
    /// The file's name in the store's directory.
    public static let fileName = "usage.sqlite"

    let path: String
    let pool: DatabasePool

    /// Opens the store in a directory that exists, and makes it if it is not there.
    public init(directory: String) throws(UsageStoreError) {
        let path = directory + "/" + Self.fileName
        self.path = path
        var configuration = GRDB.Configuration()
        configuration.maximumReaderCount = 4
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // A pool sets NORMAL when it turns WAL on. A commit that a power cut can undo would name dedupe runs that
            // are deleted by then, so it has to be FULL.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try pool.write { try Schema.prepare($0, path: path) }
        } catch let error as UsageStoreError {
            throw error
        } catch {
            throw .database(path: path, operation: "open", message: "\(error)")
        }
    }

    /// The bytes kept under a name, made by `make` if there are none yet.
    public func identity(_ name: String, make: () -> [UInt8]) throws(UsageStoreError) -> [UInt8] {
        try perform("read identity") {
            try pool.write { database in
                let sql = "SELECT value FROM identity WHERE name = ?"
                if let found = try Data.fetchOne(database, sql: sql, arguments: [name]) { return [UInt8](found) }
                let made = make()
                try database.execute(
                    sql: "INSERT INTO identity (name, value) VALUES (?, ?)",
                    arguments: [name, Data(made)]
                )
                return made
            }
        }
    }

    /// The last checkpoint; nil before the first.
    public func checkpoint() throws(UsageStoreError) -> Checkpoint? {
        try perform("read checkpoint") {
            try pool.read { try Checkpoint.fetch($0) }
        }
    }

    /// Every meter there has been.
    public func meters() throws(UsageStoreError) -> [StoredMeter] {
        try perform("read meters") { try pool.read { try Self.meters($0) } }
    }

    /// The positions of the last checkpoint.
    public func positions() throws(UsageStoreError) -> [PositionKey: Int64] {
        try perform("read positions") {
            try pool.read { database in
                var positions: [PositionKey: Int64] = [:]
                for row in try Row.fetchAll(database, sql: "SELECT source, partition, next_offset FROM position") {
                    positions[PositionKey(source: row[0], partition: row[1])] = row[2]
                }
                return positions
            }
        }
    }

    /// The totals of the last checkpoint, with nothing in memory but series and the list of buckets.
    public func totals() throws(UsageStoreError) -> Totals {
        let loaded = try perform("read totals") {
            try pool.read { database in
                var totals: [Int32: Totals.MeterTotals] = [:]
                for meter in try Self.meters(database) {
                    totals[meter.number] = Totals.MeterTotals(
                        meter: meter,
                        series: try Self.series(database, meter: meter.number, path: path),
                        persistedBuckets: try Self.buckets(database, meter: meter.number)
                    )
                }
                return (totals, try Checkpoint.fetch(database)?.generation ?? 0)
            }
        }
        return Totals(store: self, meters: loaded.0, generation: loaded.1)
    }

    func perform<R>(_ operation: String, _ body: () throws -> R) throws(UsageStoreError) -> R {
        do {
            return try body()
        } catch let error as UsageStoreError {
            throw error
        } catch {
            throw .database(path: path, operation: operation, message: "\(error)")
        }
    }

    static func meters(_ database: Database) throws -> [StoredMeter] {
        let sql = """
            SELECT number, id, definition, bucket_seconds, from_sequence, active, created_at, updated_at
            FROM meter ORDER BY number
            """
        return try Row.fetchAll(database, sql: sql).map { row in
            let fromSequence: Int64 = row[4]
            return StoredMeter(
                number: row[0],
                id: row[1],
                meter: try MeterDefinition.meter(from: row[2]),
                bucketSeconds: row[3],
                fromSequence: UInt64(bitPattern: fromSequence),
                active: row[5],
                createdAt: row[6],
                updatedAt: row[7]
            )
        }
    }

    private static func series(_ database: Database, meter: Int32, path: String) throws -> SeriesTable {
        var table = SeriesTable()
        let sql = "SELECT number, key FROM series WHERE meter = ? ORDER BY number"
        let rows = try Row.fetchCursor(database, sql: sql, arguments: [meter])
        while let row = try rows.next() {
            let expected: Int64 = row[0]
            let key: Data = row[1]
            let number = key.withUnsafeBytes { table.number(of: $0) }
            guard Int64(number) == expected else {
                throw UsageStoreError.damaged(path: path, what: "series \(expected) of meter \(meter) is out of order")
            }
        }
        return table
    }

    private static func buckets(_ database: Database, meter: Int32) throws -> [Int64: UInt64] {
        var buckets: [Int64: UInt64] = [:]
        let sql = "SELECT start, last_sequence FROM bucket WHERE meter = ?"
        let rows = try Row.fetchCursor(database, sql: sql, arguments: [meter])
        while let row = try rows.next() {
            let last: Int64 = row[1]
            buckets[row[0]] = UInt64(bitPattern: last)
        }
        return buckets
    }
}

extension UsageStore {
    /// Fills a page with the rows of its bucket. It reads over the connection that only apply uses, so that slow queries
    /// cannot keep apply waiting.
    func load(_ page: BucketPage, meter: Int32) throws(UsageStoreError) {
        try perform("read bucket") {
            try pool.writeWithoutTransaction { database in
                let sql = "SELECT series, count, value, time, sequence FROM total WHERE meter = ? AND bucket = ?"
                let rows = try Row.fetchCursor(database, sql: sql, arguments: [meter, page.start])
                while let row = try rows.next() {
                    page.load(series: row[0], total: try TotalRow.total(row, from: 1, path: path))
                }
            }
        }
    }
}

/// The columns `count, value, time, sequence` of a total.
enum TotalRow {
    static func total(_ row: Row, from column: Int, path: String) throws -> Accumulator {
        let count: Int64 = row[column]
        let text: String = row[column + 1]
        let sequence: Int64 = row[column + 3]
        guard let value = try? ExactDecimal(text) else {
            throw UsageStoreError.damaged(path: path, what: "a total reads \"\(text)\", which is no decimal")
        }
        return Accumulator(
            value: value,
            count: UInt64(count),
            time: row[column + 2],
            sequence: UInt64(bitPattern: sequence)
        )
    }
}
