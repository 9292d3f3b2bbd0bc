import Foundation
import GRDB
import Testing

@testable import UsageStore

@Suite struct FormatTests {
    /// A directory with a store as format 1 had it, with a row in every table that a restart reads.
    private static func formatOne() throws -> String {
        let directory = FileManager.default.temporaryDirectory.appending(path: "usage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: directory + "/" + UsageStore.fileName)
        try queue.write { database in
            try database.execute(sql: Schema.steps[0])
            try database.execute(
                sql: """
                    PRAGMA user_version = 1;
                    INSERT INTO identity VALUES ('secret', x'010203');
                    INSERT INTO checkpoint VALUES (1, 7, 42, 'a', 5);
                    INSERT INTO ledger VALUES (1, 20000, 3, 1, 2, 1, 0, 0, 0);
                    INSERT INTO position VALUES ('main/usage-events', 2, 99);
                    """
            )
        }
        try queue.close()
        return directory
    }

    @Test("a store of format 1 opens as format 2, with everything in it, and takes rejected frames")
    func migration() throws {
        let directory = try Self.formatOne()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Twice: the second time there is nothing to migrate.
        for round in 0..<2 {
            let store = try UsageStore(directory: directory)
            #expect(try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 2)
            #expect(try store.identity("secret") { [] } == [1, 2, 3])
            #expect(try store.checkpoint()?.nextSequence == 42)
            #expect(try store.positions() == [PositionKey(source: "main/usage-events", partition: 2): 99])
            #expect(try store.ledger()[LedgerKey(origin: 1, day: 20_000)]?.counted == 2)
            #expect(try store.rejectedFrames(origin: nil, limit: 9).count == round)
            let totals = try store.totals()
            totals.record(RejectedFrame(sequence: 42, count: 3, origin: 1))
            try totals.commit(nextSequence: 42, dedupeRuns: [], keepEventsFrom: 0, now: 6)
        }
    }

    @Test("a migrated store has the tables of a new one")
    func sameTables() throws {
        let old = try Self.formatOne()
        let new = FileManager.default.temporaryDirectory.appending(path: "usage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: new, withIntermediateDirectories: true)
        defer { for directory in [old, new] { try? FileManager.default.removeItem(atPath: directory) } }
        let tables = try [old, new].map { directory in
            try UsageStore(directory: directory).pool.read {
                try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
            }
        }
        #expect(tables[0] == tables[1] && tables[0].contains { $0.contains("rejected_frame") })
    }

    @Test("format 1 stays as it was released: tables and columns by name")
    func released() throws {
        let directory = try Self.formatOne()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let queue = try DatabaseQueue(path: directory + "/" + UsageStore.fileName)
        let columns = try queue.read {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT m.name || ': ' || group_concat(c.name, ' ') FROM sqlite_master AS m,
                        pragma_table_info(m.name) AS c
                    WHERE m.type = 'table' GROUP BY m.name ORDER BY m.name
                    """
            )
        }
        #expect(
            columns == [
                "bucket: meter start last_sequence", "checkpoint: one generation next_sequence dedupe_runs at",
                "conflict: sequence first_sequence", "identity: name value", "invalid_event: sequence meter reason",
                "ledger: origin day stored rejected counted duplicate conflict unmatched invalid",
                "meter: number id slug definition bucket_seconds from_sequence active created_at updated_at",
                "meter_ledger: meter day counted invalid", "position: source partition next_offset",
                "series: meter number key", "total: meter bucket series count value time sequence",
                "unique_value: meter bucket series hash",
            ]
        )
    }
}
