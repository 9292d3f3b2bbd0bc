import Foundation
import ObjectStore
import TestServers
import Testing

/// What a finance team sees of the built program: endpoints, late events, trouble, a year at once, the auditor's file.
@Suite struct FinanceReportTests {
    private static let json = "application/json"

    @Test(
        "reports go to several endpoints, each with an access of its own",
        .enabled(if: SeaweedServer.isInstalled, "SeaweedFS is not installed; scripts/test does that")
    )
    func endpoints() async throws {
        let server = try await SeaweedServer.shared.value
        let prefix = "e2e-\(UUID().uuidString)"
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                destinations:
                  first:
                    s3: { bucket: \(SeaweedServer.bucket), region: us-east-1, prefix: \(prefix)/one/, pathStyle: true,
                          endpoint: "\(server.origin)",
                          accessKeyId: "${FIRST_ID}", secretAccessKey: "${FIRST_SECRET}" }
                  second:
                    s3: { bucket: \(SeaweedServer.bucket), region: us-east-1, prefix: \(prefix)/two/, pathStyle: true,
                          endpoint: "\(server.origin)",
                          accessKeyId: WRONG, secretAccessKey: wrong }
                  third: { directory: DIRECTORY/reports }
                reports:
                  - { name: tokens, format: csv, meter: tokens_total, dimensions: [subject], metricColumn: tokens,
                      destination: first, every: 24h }
                  - { name: refused, format: csv, meter: tokens_total, dimensions: [subject], metricColumn: tokens,
                      destination: second, every: 24h }
                  - { name: prompts, format: csv, meter: prompts, dimensions: [subject], files: single,
                      dateFormat: "MM/d/yyyy", destination: third, every: 24h }
                """
        )
        try await daemon.start(environment: [
            "FIRST_ID": SeaweedServer.narrow.accessKeyID, "FIRST_SECRET": SeaweedServer.narrow.secretAccessKey,
        ])
        try await daemon.count([Samples.event(id: "1", tokens: "2.5")])
        #expect(try await daemon.runReport("tokens").status == 200)
        #expect(try await daemon.runReport("refused").status == 502)
        #expect(try await daemon.runReport("prompts").status == 200)
        let keys = try await server.store(prefix: prefix + "/").list(prefix: "").map(\.key)
        #expect(keys == ["one/tokens/tokens-2025-06-07.csv"])
        let single = try daemon.file("reports/prompts/prompts.csv")
        #expect(single == "\"date\",\"subject\",\"prompts\"\n\"06/7/2025\",\"customer-1\",\"1\"\n")
    }

    @Test("a destination that is away holds neither events nor other reports, and catches up with the oldest day first")
    func away() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                destinations:
                  away: { directory: DIRECTORY/volume/reports }
                  here: { directory: DIRECTORY/reports }
                reports:
                  - { name: late, format: csv, meter: tokens_total, dimensions: [subject], destination: away, every: 1m }
                  - { name: good, format: csv, meter: tokens_total, dimensions: [subject], destination: here, every: 1m }
                """
        )
        // A volume that is not mounted: a file stands where its directory should be.
        let volume = daemon.directory.appending(path: "volume")
        try Data().write(to: volume)
        try await daemon.start()
        let days = (1...9).map { "2025-06-0\($0)" }
        for day in days.shuffled() { try await daemon.count([Samples.event(id: day, time: "\(day)T10:00:00Z")]) }
        try await daemon.wait(for: "the report that is well") { try await daemon.deliveredDays("good") == days }
        try await daemon.wait(for: "the fault in the log") { daemon.log.contains("late: destination away") }
        #expect(try await daemon.deliveredDays("late") == [])
        try await daemon.count([Samples.event(id: "meanwhile", time: "2025-06-09T11:00:00Z")])

