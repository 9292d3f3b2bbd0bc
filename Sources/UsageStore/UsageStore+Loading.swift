import Foundation
import GRDB
import Metering

extension UsageStore {
    /// The totals of the last checkpoint, with nothing in memory but series and the list of buckets.
    public func totals() throws(UsageStoreError) -> Totals {
        let (meters, generation) = try perform("read totals") {
            try pool.read { database in
                (try Self.meters(database).filter { $0.state == .live }, try Checkpoint.generation(database))
            }
        }
        let source = PageSource(store: self, generation: generation)
        var totals: [Int32: MeterTotals] = [:]
        for meter in meters { totals[meter.number] = try load(meter, source: source) }
        return Totals(store: self, source: source, meters: totals)
    }

    /// A meter's totals, with nothing in memory but series and the list of buckets.
    func load(_ meter: StoredMeter, source: PageSource) throws(UsageStoreError) -> MeterTotals {
        try perform("read totals") {
            try pool.read { database in
                MeterTotals(
                    meter: meter,
                    source: source,
                    series: try Self.series(database, meter: meter.number, path: path),
                    persistedBuckets: try Self.buckets(database, meter: meter.number)
                )
            }
        }
    }

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

    static func series(_ database: Database, meter: Int32, path: String) throws -> SeriesTable {
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

    static func buckets(_ database: Database, meter: Int32) throws -> [Int64: BucketRecord] {
        var buckets: [Int64: BucketRecord] = [:]
        let sql = "SELECT start, first_sequence, last_sequence, projected_below FROM bucket WHERE meter = ?"
        let rows = try Row.fetchCursor(database, sql: sql, arguments: [meter])
        while let row = try rows.next() {
            let first: Int64 = row[1]
            let last: Int64 = row[2]
            let projected: Int64 = row[3]
            buckets[row[0]] = BucketRecord(
                firstSequence: UInt64(bitPattern: first),
                lastSequence: UInt64(bitPattern: last),
                projectedBelow: UInt64(bitPattern: projected)
            )
        }
        return buckets
    }
}

/// The columns `count, value, time, sequence` of a total.
enum TotalRow {
    static func total(_ row: Row, from column: Int, path: String) throws -> Accumulator {
        let count: Int64 = row[column]
        let sequence: Int64 = row[column + 3]
        return Accumulator(
            value: try decimal(row[column + 1], path: path),
            count: UInt64(count),
            time: row[column + 2],
            sequence: UInt64(bitPattern: sequence)
        )
    }

    /// A stored decimal.
    static func decimal(_ text: String, path: String) throws -> ExactDecimal {
        guard let value = try? ExactDecimal(text) else {
            throw UsageStoreError.damaged(path: path, what: "a total reads \"\(text)\", which is no decimal")
        }
        return value
    }
}
