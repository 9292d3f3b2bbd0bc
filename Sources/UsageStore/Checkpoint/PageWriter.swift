import Foundation
import GRDB
import Metering

/// Writes one meter's changed totals, in the order of the tables' keys so that SQLite appends rather than seeks.
struct PageWriter {
    let database: Database
    let meter: Int32

    /// Everything that changed since the last checkpoint.
    func write(_ totals: MeterTotals) throws {
        let pages = totals.pages.values.filter(\.dirty).sorted { $0.start < $1.start }
        try writeSeries(totals.persistedSeries..<totals.series.count, of: totals.series)
        for page in pages {
            try writeBucket(page)
            try writeTotals(page.changedEntries[...], of: page)
            try forgetUniqueValues(of: page)
            try writeUniqueValues(page.sortedUniqueValues[...], of: page)
            try writeCells(page.sortedCellChanges[...], of: page)
        }
        try writeLevels(totals.levels)
    }

    func writeSeries(_ numbers: Range<Int>, of series: SeriesTable) throws {
        guard !numbers.isEmpty else { return }
        let statement = try database.cachedStatement(sql: "INSERT INTO series (meter, number, key) VALUES (?, ?, ?)")
        for number in numbers {
            let key = series.withKey(UInt32(number)) { Data($0) }
            try statement.execute(arguments: [meter, number, key])
        }
    }

    func writeBucket(_ page: BucketPage) throws {
        try writeBucket(page.start, page.record)
    }

    func writeBucket(_ start: Int64, _ record: BucketRecord) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO bucket (meter, start, last_sequence, first_sequence, projected_below)
                VALUES (?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            meter, start, Int64(bitPattern: record.lastSequence), Int64(bitPattern: record.firstSequence),
            Int64(bitPattern: record.projectedBelow),
        ])
    }

    /// A total of no events has no row.
    func writeTotals(_ entries: ArraySlice<BucketPage.Entry>, of page: BucketPage) throws {
        let write = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO total (meter, bucket, series, count, value, time, sequence)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        let delete = try database.cachedStatement(
            sql: "DELETE FROM total WHERE meter = ? AND bucket = ? AND series = ?"
        )
        for entry in entries {
            guard entry.total.count > 0 else {
                try delete.execute(arguments: [meter, page.start, entry.series])
                continue
            }
            try write.execute(arguments: [
                meter, page.start, entry.series, Int64(entry.total.count), entry.total.value.description,
                entry.total.time, Int64(bitPattern: entry.total.sequence),
            ])
        }
    }

    func forgetUniqueValues(of page: BucketPage) throws {
        for series in page.recountedSeries {
            try database.execute(
                sql: "DELETE FROM unique_value WHERE meter = ? AND bucket = ? AND series = ?",
                arguments: [meter, page.start, series]
            )
        }
    }

    func writeUniqueValues(_ values: ArraySlice<BucketPage.UniqueValue>, of page: BucketPage) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO unique_value (meter, bucket, series, hash) VALUES (?, ?, ?, ?)"
        )
        for value in values {
            try statement.execute(arguments: [meter, page.start, value.series, Data(value.hash.bytes)])
        }
    }

    /// A cell of no events has no row.
    func writeCells(_ changes: ArraySlice<(key: BucketPage.SketchCell, value: Int64)>, of page: BucketPage) throws {
        guard !changes.isEmpty else { return }
        let write = try database.cachedStatement(
            sql: """
                INSERT INTO sketch (meter, bucket, series, cell, count) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (meter, bucket, series, cell) DO UPDATE SET count = count + excluded.count
                """
        )
        let delete = try database.cachedStatement(
            sql: "DELETE FROM sketch WHERE meter = ? AND bucket = ? AND series = ? AND cell = ? AND count = 0"
        )
        for (place, change) in changes where change != 0 {
            let key: StatementArguments = [meter, page.start, place.series, place.cell.rawValue]
            try write.execute(arguments: key + [change])
            if change < 0 { try delete.execute(arguments: key) }
        }
    }

    func writeLevels(_ levels: LevelChanges) throws {
        guard !levels.removed.isEmpty || !levels.added.isEmpty else { return }
        let delete = try database.cachedStatement(
            sql: "DELETE FROM level WHERE meter = ? AND series = ? AND time = ? AND sequence = ?"
        )
        for key in levels.removed {
            try delete.execute(arguments: [meter, key.series, key.time, Int64(bitPattern: key.sequence)])
        }
        // Those removed are deleted first: one of them may have come back.
        try writeLevels(levels.added[...])
    }

    func writeLevels(_ points: ArraySlice<LevelPoint>) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO level (meter, series, time, sequence, value) VALUES (?, ?, ?, ?, ?)"
        )
        for point in points {
            try statement.execute(arguments: [
                meter, point.series, point.time, Int64(bitPattern: point.sequence), point.value.description,
            ])
        }
    }
}

extension BucketPage {
    /// The totals that differ from the store's, in the order of its key.
    var changedEntries: [Entry] { entries.filter(\.dirty).sorted { $0.series < $1.series } }

    /// The new unique values, by series: nearly the order of the store's key.
    var sortedUniqueValues: [UniqueValue] {
        newUniqueValues.sorted { $0.series < $1.series }
    }

    /// The changed cells, in the order of the store's key.
    var sortedCellChanges: [(key: SketchCell, value: Int64)] {
        cellChanges.sorted { ($0.key.series, $0.key.cell) < ($1.key.series, $1.key.cell) }
    }
}
