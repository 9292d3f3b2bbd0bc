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
    /// Cells a query of a percentile may hold, all windows and groups together.
    public static let maximumCells = 5_000_000

    let store: UsageStore
    let snapshot: TotalsSnapshot
    let query: UsageQuery
    let buckets: Range<Int64>
    /// Rows the answer may have.
    public let rowLimit: Int
    let deadline: ContinuousClock.Instant?

    /// A reader for one query.
    /// - Parameters:
    ///   - buckets: the starts of the buckets that count, in seconds since 1970-01-01T00:00:00Z.
    ///   - rowLimit: rows the answer may have.
    ///   - deadline: when `rows` and `parts` have to be done; nil for no limit.
    public init(
        store: UsageStore,
        snapshot: TotalsSnapshot,
        query: UsageQuery,
        buckets: Range<Int64>,
        rowLimit: Int = usualRowLimit,
        deadline: ContinuousClock.Instant? = nil
    ) {
        self.store = store
        self.snapshot = snapshot
        self.query = query
        self.buckets = buckets
        self.rowLimit = rowLimit
        self.deadline = deadline
    }

    /// The rows of whole buckets, or nil when the store has moved on since the snapshot was taken.
    public func rows() throws -> [UsageRow]? {
        var aggregation = UsageAggregation(
            snapshot: snapshot,
            query: query,
            rowLimit: rowLimit,
            deadline: deadline
        )
        guard try read([buckets], into: &aggregation) else { return nil }
        return try aggregation.rows()
    }

    /// Adds the totals of the buckets that start in one of the ranges; not those of a WEIGHTED_SUM, which `readLevels` adds.
    ///
    /// - Parameter ranges: seconds since 1970-01-01T00:00:00Z; they do not overlap.
    /// - Returns: false when the store has moved on since the snapshot was taken; what was added is of no use then.
    /// - Throws: `UsageReadError`, `UsageStoreError`.
    public func read(_ ranges: [Range<Int64>], into aggregation: inout UsageAggregation) throws -> Bool {
        let inMemory = Set(snapshot.pages.map(\.start))
        let read: Void? = try store.read("read totals", at: snapshot.generation) { database in
            for range in ranges {
                try readTotals(range, except: inMemory, database, into: &aggregation)
                if snapshot.meter.meter.aggregation == .uniqueCount {
                    try readUniqueValues(range, database, into: &aggregation)
                }
                if snapshot.meter.meter.aggregation.keepsCells { try readCells(range, database, into: &aggregation) }
            }
        }
        guard read != nil else { return false }
        for page in snapshot.pages where ranges.contains(where: { $0.contains(page.start) }) {
            for entry in page.entries where entry.total.count > 0 {
                try aggregation.add(bucket: page.start, series: entry.series, total: entry.total)
            }
            for value in page.newUniqueValues {
                try aggregation.add(bucket: page.start, series: value.series, unique: value.hash)
            }
            for (place, count) in page.cellChanges {
                try aggregation.add(bucket: page.start, series: place.series, cell: place.cell, count: count)
            }
        }
        return true
    }

    private func readTotals(
        _ range: Range<Int64>,
        except inMemory: Set<Int64>,
        _ database: Database,
        into aggregation: inout UsageAggregation
    ) throws {
        let sql = """
            SELECT bucket, series, count, value, time, sequence FROM total
            WHERE meter = ? AND bucket >= ? AND bucket < ? ORDER BY bucket
            """
        let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments(range))
        while let row = try rows.next() {
            let bucket: Int64 = row[0]
            let series: UInt32 = row[1]
            guard !inMemory.contains(bucket), try aggregation.wants(series: series) else { continue }
            try aggregation.add(
                bucket: bucket,
                series: series,
                total: try TotalRow.total(row, from: 2, path: store.path)
            )
        }
    }

    /// Unique values are read for all buckets: those in memory hold only what is new since the checkpoint, or what was counted
    /// again.
    private func readUniqueValues(
        _ range: Range<Int64>,
        _ database: Database,
        into aggregation: inout UsageAggregation
    ) throws {
        let recounted = Dictionary(
            uniqueKeysWithValues: snapshot.pages.filter { !$0.recountedSeries.isEmpty }.map {
                ($0.start, $0.recountedSeries)
            }
        )
        let sql = "SELECT bucket, series, hash FROM unique_value WHERE meter = ? AND bucket >= ? AND bucket < ?"
        let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments(range))
        while let row = try rows.next() {
            let bucket: Int64 = row[0]
            let series: UInt32 = row[1]
            guard recounted[bucket]?.contains(series) != true, try aggregation.wants(series: series) else { continue }
            try aggregation.add(
                bucket: bucket,
                series: series,
                unique: try UniqueValueRow.hash(row[2], path: store.path)
            )
        }
    }

    /// Cells are read for all buckets: those in memory hold only what changed since the checkpoint.
    private func readCells(
        _ range: Range<Int64>,
        _ database: Database,
        into aggregation: inout UsageAggregation
    ) throws {
        let sql = "SELECT bucket, series, cell, count FROM sketch WHERE meter = ? AND bucket >= ? AND bucket < ?"
        let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments(range))
        while let row = try rows.next() {
            let series: UInt32 = row[1]
            guard try aggregation.wants(series: series) else { continue }
            try aggregation.add(
                bucket: row[0],
                series: series,
                cell: try SketchRow.cell(row[2], path: store.path),
                count: row[3]
            )
        }
    }

    func arguments(_ range: Range<Int64>) -> StatementArguments {
        [snapshot.meter.number, range.lowerBound, range.upperBound]
    }
}
