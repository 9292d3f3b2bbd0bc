import Foundation
import GRDB
public import Metering

/// Adds up a meter's buckets into the windows and groups a query asks for.
///
/// Memory is authoritative for the buckets it holds and the store for the rest; when a checkpoint fell between the
/// copy of the one and the reading of the other, the reader says so and the engine asks again.
public struct UsageReader: Sendable {
    /// Rows an answer may have unless whoever asks says otherwise.
    public static let usualRowLimit = 200_000
    /// Distinct values a query of a UNIQUE_COUNT meter may hold, all windows and groups together.
    public static let maximumUniqueValues = 5_000_000

    let store: UsageStore
    let snapshot: TotalsSnapshot
    let query: UsageQuery
    let buckets: Range<Int64>
    /// Rows the answer may have.
    public let rowLimit: Int

    /// A reader for one query.
    /// - Parameters:
    ///   - buckets: the starts of the buckets that count, in seconds since 1970-01-01T00:00:00Z.
    ///   - rowLimit: rows the answer may have.
    public init(
        store: UsageStore,
        snapshot: TotalsSnapshot,
        query: UsageQuery,
        buckets: Range<Int64>,
        rowLimit: Int = usualRowLimit
    ) {
        self.store = store
        self.snapshot = snapshot
        self.query = query
        self.buckets = buckets
        self.rowLimit = rowLimit
    }

    /// The rows, or nil when the store has moved on since the snapshot was taken.
    public func rows() throws -> [UsageRow]? {
        var aggregation = UsageAggregation(snapshot: snapshot, query: query, rowLimit: rowLimit)
        let inMemory = Set(snapshot.pages.map(\.start))
        let consistent = try store.pool.read { database -> Bool in
            let generation = try Checkpoint.fetch(database)?.generation ?? 0
            guard generation == snapshot.generation else { return false }
            try readTotals(database, except: inMemory, into: &aggregation)
            if snapshot.meter.meter.aggregation == .uniqueCount {
                try readUniqueValues(database, into: &aggregation)
            }
            return true
        }
        guard consistent else { return nil }
        for page in snapshot.pages {
            for entry in page.entries where entry.total.count > 0 {
                try aggregation.add(bucket: page.start, series: entry.series, total: entry.total)
            }
            for value in page.newUniqueValues {
                try aggregation.add(bucket: page.start, series: value.series, unique: value.hash)
            }
        }
        return aggregation.rows()
    }

    private func readTotals(
        _ database: Database,
        except inMemory: Set<Int64>,
        into aggregation: inout UsageAggregation
    ) throws {
        let sql = """
            SELECT bucket, series, count, value, time, sequence FROM total
            WHERE meter = ? AND bucket >= ? AND bucket < ? ORDER BY bucket
            """
        let rows = try Row.fetchCursor(
            database,
            sql: sql,
            arguments: [snapshot.meter.number, buckets.lowerBound, buckets.upperBound]
        )
        while let row = try rows.next() {
            let bucket: Int64 = row[0]
            let series: UInt32 = row[1]
            guard !inMemory.contains(bucket), aggregation.wants(series: series) else { continue }
            try aggregation.add(
                bucket: bucket,
                series: series,
                total: try TotalRow.total(row, from: 2, path: store.path)
            )
        }
    }

    /// Unique values are read for all buckets: those in memory hold only what is new since the checkpoint.
    private func readUniqueValues(_ database: Database, into aggregation: inout UsageAggregation) throws {
        let sql = "SELECT bucket, series, hash FROM unique_value WHERE meter = ? AND bucket >= ? AND bucket < ?"
        let rows = try Row.fetchCursor(
            database,
            sql: sql,
            arguments: [snapshot.meter.number, buckets.lowerBound, buckets.upperBound]
        )
        while let row = try rows.next() {
            let bytes: Data = row[2]
            guard let hash = UniqueHash(bytes: bytes) else {
                throw UsageStoreError.damaged(path: store.path, what: "a unique value's hash has \(bytes.count) bytes")
            }
            try aggregation.add(bucket: row[0], series: row[1], unique: hash)
        }
    }
}

/// Why a query could not be answered from the totals.
public enum UsageReadError: Error, Sendable {
    /// A sum has more than 38 digits.
    case overflow
    /// More rows than the limit.
    case tooManyRows(Int)
    /// More distinct values than `UsageReader.maximumUniqueValues`.
    case tooManyValues(Int)
}
