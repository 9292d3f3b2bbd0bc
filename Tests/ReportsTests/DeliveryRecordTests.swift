import CloudEvents
import Crypto
import Foundation
import GRDB
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("The delivery record")
struct DeliveryRecordTests {
    private let telemetry = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))

    @Test("deliveries are given page by page, the latest period first")
    func pages() async throws {
        let bench = try ReportBench()
        for day in 1...5 { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "1") }
        let runner = try bench.runner(telemetry)
        _ = try await runner.run("tokens")
        for day in [2, 4] { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "1") }
        _ = try await runner.run("tokens")
        let all = try await runner.deliveries(report: "tokens")
        #expect(all.count == 7)
        for limit in 1...8 {
            var found: [DeliveryRecord] = []
            var before: (period: String, revision: Int)?
            while case let page = try await runner.deliveries(report: "tokens", limit: limit, before: before),
                let last = page.last
            {
                #expect(page.count <= limit)
                found += page
                before = (last.period, last.revision)
            }
            #expect(found == all)
        }
        #expect(try await runner.deliveries(report: "tokens", limit: 9, before: ("2025-06-04", 2)).count == 5)
        #expect(try await runner.deliveries(report: "tokens", limit: 9, before: ("2025-06", 9)).isEmpty)
    }

    @Test("a delivery names its files in the order in which they were put, with rows, bytes and SHA-256")
    func objects() async throws {
        let bench = try ReportBench()
        for subject in ["a", "b", "c"] { try bench.usage.add("2025-06-07T10:00:00Z", subject, "1000") }
        let runner = try bench.runner(Samples.focusReport(), rowLimit: 2)
        let result = try await runner.run("focus")
        let delivery = try #require(try await runner.deliveries(report: "focus").first)
        #expect(delivery.objects.map(\.key) == bench.store.puts)
        #expect(delivery.objects.map(\.rows) == [2, 1, 0, 0, 0])
        #expect(delivery.objects.map(\.sha256) == result.files.map(\.sha256))
        for object in delivery.objects {
            let bytes = try #require(try bench.bytes(object.key))
            #expect(object.bytes == bytes.count)
            #expect(object.sha256 == SHA256.hash(data: bytes).hexadecimal)
        }
        #expect(delivery.rows == 3)
        #expect(delivery.totals == ReportTotals("USD 0.006"))
        #expect(delivery.events == 3 && delivery.eventsSince == 3)
    }

    @Test("days are written down when their figures change, and only then")
    func days() async throws {
        let bench = try ReportBench()
        let runner = try bench.runner(Samples.focusReport())
        func rows() async throws -> [String] {
            try await bench.records().dayDeliveries(reports: ["focus"], after: .init(), limit: 100).map { day in
                "\(day.day) r\(day.revision) \(day.rows) \(day.totals) was \(day.previousTotals?.description ?? "-") "
                    + "\(day.events)+\(day.eventsSince)"
            }
        }
        try bench.usage.add("2025-06-05T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1000")
        _ = try await runner.run("focus")
        let first = [
            "2025-06-05 r1 1 USD 0.002 was - 1+1",
            "2025-06-06 r1 1 USD 0.002 was - 1+1",
        ]
        #expect(try await rows() == first)
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "-500")
        _ = try await runner.run("focus")
        let second = first + ["2025-06-06 r2 1 USD 0.003 was USD 0.002 3+2"]
        #expect(try await rows() == second)
        // No line of the month changes by an event that counts nothing, so there is no delivery; the event is told.
        try bench.usage.add("2025-06-05T10:00:00Z", "b", "0")
        _ = try await runner.run("focus")
        _ = try await runner.run("focus")
        let third = [first[0], "2025-06-05 r2 1 USD 0.002 was USD 0.002 2+1", first[1], second[2]]
        #expect(try await rows() == third)
        try bench.usage.add("2025-06-07T10:00:00Z", "b", "1000")
        _ = try await runner.run("focus")
        #expect(try await rows() == third + ["2025-06-07 r3 1 USD 0.002 was - 1+1"])
    }

    @Test("a day that lost its usage is written down with none")
    func lostDay() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-05T10:00:00Z", "a", "1000")
        _ = try await bench.runner(Samples.focusReport()).run("focus")
        _ = try await bench.runner(Samples.focusReport(meters: ["api_calls"])) { catalog in
            catalog.meters["api_calls"] = try Samples.meter(slug: "api_calls")
            catalog.focusProfiles["api_calls"] = Samples.profile()
            catalog.prices.append(try Samples.price(meter: "api_calls"))
        }.run("focus")
        let days = try await bench.records().dayDeliveries(reports: ["focus"], after: .init(), limit: 100)
        #expect(days.map(\.meter) == ["tokens_total", "tokens_total"])
        try #require(days.map(\.revision) == [1, 2])
        #expect(days.map(\.rows) == [1, 0])
        #expect(days[1].previousTotals == days[0].totals)
        #expect(days[1].events == 0)
        #expect(days.map(\.eventsSince) == [1, -1])
    }

    @Test("a day whose rows are all left out has its events written down, and no file")
    func leftOut() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-05T10:00:00Z", "a", "-3")
        _ = try await bench.runner(telemetry).run("tokens")
        let days = try await bench.records().dayDeliveries(reports: nil, after: .init(), limit: 100)
        try #require(days.count == 1)
        #expect((days[0].events, days[0].eventsSince, days[0].rows, days[0].revision) == (1, 1, 0, 0))
        #expect(days[0].key.isEmpty)
    }

    @Test("days before the year 1, which some zones have, are kept as well")
    func earlyDay() async throws {
        let bench = try ReportBench()
        // What a program sends that never set its time.
        try bench.usage.add("0001-01-01T00:00:00Z", "a", "1")
        let zone = try #require(Zone("America/New_York"))
        let runner = try bench.runner(Samples.csvReport(Samples.telemetry(dimensions: []), zone: zone))
        _ = try await runner.run("tokens")
        try bench.usage.add("0001-01-01T00:00:00Z", "a", "1")
        _ = try await runner.run("tokens")
        let days = try await bench.records().dayDeliveries(reports: ["tokens"], after: .init(), limit: 100)
        #expect(days.map(\.totals.description) == ["1", "2"])
        #expect(days.allSatisfy { $0.day < LocalDay("0001-01-01") ?? $0.day })
    }
}

