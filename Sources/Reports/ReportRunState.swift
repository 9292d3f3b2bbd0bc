import CloudEvents
import GRDB

/// How a report's runs over all changed days went, as the delivery record remembers it across restarts.
struct ReportRunState: Sendable, Hashable {
    /// The schedule is satisfied up to here: when the last successful run began, or when the report was first seen.
    var satisfiedAt: Timestamp
    var succeededAt: Timestamp?
    /// Some delivery that took the place of another was not brought to its end.
    var isInterrupted = false
}

extension DeliveryRecords {
    /// How a report's runs went. The first time a report is asked for, `now` is remembered.
    func runState(report: String, now: Timestamp) async throws(DeliveryRecordsError) -> ReportRunState {
        try await write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO run (report, satisfied_at) VALUES (?, ?)",
                arguments: [report, now.microseconds]
            )
        }
        return try await read { database in
            let row = try Row.fetchOne(database, sql: "SELECT * FROM run WHERE report = ?", arguments: [report])
            return ReportRunState(
                satisfiedAt: Timestamp(microseconds: row?["satisfied_at"] ?? now.microseconds),
                succeededAt: (row?["succeeded_at"] as Int64?).map { Timestamp(microseconds: $0) },
                isInterrupted: try Bool.fetchOne(
                    database,
                    sql: "SELECT EXISTS (SELECT * FROM period WHERE report = ? AND inputs = '')",
                    arguments: [report]
                ) ?? false
            )
        }
    }

    /// Writes down how a run went. `failure` is nil when it succeeded.
    func recordRun(
        report: String,
        began: Timestamp,
        finished: Timestamp,
        failure: String?
    ) async throws(DeliveryRecordsError) {
        try await write { database in
            let outcome = failure == nil ? "succeeded" : "failed"
            try database.execute(
                sql: """
                    INSERT INTO run (report, satisfied_at, finished_at, outcome, message) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (report) DO UPDATE SET finished_at = ?3, outcome = ?4, message = ?5
                    """,
                arguments: [report, began.microseconds, finished.microseconds, outcome, failure]
            )
            guard failure == nil else { return }
            try database.execute(
                sql: "UPDATE run SET satisfied_at = ?2, succeeded_at = ?3 WHERE report = ?1",
                arguments: [report, began.microseconds, finished.microseconds]
            )
        }
    }
}
