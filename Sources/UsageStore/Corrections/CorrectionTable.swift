import Foundation
import GRDB

/// Rows of the table `correction`.
enum CorrectionTable {
    private static let columns = """
        sequence, at, kind, event_sequence, source, id, reason, requested_by, meters, refused, replacement, time, arrival,
        origin
        """

    /// All corrections of an event, oldest first.
    static func corrections(ofEvent sequence: UInt64, _ database: Database) throws -> [CorrectionRow] {
        try rows("WHERE event_sequence = ? ORDER BY sequence", [Int64(bitPattern: sequence)], database)
    }

    /// The applied corrections of the events of a stretch, by event, oldest first.
    static func applied(ofEvents sequences: Range<UInt64>, _ database: Database) throws -> [CorrectionRow] {
        try rows(
            "WHERE event_sequence >= ? AND event_sequence < ? AND refused IS NULL ORDER BY event_sequence, sequence",
            [Int64(bitPattern: sequences.lowerBound), Int64(bitPattern: sequences.upperBound)],
            database
        )
    }

    /// The newest corrections before one, newest first.
    static func newest(_ limit: Int, before sequence: UInt64, _ database: Database) throws -> [CorrectionRow] {
        try rows(
            "WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
            [Int64(clamping: sequence), limit],
            database
        )
    }

    static func write(_ corrections: [CorrectionRow], _ database: Database) throws {
        let statement = try database.makeStatement(
            sql: """
                INSERT OR REPLACE INTO correction (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for row in corrections {
            try statement.execute(arguments: [
                Int64(bitPattern: row.sequence), row.at, row.kind.rawValue, Int64(bitPattern: row.eventSequence),
                row.source, row.id, row.reason, row.by, row.meters.joined(separator: " "), row.refused,
                row.replacement.map { Data($0) }, row.time, row.arrival, row.origin,
            ])
        }
    }

    private static func rows(
        _ condition: String,
        _ arguments: StatementArguments,
        _ database: Database
    ) throws -> [CorrectionRow] {
        let sql = "SELECT \(columns) FROM correction \(condition)"
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map(correction)
    }

    private static func correction(_ row: Row) throws -> CorrectionRow {
        let sequence: Int64 = row[0]
        let event: Int64 = row[3]
        let meters: String = row[8]
        let replacement: Data? = row[10]
        guard let kind = CorrectionRow.Kind(rawValue: row[2]) else {
            throw UsageStoreError.damaged(path: "correction", what: "correction \(sequence) is of no known kind")
        }
        return CorrectionRow(
            sequence: UInt64(bitPattern: sequence),
            at: row[1],
            kind: kind,
            eventSequence: UInt64(bitPattern: event),
            source: row[4],
            id: row[5],
            reason: row[6],
            by: row[7],
            meters: meters.split(separator: " ").map(String.init),
            refused: row[9],
            replacement: replacement.map { [UInt8]($0) },
            time: row[11],
            arrival: row[12],
            origin: row[13]
        )
    }
}

extension Totals {
    /// Keeps a correction, applied or refused.
    public func record(_ correction: CorrectionRow) {
        corrections.append(correction)
        if correction.refused == nil { edition += 1 }
    }

    /// All corrections of an event so far, oldest first. The caller holds the totals, so no checkpoint falls in between.
    public func corrections(ofEvent sequence: UInt64) throws(UsageStoreError) -> [CorrectionRow] {
        let stored = try store.perform("read corrections") {
            try store.pool.writeWithoutTransaction { try CorrectionTable.corrections(ofEvent: sequence, $0) }
        }
        return stored + corrections.filter { $0.eventSequence == sequence }
    }
}
