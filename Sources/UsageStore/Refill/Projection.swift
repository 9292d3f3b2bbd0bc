import Foundation
import GRDB
import Metering

/// Old totals on their way to other dimensions: the hours that have events which the log has no more.
///
/// Such an hour cannot be counted again, so it keeps its totals as they were at one moment. Dimensions that stay keep their
/// values, those that go are added up, and those that come are "" there.
final class Projection {
    /// The buckets that are taken over, with what was known of them at that moment.
    let buckets: [Int64: BucketRecord]
    let old: StoredMeter
    /// The state of the store at that moment, while events go on to be counted.
    let snapshot: DatabaseSnapshot
    /// For each new dimension its place among the parts of an old series' key; nil where there was none like it.
    let parts: [Int?]
    /// Starts of the buckets, in order, and how many of them are done.
    let starts: [Int64]
    var bucketsDone = 0
    /// The old series, for WEIGHTED_SUM, whose points are taken over series by series.
    let levelSeries: Int
    var levelSeriesDone = 0
    let series: SeriesTable
    /// The new number of each old series; `.max` as long as it has none.
    private var newNumbers: [UInt32]

    var isDone: Bool { bucketsDone == starts.count && levelSeriesDone == levelSeries }

    /// Whether there are dimensions now that there were not.
    var addsDimensions: Bool { parts.contains { $0 == nil } }

    init(
        of old: StoredMeter,
        to new: StoredMeter,
        fromSequence: UInt64,
        snapshot: DatabaseSnapshot,
        path: String
    ) throws {
        self.old = old
        self.snapshot = snapshot
        parts = new.meter.groupBy.map { dimension in
            old.meter.groupBy.firstIndex(of: dimension).map { $0 + 1 }
        }
        let (buckets, series) = try snapshot.read { database in
            (
                try UsageStore.buckets(database, meter: old.number).filter { $0.value.firstSequence < fromSequence },
                try UsageStore.series(database, meter: old.number, path: path)
            )
        }
        self.buckets = buckets
        self.series = series
        starts = buckets.keys.sorted()
        newNumbers = Array(repeating: .max, count: series.count)
        levelSeries = old.meter.aggregation.keepsLevels && !buckets.isEmpty ? series.count : 0
    }

    /// The number of the series that an old one becomes.
    func newNumber(of number: UInt32, in table: inout SeriesTable) -> UInt32 {
        let known = newNumbers[Int(number)]
        if known != .max { return known }
        let old = series.parts(of: number)
        let key = SeriesKey.key(of: [old[0]] + parts.map { $0.map { old[$0] } ?? [] })
        let new = key.withUnsafeBytes { table.number(of: $0) }
        newNumbers[Int(number)] = new
        return new
    }

    /// What is known of a bucket that is taken over.
    func record(of start: Int64, through sequence: UInt64) -> BucketRecord? {
        guard var record = buckets[start] else { return nil }
        if addsDimensions { record.projectedBelow = sequence }
        return record
    }
}

extension MeterRefill {
    /// Takes over the totals of hours that cannot be counted again, a piece at a time.
    ///
    /// - Parameter limit: rows that are about enough for a piece.
    /// - Returns: whether there is more to do.
    /// - Throws: `UsageStoreError.cannotRegroup` when totals that become one do not fit into 38 digits.
    public func projectOldBuckets(rowsAtMost limit: Int) throws(UsageStoreError) -> Bool {
        guard let projection, !projection.isDone else { return false }
        try store.perform("regroup totals") {
            var rows = 0
            try projection.snapshot.read { database in
                while rows < limit, projection.bucketsDone < projection.starts.count {
                    let start = projection.starts[projection.bucketsDone]
                    rows += try project(start, projection, database)
                    projection.bucketsDone += 1
                }
                while rows < limit, projection.levelSeriesDone < projection.levelSeries {
                    rows += try projectLevels(UInt32(projection.levelSeriesDone), projection, database)
                    projection.levelSeriesDone += 1
                }
            }
        }
        try flush()
        totals.pages.removeAll()
        return !projection.isDone
    }

    private func project(_ start: Int64, _ projection: Projection, _ database: Database) throws -> Int {
        let page = BucketPage(start: start, record: nil, usedIn: 0)
        let aggregation = meter.meter.aggregation
        let key: StatementArguments = [projection.old.number, start]
        var rows = 1
        func number(of old: UInt32) -> UInt32 { projection.newNumber(of: old, in: &totals.series) }
        let sums = try Row.fetchCursor(
            database,
            sql: "SELECT series, count, value, time, sequence FROM total WHERE meter = ? AND bucket = ?",
            arguments: key
        )
        while let row = try sums.next() {
            let series = number(of: row[0])
            var total = page.total(of: series) ?? Accumulator()
            do {
                try total.merge(try TotalRow.total(row, from: 1, path: store.path), aggregation: aggregation)
            } catch is ExactDecimalError {
                throw UsageStoreError.cannotRegroup(
                    slug: meter.meter.slug,
                    reason: "totals that become one have more than 38 digits"
                )
            }
            page.replace(series: series, total: total, firstSequence: .max, revision: 0)
            rows += 1
        }
        let uniques = try Row.fetchCursor(
            database,
            sql: "SELECT series, hash FROM unique_value WHERE meter = ? AND bucket = ?",
            arguments: key
        )
        while let row = try uniques.next() {
            page.addUnique(series: number(of: row[0]), hash: try UniqueValueRow.hash(row[1], path: store.path))
            rows += 1
        }
        let cells = try Row.fetchCursor(
            database,
            sql: "SELECT series, cell, count FROM sketch WHERE meter = ? AND bucket = ?",
            arguments: key
        )
        while let row = try cells.next() {
            page.addCell(
                series: number(of: row[0]),
                try SketchRow.cell(row[1], path: store.path),
                count: row[2]
            )
            rows += 1
        }
        if let record = projection.record(of: start, through: throughSequence) { page.project(record) }
        totals.pages[start] = page
        return rows
    }

    private func projectLevels(_ old: UInt32, _ projection: Projection, _ database: Database) throws -> Int {
        let points = try Row.fetchCursor(
            database,
            sql: "SELECT time, sequence, value FROM level WHERE meter = ? AND series = ?",
            arguments: [projection.old.number, old]
        )
        var rows = 1
        while let row = try points.next() {
            rows += 1
            let point = try LevelRow.point(row, series: old, path: store.path)
            guard projection.buckets[totals.bucketStart(of: point.time)] != nil else { continue }
            let series = projection.newNumber(of: old, in: &totals.series)
            totals.levels.add(
                LevelPoint(series: series, time: point.time, sequence: point.sequence, value: point.value)
            )
        }
        return rows
    }
}