        try FileManager.default.removeItem(at: volume)
        try await daemon.wait(for: "the missed days") { try await daemon.deliveredDays("late") == days }
        let written = daemon.log.split(separator: "\n")
            .filter { $0.contains("report file written") && $0.contains(#""report":"late""#) }
            .compactMap { $0.firstMatch(of: /late-([0-9-]+)\.csv/).map { String($0.1) } }
        #expect(written == days)
        #expect(try daemon.file("volume/reports/late/late-2025-06-09.csv").contains(#""customer-1","2""#))
    }

    @Test("a destination that hangs holds neither other reports nor pages, and meterd stops all the same")
    func hanging() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                destinations: { dead: { directory: DIRECTORY/dead }, here: { directory: DIRECTORY/reports } }
                reports:
                  - { name: stuck, format: csv, meter: tokens_total, dimensions: [subject], destination: dead, every: 24h }
                  - { name: good, format: csv, meter: tokens_total, dimensions: [subject], destination: here, every: 24h }
                """
        )
        try await daemon.start()
        try await daemon.count([Samples.event(id: "1")])
        #expect(try await daemon.runReport("stuck").status == 200)
        // Whoever opens a pipe that nobody writes to waits, as on a network mount whose server is gone.
        let file = daemon.directory.appending(path: "dead/stuck/stuck-2025-06-07.csv")
        try FileManager.default.removeItem(at: file)
        try #require(mkfifo(file.path, 0o600) == 0)
        async let stuck = daemon.runReport("stuck")
        try await daemon.wait(for: "the run to hang") {
            try await daemon.get("/api/v1/reports/stuck/progress").text.contains(#""daysDone":1"#)
        }
        #expect(try await daemon.runReport("good").status == 200)
        #expect(try await daemon.get("/krateo/usage?from=2025-06-07&to=2025-06-08").status == 200)
        #expect(try await daemon.stop() == 0)
        #expect((try? await stuck)?.status != 200)
    }

    @Test("a year is written at once in memory that does not grow with it, and every row is there")
    func year() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                destinations: { local: { directory: DIRECTORY/reports } }
                reports:
                  - { name: daily, format: csv, meter: tokens_total, dimensions: [subject, model], destination: local,
                      every: 24h }
                  - { name: cost, format: focus, meters: [tokens_total, prompts], destination: local, every: 24h }
                focus:
                  provider: Example Metering
                  billingAccount: { id: acct-001 }
                  currency: USD
                  service: { name: Example AI, category: AI and Machine Learning }
                  subAccount: { id: { subject: true } }
                prices:
                  - { meter: tokens_total, sku: tokens, unit: 1000 Tokens, from: 2024-01-01,
                      tiers: [{ upTo: 50, listUnitPrice: 0.5 }, { listUnitPrice: 0.25 }] }
                  - { meter: prompts, sku: prompts, unit: Prompts, listUnitPrice: 0.01, from: 2024-01-01 }
                """
        )
        try await daemon.start()
        let (subjects, days) = (50, 366)
        for day in 0..<days {
            let date = Date(timeIntervalSince1970: 1_704_067_200 + Double(day) * 86_400)
            let time = date.ISO8601Format()
            try await daemon.count(
                (0..<subjects).map { Samples.event(id: "\(day)-\($0)", subject: "customer-\($0)", time: time) }
            )
        }
        // The first run of each warms what it needs whatever the length: one month.
        #expect(try await daemon.runReport("cost", from: "2024-01-01", to: "2024-02-01").status == 200)
        let before = try daemon.residentBytes()
        for report in ["daily", "cost"] {
            let answer = try await daemon.runReport(report, from: "2024-01-01", to: "2025-01-01")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.text.contains("\"rows\":\(subjects * days * (report == "cost" ? 2 : 1))"))
        }
        let grown = try daemon.residentBytes() - before
        #expect(grown < 48 << 20, "memory grew by \(grown >> 20) MiB")
        let files = try FileManager.default.contentsOfDirectory(
            atPath: daemon.directory.appending(path: "reports/daily").path
        )
        #expect(files.count == days)
    }

    @Test("an auditor follows every event from the count of the meter to the rows of the files, through late events")
    func audit() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                destinations: { local: { directory: DIRECTORY/reports } }
                reports:
                  - { name: daily, format: csv, meter: tokens_total, dimensions: [subject], destination: local, every: 24h }
                  - { name: cost, format: focus, meters: [tokens_total], compression: none, destination: local, every: 24h }
                  - { name: reconciliation, format: reconciliation, destination: local, every: 24h }
                focus:
                  provider: Example Metering
                  billingAccount: { id: acct-001 }
                  currency: USD
                  service: { name: Example AI, category: AI and Machine Learning }
                prices:
                  - { meter: tokens_total, sku: tokens, unit: Tokens, listUnitPrice: 0.5, from: 2025-01-01 }
                """
        )
        try await daemon.start()
        try await daemon.count([
            Samples.event(id: "1", tokens: "10"), Samples.event(id: "2", tokens: "0", subject: "customer-2"),
            Samples.event(id: "3", tokens: "4", time: "2025-06-08T00:00:00Z"),
        ])
        for report in ["daily", "cost", "reconciliation"] {
            #expect(try await daemon.runReport(report, days: nil).status == 200)
        }
        try await daemon.count([Samples.event(id: "1", tokens: "10"), Samples.event(id: "late", tokens: "5.5")])
        for report in ["daily", "cost", "reconciliation"] {
            #expect(try await daemon.runReport(report, days: nil).status == 200)
        }
        let table = try FocusTable(try daemon.file("reports/reconciliation/reconciliation.csv"))
        #expect(
            Array(table.header.prefix(7))
                == ["day", "meter", "revision", "rows", "total", "previous_total", "events_since"]
        )
        let report = try #require(table.header.firstIndex(of: "report"))
        func lines(_ name: String) -> [String] {
            table.rows.filter { $0[report] == name }.map { $0.prefix(7).joined(separator: ",") }
        }
        #expect(
            lines("daily") == [
                "2025-06-07,tokens_total,1,1,10,,2", "2025-06-07,tokens_total,2,1,15.5,10,1",
                "2025-06-08,tokens_total,1,1,4,,1",
            ]
        )
        #expect(
            lines("cost") == [
                "2025-06-07,tokens_total,1,1,5,,2", "2025-06-07,tokens_total,2,1,7.75,5,1",
                "2025-06-08,tokens_total,1,1,2,,1",
            ]
        )
        // All that the two meters of these events counted, the duplicate apart, is in the file of one of them.
        let metrics = try await daemon.get("/metrics").text
        #expect(metrics.contains("meterd_meter_events_total{outcome=\"counted\"} 8\n"))
        let since = try #require(table.header.firstIndex(of: "events_since"))
        for name in ["daily", "cost"] {
            #expect(table.rows.filter { $0[report] == name }.compactMap { Int($0[since]) }.reduce(0, +) == 4)
        }
        // The last totals are the sums of the files.
        let rows = try FocusTable(
            try daemon.file("reports/cost/cost/data/BILLING_PERIOD=2025-06/cost-00001.csv")
        ).column("BilledCost", by: ["ChargePeriodStart", "ResourceId"])
        #expect(rows.values.sorted() == ["2.0", "7.75"])
    }
}

extension Daemon {
    /// Posts events and expects that they are taken.
    func count(_ events: [String]) async throws {
        let answer = try await post("/api/v1/events", type: Samples.batchType, body: Samples.batch(events))
        try #require(answer.status == 204, "\(answer.text)")
    }

    /// Runs a report over days, or over whatever is due.
    func runReport(_ name: String, from: String = "2025-06-07", to: String = "2025-06-09") async throws -> Answer {
        try await runReport(name, days: (from, to))
    }

    func runReport(_ name: String, days: (from: String, to: String)?) async throws -> Answer {
        let body = days.map { #"{"from":"\#($0.from)","to":"\#($0.to)"}"# } ?? "{}"
        return try await post("/api/v1/reports/\(name)/run", type: "application/json", body: Data(body.utf8))
    }

    /// The periods of a report's deliveries, the oldest first.
    func deliveredDays(_ report: String) async throws -> [String] {
        try await get("/api/v1/reports/\(report)/deliveries?limit=1000").text
            .matches(of: /"period":"([0-9-]+)"/).map { String($0.1) }.sorted()
    }

    /// A file below its directory.
    func file(_ path: String) throws -> String {
        try String(contentsOf: directory.appending(path: path), encoding: .utf8)
    }
}
