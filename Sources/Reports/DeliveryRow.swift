import CloudEvents
import GRDB
import Metering
import ReportDefinitions

/// A report's day or billing month as it stands.
struct PeriodState: Sendable, Hashable {
    /// Digest of the definition and of what it was made from; empty while something is left to be done.
    var inputs: String
    /// Where its data is: ``DeliveryKeys/place``.
    var place: String
    /// Digest of the files' header and the period's rows.
    var content: String
    /// 0: looked at, and nothing to deliver.
    var revision: Int
    var totals: ReportTotals
    /// Events counted in its days when the revision was made; nil when that was not written down.
    var events: UInt64?
}

extension PeriodState {
    init(row: Row) throws {
        self.init(
            inputs: row["inputs"],
            place: row["key"],
            content: row["content"],
            revision: row["revision"],
            totals: try ReportTotals(stored: row["total"]),
            events: (row["events"] as Int64?).map { UInt64(clamping: $0) }
        )
    }

    func save(report: String, period: String, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO period (report, period, inputs, key, content, revision, total, events)
                    VALUES (?,?,?,?,?,?,?,?)
                """,
            arguments: [
                report, period, inputs, place, content, revision, totals.description,
                events.map { Int64(clamping: $0) },
            ]
        )
    }
}

/// The file that was last put under a key.
struct ObjectState: Sendable, Hashable {
    var sha256: String
    var bytes: Int
    var etag: String?

    func save(report: String, key: String, in database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO object (report, key, sha256, bytes, etag) VALUES (?,?,?,?,?)",
            arguments: [report, key, sha256, bytes, etag]
        )
    }
}

extension DeliveryRecord {
    init(row: Row, in database: Database) throws {
        self.init(
            report: row["report"],
            period: row["period"],
            revision: row["revision"],
            objects: [],
            rows: row["rows"],
            skippedRows: row["skipped_rows"],
            events: (row["events"] as Int64?).map { UInt64(clamping: $0) },
            eventsSince: row["events_since"],
            totals: try ReportTotals(stored: row["total"]),
            previousTotals: try (row["previous_total"] as String?).map { try ReportTotals(stored: $0) },
            deliveredAt: Timestamp(microseconds: row["delivered_at"])
        )
        objects = try Row.fetchAll(
            database,
            sql: """
                SELECT key, rows, bytes, sha256 FROM delivered_object
                    WHERE report = ? AND period = ? AND revision = ? ORDER BY position
                """,
            arguments: [report, period, revision]
        ).map { DeliveredObject(key: $0["key"], rows: $0["rows"], bytes: $0["bytes"], sha256: $0["sha256"]) }
    }

    func insert(in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO delivery (report, period, revision, rows, skipped_rows, events, events_since, total,
                    previous_total, delivered_at) VALUES (?,?,?,?,?,?,?,?,?,?)
                """,
            arguments: [
                report, period, revision, rows, skippedRows, events.map { Int64(clamping: $0) }, eventsSince,
                totals.description, previousTotals?.description, deliveredAt.microseconds,
            ]
        )
        for (position, object) in objects.enumerated() {
            try database.execute(
                sql: """
                    INSERT INTO delivered_object (report, period, revision, position, key, rows, bytes, sha256)
                        VALUES (?,?,?,?,?,?,?,?)
                    """,
                arguments: [
                    report, period, revision, position, object.key, object.rows, object.bytes, object.sha256,
                ]
            )
        }
    }
}

extension ReportTotals {
    /// Reads what the record holds.
    init(stored text: String) throws {
        guard let totals = ReportTotals(text) else {
            throw DatabaseError(message: "the total \"\(text)\" cannot be read")
        }
        self = totals
    }
}
