import CloudEvents
import GRDB
import Metering
public import ReportDefinitions

/// What was delivered, in a SQLite file of its own. See `DeliveryRecords+Schema.swift` for its tables.
///
/// Before a file is put, what is known of the one under its key is forgotten; after it was put, the new one is
/// remembered. The last file of a delivery and the delivery are written down in one transaction. So a crash at any
/// moment leaves files that are not known, and the next run puts them again, and never a known one with other bytes.
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
            guard try database.read({ try !Self.migrator.hasBeenSuperseded($0) }) else {
                throw DeliveryRecordsError(
                    path: path,
                    reason: "a newer meterd has written it",
                    remedy: "start that one again"
                )
            }
            try Self.migrator.migrate(database)
        } catch let error as DeliveryRecordsError {
            throw error
        } catch {
            throw DeliveryRecordsError(path: path, reason: "\(error)")
        }
    }

    /// How long to wait for another process that has the file locked, in seconds.
    private static let busyTimeout: Double = 5

    /// Every revision of a report's periods, the latest period first and its latest revision first, at most `limit` of
    /// them; with `before`, those that come after that revision in this order.
    public func deliveries(
        report: String,
        limit: Int,
        before: (period: String, revision: Int)? = nil
    ) async throws(DeliveryRecordsError) -> [DeliveryRecord] {
        try await read { database in
            var condition = "report = ?"
            var arguments: StatementArguments = [report]
            if let before {
                condition += " AND (period, revision) < (?, ?)"
                arguments += [before.period, before.revision]
            }
            arguments += [limit]
            return try Row.fetchAll(
                database,
                sql: "SELECT * FROM delivery WHERE \(condition) ORDER BY period DESC, revision DESC LIMIT ?",
                arguments: arguments
            ).map { try DeliveryRecord(row: $0, in: database) }
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

    /// Forgets the files under some keys: they are about to be replaced or removed.
    func forget(
        report: String,
        keys: [String],
        periods: [String] = []
    ) async throws(DeliveryRecordsError) {
        try await write { database in
            for key in keys {
                try database.execute(
                    sql: "DELETE FROM object WHERE report = ? AND key = ?",
                    arguments: [report, key]
                )
            }
            for period in periods {
                try database.execute(
                    sql: "UPDATE period SET inputs = '' WHERE report = ? AND period = ?",
                    arguments: [report, period]
                )
            }
        }
    }

    /// Files that were put and are part of no delivery: their run was killed before it was written down.
    func unfinishedObjects(report: String) async throws(DeliveryRecordsError) -> Set<String> {
        try await read { database in
            try String.fetchSet(
                database,
                sql: """
                    SELECT key FROM object WHERE report = ?1
                        EXCEPT SELECT key FROM delivered_object WHERE report = ?1
                    """,
                arguments: [report]
            )
        }
    }

    /// Remembers a file that was put, while others of its delivery are still to come.
    func remember(report: String, key: String, _ state: ObjectState) async throws(DeliveryRecordsError) {
        try await write { database in try state.save(report: report, key: key, in: database) }
    }

    /// Writes down, in one transaction, how a delivery's periods stand now, its last file if one was put, and what is new.
    func record(_ outcome: RecordedOutcome) async throws(DeliveryRecordsError) {
        try await write { database in
            for (period, state) in outcome.periods {
                try state.save(report: outcome.report, period: period, in: database)
            }
            if let (key, state) = outcome.object { try state.save(report: outcome.report, key: key, in: database) }
            for delivery in outcome.deliveries { try delivery.insert(in: database) }
            for days in outcome.days { try days.insert(report: outcome.report, in: database) }
        }
    }

    /// Writes down from which inputs a period was made, now that nothing of it is left to be done.
    func settle(report: String, period: String, inputs: String) async throws(DeliveryRecordsError) {
        try await write { database in
            try database.execute(
                sql: "UPDATE period SET inputs = ? WHERE report = ? AND period = ?",
                arguments: [inputs, report, period]
            )
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
}

/// How a delivery ended, to be written down at once.
struct RecordedOutcome: Sendable {
    var report: String
    var periods: [(period: String, state: PeriodState)] = []
    /// The last file that was put.
    var object: (key: String, state: ObjectState)?
    var deliveries: [DeliveryRecord] = []
    var days: [RecordedDays] = []
}

/// The delivery record could not be used.
public struct DeliveryRecordsError: Error, Sendable, CustomStringConvertible {
    /// The SQLite file.
    public var path: String
    /// What SQLite said.
    public var reason: String
    /// What to do.
    public var remedy = "check the disk and the file's owner"

    /// One sentence.
    public var description: String { "the delivery record \(path) cannot be used: \(reason); \(remedy)" }
}
