import Foundation
import GRDB

/// Rows of the table `event_block`.
enum BlockRow {
    private static let columns = "number, least_time, greatest_time, duplicate, uncounted, corrected"

    static func fetch(_ number: UInt64, _ database: Database, path: String) throws -> EventBlock? {
        let sql = "SELECT \(columns) FROM event_block WHERE number = ?"
        let row = try Row.fetchOne(database, sql: sql, arguments: [Int64(bitPattern: number)])
        return try row.map { try block($0, path: path) }
    }

    /// The blocks with these numbers whose times overlap a range, in order.
    ///
    /// - Parameters:
    ///   - times: microseconds; all of them where it is nil.
    ///   - wanted: whether a block is to be read whole.
    static func fetch(
        _ numbers: ClosedRange<UInt64>,
        times: Range<Int64>?,
        _ database: Database,
        path: String,
        wanted: (_ number: UInt64, _ times: ClosedRange<Int64>) -> Bool,
        body: (EventBlock) throws -> Void
    ) throws {
        let sql = """
            SELECT \(columns) FROM event_block WHERE number BETWEEN ? AND ? AND greatest_time >= ? AND least_time < ?
            ORDER BY number
            """
        let rows = try Row.fetchCursor(
            database,
            sql: sql,
            arguments: [
                Int64(bitPattern: numbers.lowerBound), Int64(bitPattern: numbers.upperBound),
                times?.lowerBound ?? .min, times?.upperBound ?? .max,
            ]
        )
        while let row = try rows.next() {
            let number: Int64 = row[0]
            let least: Int64 = row[1]
            // The bitmaps are not read before they are asked for.
            guard wanted(UInt64(bitPattern: number), least...max(least, row[2])) else { continue }
            try body(try block(row, path: path))
        }
    }

    static func write(_ blocks: some Sequence<EventBlock>, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO event_block (\(columns)) VALUES (?, ?, ?, ?, ?, ?)"
        )
        for block in blocks {
            try statement.execute(arguments: [
                Int64(bitPattern: block.number), block.minTime, block.maxTime, EventBlock.data(block.duplicate),
                EventBlock.data(block.uncounted), EventBlock.data(block.corrected),
            ])
        }
    }

    /// Forgets the blocks that are wholly below a sequence number.
    static func delete(below sequence: UInt64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM event_block WHERE number < ?",
            arguments: [Int64(bitPattern: EventBlock.number(of: sequence))]
        )
    }

    private static func block(_ row: Row, path: String) throws -> EventBlock {
        let number: Int64 = row[0]
        var block = EventBlock(number: UInt64(bitPattern: number))
        block.minTime = row[1]
        block.maxTime = row[2]
        guard let duplicate = EventBlock.bits(row[3]), let uncounted = EventBlock.bits(row[4]),
            let corrected = EventBlock.bits(row[5])
        else {
            throw UsageStoreError.damaged(path: path, what: "a bitmap of event block \(number) has a wrong length")
        }
        block.duplicate = duplicate
        block.uncounted = uncounted
        block.corrected = corrected
        return block
    }
}
