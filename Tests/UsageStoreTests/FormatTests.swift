import Foundation
import GRDB
import Metering
import Testing

@testable import UsageStore

/// Directories with stores as released formats had them, with a row in every table that a restart reads.
enum OldStore {
    /// The meter `tokens_total` as the meterd of formats 1 and 2 wrote it down.
    private static let definition = """
        {"aggregation":"SUM","eventType":"prompt","groupBy":{"model":"$.model"},"metadata":{},"name":"tokens_total",\
        "slug":"tokens_total","valueProperty":"$.tokens"}
        """

    static func make(format: Int, checkpoint: Bool = true) throws -> String {
        let directory = try StoreFixture.makeDirectory()
        let queue = try DatabaseQueue(path: directory + "/" + UsageStore.fileName)
        try queue.write { database in
            for step in Schema.steps.prefix(format) { try database.execute(sql: step) }
            try database.execute(sql: "PRAGMA user_version = \(format)")
            try database.execute(
                sql: """
                    INSERT INTO identity VALUES ('secret', x'010203');
                    INSERT INTO ledger VALUES (1, 20000, 3, 1, 2, 1, 0, 0, 0);
                    INSERT INTO position VALUES ('main/usage-events', 2, 99);
                    """
            )
            if checkpoint { try database.execute(sql: "INSERT INTO checkpoint VALUES (1, 7, 42, 'a', 5)") }
            for (number, slug, active) in [(1, "tokens_total", 1), (2, "rests", 0)] {
                try database.execute(
                    sql: "INSERT INTO meter VALUES (?, ?, ?, ?, 3600, 3, ?, 4, 5)",
                    arguments: [
                        number, "id-\(slug)", slug, definition.replacing("tokens_total", with: slug), active,
                    ]
                )
            }
            try database.execute(
                sql: """
                    INSERT INTO series VALUES (1, 0, x'0100000073010000006d');
                    INSERT INTO bucket VALUES (1, 7200, 41);
                    INSERT INTO total VALUES (1, 7200, 0, 2, '12.5', 0, 0);
                    INSERT INTO meter_ledger VALUES (1, 20000, 2, 0);
                    INSERT INTO invalid_event VALUES (40, 1, 'why');
                    INSERT INTO conflict VALUES (39, 38);
                    """
            )
        }
        try queue.close()
        return directory
    }

    static func remove(_ directory: String) { try? FileManager.default.removeItem(atPath: directory) }
}

@Suite struct FormatTests {
    @Test("a store of an older format opens as format 3, with everything in it", arguments: [1, 2])
    func migration(format: Int) throws {
        let directory = try OldStore.make(format: format)
        defer { OldStore.remove(directory) }
        // Twice: the second time there is nothing to migrate.
        for round in 0..<2 {
            let store = try UsageStore(directory: directory)
            #expect(try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 3)
            #expect(try store.identity("secret") { [] } == [1, 2, 3])
            #expect(try store.checkpoint()?.nextSequence == 42)
            #expect(try store.positions() == [PositionKey(source: "main/usage-events", partition: 2): 99])
            #expect(try store.rejectedFrames(origin: nil, limit: 9).count == round)
            let totals = try store.totals()
            let ledger = try totals.currentLedger()
            #expect(ledger.count == 1)
            #expect(ledger[LedgerKey(origin: 1, day: 20_000)]?.counted == 2)
            #expect(try totals.currentInvalidEvents() == [InvalidEvent(sequence: 40, meter: 1, reason: "why")])
            let meters = try store.meters()
            #expect(meters.map(\.meter.slug) == ["tokens_total", "rests"])
            #expect(meters.map(\.active) == [true, false])
            #expect(meters.allSatisfy { $0.ownership == .configuration && $0.state == .live && $0.refill == nil })
            #expect(try totals.currentLedger(of: meters[0])[20_000]?.counted == 2)
            #expect(try StoreFixture.rows(of: meters[0], totals, store)?.map(\.value) == [ExactDecimal("12.5")])
            totals.record(RejectedFrame(sequence: 42, count: 3, origin: 1))
            try totals.commit(nextSequence: 42, dedupeRuns: [], keepEventsFrom: 0, now: 6)
        }
    }

