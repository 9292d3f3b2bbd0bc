import CloudEvents
import GRDB
import Metering
public import ReportDefinitions

/// What was delivered, in a SQLite file of its own.
///
/// Tables:
/// - `period`: a report's day or billing month as it stands: from which inputs it was made, its latest revision. Revision
///   0 was looked at and had nothing to deliver.
/// - `object`: the file that was last put under a key.
/// - `delivery`: every revision of every period, never changed.
/// - `run`: how the report's latest run went.
///
/// A file is put first and recorded after, in one transaction. A crash between the two leaves the file in place and the
/// record as it was; the next run makes the same bytes and puts them again.
public final class DeliveryRecords: Sendable {
    private let database: DatabaseQueue
    let path: String

    /// Opens the file, and makes it when there is none.
    /// - Throws: `DeliveryRecordsError` when it cannot be used.
    public init(path: String) throws(DeliveryRecordsError) {
        self.path = path
        do {
            var configuration = GRDB.Configuration()
            configuration.label = "deliveries"
            configuration.busyMode = .timeout(Self.busyTimeout)
            // Not by `journalMode`: that would set `synchronous` to NORMAL, which may lose the last transactions.
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            }
            database = try DatabaseQueue(path: path, configuration: configuration)
            try Self.migrator.migrate(database)
        } catch {
            throw DeliveryRecordsError(path: path, reason: "\(error)")
        }
    }

    /// How long to wait for another process that has the file locked, in seconds.
    private static let busyTimeout: Double = 5

    /// Every revision of a report's periods, the latest period first, at most `limit` of them.
    public func deliveries(report: String, limit: Int) async throws(DeliveryRecordsError) -> [DeliveryRecord] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM delivery WHERE report = ? ORDER BY period DESC, revision DESC LIMIT ?",
                arguments: [report, limit]
            ).map(DeliveryRecord.init(row:))
        }
    }

    /// The periods of a report as they stand.
    func periods(report: String) async throws(DeliveryRecordsError) -> [String: PeriodState] {
        try await read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM period WHERE report = ?", arguments: [report])
            return try Dictionary(rows.map { ($0["period"], try PeriodState(row: $0)) }) { first, _ in first }
        }
    }

    /// The file last put under a key.
    func object(report: String, key: String) async throws(DeliveryRecordsError) -> ObjectState? {
        try await read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT * FROM object WHERE report = ? AND key = ?",
                arguments: [report, key]
            ).map { ObjectState(sha256: $0["sha256"], bytes: $0["bytes"], etag: $0["etag"]) }
        }
    }

    /// Writes down, in one transaction, how a file's periods stand now, the file that holds them if one was put, and the
    /// deliveries that are new.
    func record(
        report: String,
        periods: [(period: String, state: PeriodState)],
        object: (key: String, state: ObjectState)?,
        deliveries: [DeliveryRecord]
    ) async throws(DeliveryRecordsError) {
        try await write { database in
            for (period, state) in periods { try state.save(report: report, period: period, in: database) }
            if let (key, state) = object { try state.save(report: report, key: key, in: database) }
            for delivery in deliveries { try delivery.insert(in: database) }
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(DeliveryRecordsError) -> Value {
        do {
            return try await database.read(body)
        } catch {
            throw DeliveryRecordsError(path: path, reason: "\(error)")
        }
    }

    func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(DeliveryRecordsError) {
        do {
            try await database.write(body)
        } catch {
            throw DeliveryRecordsError(path: path, reason: "\(error)")
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE period (
                        report TEXT NOT NULL, period TEXT NOT NULL, inputs TEXT NOT NULL, key TEXT NOT NULL,
                        content TEXT NOT NULL, revision INTEGER NOT NULL, total TEXT NOT NULL,
                        PRIMARY KEY (report, period)) WITHOUT ROWID, STRICT;
                    CREATE TABLE object (
                        report TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, etag TEXT,
                        PRIMARY KEY (report, key)) WITHOUT ROWID, STRICT;
                    CREATE TABLE delivery (
                        report TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL, key TEXT NOT NULL,
                        rows INTEGER NOT NULL, skipped_rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
                        sha256 TEXT NOT NULL, total TEXT NOT NULL, previous_total TEXT, delivered_at INTEGER NOT NULL,
                        PRIMARY KEY (report, period, revision)) WITHOUT ROWID, STRICT;
                    CREATE TABLE run (
                        report TEXT PRIMARY KEY NOT NULL, satisfied_at INTEGER NOT NULL, finished_at INTEGER,
                        succeeded_at INTEGER, outcome TEXT, message TEXT) WITHOUT ROWID, STRICT;
                    """
            )
        }
        return migrator
    }
}

/// The delivery record could not be used.
public struct DeliveryRecordsError: Error, Sendable, CustomStringConvertible {
    /// The SQLite file.
    public var path: String
    /// What SQLite said.
    public var reason: String

    /// One sentence.
    public var description: String {
        "the delivery record \(path) cannot be used: \(reason); check the disk and the file's owner"
    }
}
