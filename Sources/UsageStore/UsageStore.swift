import Foundation
import GRDB
import Metering

/// Totals, what became of each event, and the ledger on disk: one SQLite file, written in one transaction per checkpoint.
///
/// What is in it is the state after all events below `Checkpoint.nextSequence`, never anything between two checkpoints, but for
/// meters that are being counted from the log, which nobody reads until they are done. WAL mode lets queries read while a
/// checkpoint is written; `synchronous = FULL` makes a commit durable.
public final class UsageStore: Sendable {
    /// The file's name in the store's directory.
    public static let fileName = "usage.sqlite"

    let path: String
    let pool: DatabasePool

    /// Events below this sequence number were applied by a meterd that did not keep what became of them.
    public let explainedFrom: UInt64

    /// Opens the store in a directory that exists, and makes it if it is not there.
    ///
    /// Meters that were being counted from the log begin anew: what was counted of them so far is given up.
    public init(directory: String) throws(UsageStoreError) {
        let path = directory + "/" + Self.fileName
        self.path = path
        var configuration = GRDB.Configuration()
        configuration.maximumReaderCount = 4
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // A pool sets NORMAL when it turns WAL on. A commit that a power cut can undo would name dedupe runs that
            // are deleted by then, so it has to be FULL.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            explainedFrom = try pool.write { database in
                try Schema.prepare(database, path: path)
                try Self.restartRefills(database)
                return try Self.explainedFrom(database, path: path)
            }
        } catch let error as UsageStoreError {
            throw error
        } catch {
            throw .database(path: path, operation: "open", message: "\(error)")
        }
    }

    /// The bytes kept under a name, made by `make` if there are none yet.
    public func identity(_ name: String, make: () -> [UInt8]) throws(UsageStoreError) -> [UInt8] {
        try perform("read identity") {
            try pool.write { database in
                let sql = "SELECT value FROM identity WHERE name = ?"
                if let found = try Data.fetchOne(database, sql: sql, arguments: [name]) { return [UInt8](found) }
                let made = make()
                try database.execute(
                    sql: "INSERT INTO identity (name, value) VALUES (?, ?)",
                    arguments: [name, Data(made)]
                )
                return made
            }
        }
    }

    /// The last checkpoint; nil before the first.
    public func checkpoint() throws(UsageStoreError) -> Checkpoint? {
        try perform("read checkpoint") {
            try pool.read { try Checkpoint.fetch($0) }
        }
    }

    /// The positions of the last checkpoint.
    public func positions() throws(UsageStoreError) -> [PositionKey: Int64] {
        try perform("read positions") {
            try pool.read { database in
                var positions: [PositionKey: Int64] = [:]
                for row in try Row.fetchAll(database, sql: "SELECT source, partition, next_offset FROM position") {
                    positions[PositionKey(source: row[0], partition: row[1])] = row[2]
                }
                return positions
            }
        }
    }

    func perform<R>(_ operation: String, _ body: () throws -> R) throws(UsageStoreError) -> R {
        do {
            return try body()
        } catch let error as UsageStoreError {
            throw error
        } catch {
            throw .database(path: path, operation: operation, message: "\(error)")
        }
    }

    private static func explainedFrom(_ database: Database, path: String) throws -> UInt64 {
        let sql = "SELECT value FROM identity WHERE name = ?"
        guard let bytes = try Data.fetchOne(database, sql: sql, arguments: [Schema.explainedFrom]) else { return 0 }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let number = UInt64(text) else {
            throw UsageStoreError.damaged(path: path, what: "\"\(Schema.explainedFrom)\" reads \"\(text)\"")
        }
        return number
    }
}