    @Test("what an older meterd applied is not explained: facts begin at its checkpoint")
    func explained() throws {
        let directory = try OldStore.make(format: 2)
        defer { OldStore.remove(directory) }
        let store = try UsageStore(directory: directory)
        #expect(store.explainedFrom == 42)
        #expect(try store.meters().map(\.activity) == [[3..<UInt64.max], [3..<42]])
        let totals = try store.totals()
        let facts = totals.snapshot(of: try store.meters()[0], buckets: 0..<9_000)?.buckets
        #expect(facts?.map(\.firstSequence) == [0] && facts?.map(\.lastSequence) == [41])
    }

    @Test("a store without a checkpoint knows everything from the beginning, migrated or new")
    func unexplainedNothing() throws {
        let directory = try OldStore.make(format: 2, checkpoint: false)
        defer { OldStore.remove(directory) }
        #expect(try UsageStore(directory: directory).explainedFrom == 0)
        #expect(try StoreFixture(.sum).store.explainedFrom == 0)
    }

    @Test("a migrated store counts on in the buckets it had")
    func countsOn() throws {
        let directory = try OldStore.make(format: 2)
        defer { OldStore.remove(directory) }
        var store = try UsageStore(directory: directory)
        for sequence in 42..<44 as Range<UInt64> {
            let totals = try store.totals()
            let meter = try store.meters()[0]
            let slot = try #require(totals.slot(of: meter))
            try SeriesKey.key(of: [Array("s".utf8), Array("m".utf8)]).withUnsafeBytes {
                try totals.add(slot, key: $0, value: .one, unique: nil, time: 7_200_000_000, sequence: sequence)
            }
            try totals.commit(nextSequence: sequence + 1, dedupeRuns: [], keepEventsFrom: 0, now: 6)
            store = try UsageStore(directory: directory)
        }
        let totals = try store.totals()
        #expect(try StoreFixture.rows(of: try store.meters()[0], totals, store)?.map(\.value) == [ExactDecimal("14.5")])
    }

    @Test("a migrated store has the tables of a new one", arguments: [1, 2])
    func sameTables(format: Int) throws {
        let old = try OldStore.make(format: format)
        let new = try StoreFixture.makeDirectory()
        defer { for directory in [old, new] { OldStore.remove(directory) } }
        let tables = try [old, new].map { directory in
            try UsageStore(directory: directory).pool.read {
                try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
            }
        }
        #expect(tables[0] == tables[1] && tables[0].contains { $0.contains("rejected_frame") })
    }

    @Test("a migration that is cut off leaves the old format, and is made again")
    func cutOff() throws {
        let directory = try OldStore.make(format: 2)
        defer { OldStore.remove(directory) }
        let file = directory + "/" + UsageStore.fileName
        // A table of the new format's name is in the way of the last but one statements.
        try DatabaseQueue(path: file).write { try $0.execute(sql: "CREATE TABLE ledger_of_format_3 (x)") }
        #expect(throws: UsageStoreError.self) { try UsageStore(directory: directory) }
        let tables = try DatabaseQueue(path: file).write { database in
            try database.execute(sql: "DROP TABLE ledger_of_format_3")
            return try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master WHERE name = 'event_block'")
        }
        #expect(tables == 0)
        #expect(try UsageStore(directory: directory).meters().count == 2)
    }

    @Test("released formats stay as they were: tables and columns by name", arguments: [1, 2])
    func released(format: Int) throws {
        let directory = try OldStore.make(format: format)
        defer { OldStore.remove(directory) }
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
        let rejected = format == 1 ? [] : ["rejected_frame: sequence count origin"]
        #expect(
            columns == [
                "bucket: meter start last_sequence", "checkpoint: one generation next_sequence dedupe_runs at",
                "conflict: sequence first_sequence", "identity: name value", "invalid_event: sequence meter reason",
                "ledger: origin day stored rejected counted duplicate conflict unmatched invalid",
                "meter: number id slug definition bucket_seconds from_sequence active created_at updated_at",
                "meter_ledger: meter day counted invalid", "position: source partition next_offset",
            ] + rejected + [
                "series: meter number key", "total: meter bucket series count value time sequence",
                "unique_value: meter bucket series hash",
            ]
        )
    }
}