@Suite("A delivery record of a release to come")
struct LaterDeliveryRecordTests {
    @Test("is refused, and is as it was")
    func refused() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "deliveries-\(UUID().uuidString).sqlite").path
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        _ = try DeliveryRecords(path: path)
        try await DatabaseQueue(path: path).write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('3')")
        }
        let error = #expect(throws: DeliveryRecordsError.self) { _ = try DeliveryRecords(path: path) }
        #expect(error?.description.hasSuffix("a newer meterd has written it; start that one again") == true)
    }
}

@Suite("A delivery record of release 0.2")
struct DeliveryMigrationTests {
    /// Writes what release 0.2 would have in its record after delivering a period as one file.
    private func write(
        _ bench: ReportBench,
        report: String,
        period: String,
        key: String,
        content: String,
        total: String,
        rows: Int
    ) throws {
        let bytes = try #require(try bench.bytes(key))
        let sha256 = SHA256.hash(data: bytes).hexadecimal
        let database = try DatabaseQueue(path: bench.directory.appending(path: "deliveries.sqlite").path)
        try DeliveryRecords.migrator.migrate(database, upTo: "1")
        try database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO period (report, period, inputs, key, content, revision, total) VALUES (?,?,?,?,?,?,?);
                    INSERT INTO object (report, key, sha256, bytes, etag) VALUES (?,?,?,?,?);
                    INSERT INTO delivery (report, period, revision, key, rows, skipped_rows, bytes, sha256, total,
                        previous_total, delivered_at) VALUES (?,?,?,?,?,?,?,?,?,?,?);
                    INSERT INTO run (report, satisfied_at, finished_at, succeeded_at, outcome) VALUES (?,?,?,?,?)
                    """,
                arguments: [
                    report, period, "old", key, content, 2, total,
                    report, key, sha256, bytes.count, nil,
                    report, period, 2, key, rows, 1, bytes.count, sha256, total, "0.001", 1_749_300_000_000_000,
                    report, 1_749_300_000_000_000, 1_749_300_000_000_000, 1_749_300_000_000_000, "succeeded",
                ]
            )
        }
    }

    private func put(_ text: String, as key: String, in bench: ReportBench) throws {
        let url = bench.directory.appending(path: "out").appending(path: key)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: url)
    }

    @Test("telemetry goes on with it: its files are not put again, and its days are filled in")
    func telemetry() async throws {
        let bench = try ReportBench()
        let report = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))
        let key = "tokens/tokens-2025-06-07.csv"
        let text = "\"date\",\"subject\",\"tokens\"\n\"2025-06-07\",\"a\",\"4\"\n"
        try put(text, as: key, in: bench)
        try write(
            bench,
            report: "tokens",
            period: "2025-06-07",
            key: key,
            content: SHA256.hash(data: Array(text.utf8)).hexadecimal,
            total: "4",
            rows: 1
        )
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "3")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "1")
        let runner = try bench.runner(report)
        let old = try await runner.deliveries(report: "tokens")
        try #require(old.map(\.revision) == [2])
        #expect(old[0].objects == [.init(key: key, rows: 1, bytes: text.utf8.count, sha256: old[0].objects[0].sha256)])
        #expect(old[0].totals == ReportTotals("4"))
        #expect(old[0].previousTotals == ReportTotals("0.001"))
        #expect(old[0].events == nil && old[0].eventsSince == nil && old[0].skippedRows == 1)
        #expect(try await runner.run("tokens").files.map(\.outcome) == [.unchanged])
        #expect(bench.store.puts.isEmpty)
        #expect(try await runner.deliveries(report: "tokens") == old)
        let days = try await bench.records().dayDeliveries(reports: ["tokens"], after: .init(), limit: 9)
        try #require(days.map(\.revision) == [2])
        #expect(days[0].deliveredAt == old[0].deliveredAt)
        #expect((days[0].events, days[0].eventsSince, days[0].rows) == (2, 2, 1))
        #expect(try await runner.run("tokens").files.isEmpty)
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "0.5")
        _ = try await runner.run("tokens")
        let new = try #require(try await runner.deliveries(report: "tokens").first)
        #expect(new.revision == 3)
        #expect(new.previousTotals == ReportTotals("4"))
        #expect(new.events == 3 && new.eventsSince == 1)
        let more = try await bench.records().dayDeliveries(reports: ["tokens"], after: .init(), limit: 9)
        try #require(more.map(\.revision) == [2, 3])
        #expect(more[1].previousTotals == more[0].totals)
        #expect(more[1].eventsSince == 1)
    }

    @Test("a FOCUS month becomes a restatement with manifest and schema, and its old file is removed after them")
    func focus() async throws {
        let bench = try ReportBench()
        let old = "cost/focus/data/BILLING_PERIOD=2025-06/focus-00001.csv"
        try put("BilledCost\n0.007\n", as: old, in: bench)
        try write(
            bench,
            report: "focus",
            period: "2025-06",
            key: old,
            content: "old content",
            total: "0.007",
            rows: 1
        )
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4000")
        let runner = try bench.runner(Samples.focusReport(compression: .gzip))
        let result = try await runner.run("focus")
        #expect(result.files.map(\.outcome) == [.written, .written, .written, .written])
        #expect(bench.store.changes.last == .delete(old))
        #expect(try bench.keys().filter { $0.contains("/data/") } == [old + ".gz"])
        let deliveries = try await runner.deliveries(report: "focus")
        try #require(deliveries.map(\.revision) == [3, 2])
        #expect(deliveries[0].previousTotals == ReportTotals("USD 0.007"))
        #expect(deliveries[0].totals == ReportTotals("USD 0.008"))
        #expect(deliveries[0].events == 1 && deliveries[0].eventsSince == nil)
        #expect(try await runner.run("focus").files.isEmpty)
        #expect(try await runner.runState(report: "focus").succeededAt != nil)
    }
}
