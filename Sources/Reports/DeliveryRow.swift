import CloudEvents
import GRDB
import Metering
import ReportDefinitions

/// A report's day or billing month as it stands.
struct PeriodState: Sendable, Hashable {
    /// Digest of the definition and the bucket revisions it was made from.
    var inputs: String
    var key: String
    /// Digest of the file's header and the period's lines.
    var content: String
    /// 0: looked at, and nothing to deliver.
    var revision: Int
    var total: ExactDecimal
}

extension PeriodState {
    init(row: Row) throws {
        self.init(
            inputs: row["inputs"],
            key: row["key"],
            content: row["content"],
            revision: row["revision"],
            total: try ExactDecimal(row["total"] as String)
        )
    }

    func save(report: String, period: String, in database: Database) throws {
        try database.execute(
            sql:
                "INSERT OR REPLACE INTO period (report, period, inputs, key, content, revision, total) VALUES (?,?,?,?,?,?,?)",
            arguments: [report, period, inputs, key, content, revision, total.description]
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
    init(row: Row) throws {
        self.init(
            report: row["report"],
            period: row["period"],
            revision: row["revision"],
            key: row["key"],
            rows: row["rows"],
            skippedRows: row["skipped_rows"],
            bytes: row["bytes"],
            sha256: row["sha256"],
            total: try ExactDecimal(row["total"] as String),
            previousTotal: try (row["previous_total"] as String?).map { try ExactDecimal($0) },
            deliveredAt: Timestamp(microseconds: row["delivered_at"])
        )
    }

    func insert(in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO delivery (report, period, revision, key, rows, skipped_rows, bytes, sha256, total,
                    previous_total, delivered_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)
                """,
            arguments: [
                report, period, revision, key, rows, skippedRows, bytes, sha256, total.description,
                previousTotal?.description, deliveredAt.microseconds,
            ]
        )
    }
}
