import Foundation
import ObjectStore
import TestServers
import Testing

@Suite("meterd report check")
struct ReportCheckTests {
    /// A report of each format, into a directory.
    private static let configuration =
        Samples.configuration + """

            destinations: { local: { directory: DIRECTORY/reports } }
            focus:
              provider: Example Org
              billingAccount: { id: acct-001 }
              currency: USD
              service: { name: Example AI, category: AI and Machine Learning }
            prices:
              - { meter: tokens_total, sku: tokens, unit: Tokens, consumedUnit: Tokens, from: 2025-01-01, listUnitPrice: 0.5 }
            reports:
              - { name: daily, format: csv, meter: tokens_total, dimensions: [subject, model], destination: local, every: 24h }
              - { name: single, format: csv, meter: tokens_total, dimensions: [subject], files: single,
                  dateFormat: MM/d/yyyy, destination: local, every: 24h }
              - { name: cost, format: focus, meters: [tokens_total], destination: local, prefix: focus/, every: 24h }
              - { name: versions, format: focus, version: "1.4", delivery: new, compression: none, meters: [tokens_total],
                  destination: local, every: 24h }
              - { name: records, format: cloudzero-telemetry, meter: tokens_total, stream: allocation, element: subject,
                  filters: { "custom:Model": model }, destination: local, every: 24h }
              - { name: drops, format: anycost-cbf, meters: [tokens_total], destination: local, every: 24h }
              - { name: custom, format: datadog-custom-costs, meters: [tokens_total], destination: local, every: 24h }
              - { name: audit, format: reconciliation, destination: local, every: 24h }
            """

    private static let names = ["daily", "single", "cost", "versions", "records", "drops", "custom", "audit"]

    /// A stopped daemon whose reports were delivered twice, the second time with a late event.
    private func delivered() async throws -> Daemon {
        let daemon = try Daemon(configuration: Self.configuration)
        try await daemon.start()
        for late in [false, true] {
            let events = (1...3).map { day in
                Samples.event(
                    id: "\(day)\(late)",
                    tokens: "\(day).5",
                    subject: late ? "customer-2" : "say \\\"hi\\\", customer-1",
                    time: "2025-06-0\(day)T12:00:00Z"
                )
            }
            _ = try await daemon.post("/api/v1/events", type: Samples.batchType, body: Samples.batch(events))
            for name in Self.names {
                let run = try await daemon.post("/api/v1/reports/\(name)/run", type: "application/json", body: Data())
                #expect(run.status == 200, "\(name): \(run.text)")
            }
        }
        #expect(try await daemon.stop() == 0)
        return daemon
    }

    private func check(_ daemon: Daemon, _ name: String) async throws -> Program.Outcome {
        try await Program.meterd(
            "report",
            "check",
            name,
            "--config",
            daemon.configurationFile.path,
            in: daemon.directory
        )
    }

    @Test("what meterd delivers is good to the last byte, in every format, with no daemon running")
    func good() async throws {
        let daemon = try await delivered()
        for (name, says) in [
            ("daily", "daily: 3 files, 6 rows, "), ("single", "single: 1 file, 6 rows, "),
            ("cost", "cost: 1 file, 6 rows, "), ("versions", "versions: 1 file, 6 rows, "),
            ("records", "records: 3 files, 6 rows, "), ("drops", "drops: 1 file, 6 rows, "),
            ("custom", "custom: 3 files, 6 rows, "), ("audit", "audit: 1 file, "),
        ] {
            let outcome = try await check(daemon, name)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(
                outcome.output.hasPrefix(says) && outcome.output.contains(", 2025-06-01 to 2025-06-03; "),
                "\(outcome.output)"
            )
            #expect(outcome.errors.isEmpty)
        }
        #expect(try await check(daemon, "daily").output.hasSuffix("; Finout would take it all\n"))
        #expect(try await check(daemon, "cost").output.hasSuffix("; every month is as its manifest says\n"))
    }

    @Test("what Finout would refuse is told with the file and the line, and the exit code is 65")
    func refused() async throws {
        let daemon = try await delivered()
        let folder = daemon.directory.appending(path: "reports/daily")
        let file = folder.appending(path: "daily-2025-06-02.csv")
        let text = try String(contentsOf: file, encoding: .utf8)
        try (text + "\"2025-06-03\",\"a\",\"b\",\"0\"\n").write(to: file, atomically: true, encoding: .utf8)
        try Data().write(to: folder.appending(path: "daily-Manifest.json"))

        let outcome = try await check(daemon, "daily")
        #expect(outcome.status == 65)
        #expect(
            outcome.output.split(separator: "\n").dropLast() == [
                "daily/daily-2025-06-02.csv:4: the metric \"0\" is zero; Finout takes positive numbers",
                "daily/daily-2025-06-02.csv:4: the date \"2025-06-03\" is not the day in the file's name",
                "daily/daily-Manifest.json: is no file of this report; Finout reads everything under the prefix",
            ]
        )
        #expect(outcome.output.hasSuffix("; Finout would refuse 3 things\n"))
    }

    @Test("columns that the configuration has no more are told for every file")
    func otherColumns() async throws {
        let daemon = try await delivered()
        try daemon.write(configuration: Self.configuration.replacing("[subject, model]", with: "[model]"))
        let outcome = try await check(daemon, "daily")
        #expect(outcome.status == 65)
        #expect(
            outcome.output.matches(of: /:1: the column "subject" is not one of the report's dimensions\n/).count == 3
        )
    }

    @Test("a FOCUS data file that is gone or changed is told")
    func focus() async throws {
        let daemon = try await delivered()
        let data = "focus/cost/data/BILLING_PERIOD=2025-06/cost-00001.csv.gz"
        let file = daemon.directory.appending(path: "reports/" + data)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0xFF
        try bytes.write(to: file)
        let changed = try await check(daemon, "cost")
        #expect(changed.status == 65 && changed.output.contains("\(data): has the SHA-256 "), "\(changed.output)")
        try FileManager.default.removeItem(at: file)
        let gone = try await check(daemon, "cost")
        #expect(gone.status == 65 && gone.output.hasPrefix("\(data): is missing, and the manifest names it\n"))
    }

    @Test("an unknown report, a directory that is not there and a bad configuration have exit codes of their own")
    func refusals() async throws {
        let daemon = try Daemon(configuration: Self.configuration)
        let unknown = try await check(daemon, "none")
        #expect(unknown.status == 1 && unknown.errors.contains("there are: daily, single, cost"))
        let directory = try await check(daemon, "daily")
        #expect(directory.status == 74 && directory.errors.contains("there is no directory"), "\(directory.errors)")
        try FileManager.default.createDirectory(
            at: daemon.directory.appending(path: "reports"),
            withIntermediateDirectories: true
        )
        let empty = try await check(daemon, "daily")
        #expect(empty.status == 0 && empty.output.contains("there is no file of it under daily/ in local"))
        try daemon.write(configuration: "meters: 1\n")
        #expect(try await check(daemon, "daily").status == 78)
    }

    @Test(
        "a bucket is read back, and one that cannot be is no verdict",
        .enabled(if: SeaweedServer.isInstalled, "SeaweedFS is not installed; scripts/test does that")
    )
    func bucket() async throws {
        let server = try await SeaweedServer.shared.value
        let prefix = "check-\(UUID().uuidString)/"
        let configuration =
            Samples.configuration + """

                destinations:
                  finout:
                    s3: { bucket: \(SeaweedServer.bucket), region: us-east-1, prefix: \(prefix), endpoint: "\(server.origin)", pathStyle: true }
                reports:
                  - { name: tokens, format: csv, meter: tokens_total, dimensions: [subject], destination: finout, every: 24h }
                """
        let daemon = try Daemon(configuration: configuration)
        let store = try server.store(prefix: prefix)
        let csv = "\"date\",\"subject\",\"tokens\"\n\"2025-06-07\",\"customer-1\",\"10\"\n"
        _ = try await store.put("tokens/tokens-2025-06-07.csv", .bytes(Array(csv.utf8)), contentType: "text/csv")
        _ = try await store.put("tokens-of-others/x.csv", .bytes([0x78]), contentType: "text/csv")
        let command = [Program.path, "report", "check", "tokens", "--config", daemon.configurationFile.path]
        let keys = [
            "AWS_ACCESS_KEY_ID": SeaweedServer.narrow.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": SeaweedServer.narrow.secretAccessKey,
        ]
        let good = try await Program.run(command, environment: keys)
        #expect(
            good.status == 0
                && good.output.hasPrefix("tokens: 1 file, 1 row, \(csv.utf8.count) bytes, 2025-06-07 to 2025-06-07; "),
            "\(good.output)\(good.errors)"
        )
        _ = try await store.put("tokens/notes.txt", .bytes([0x78]), contentType: "text/plain")
        let foreign = try await Program.run(command, environment: keys)
        #expect(foreign.status == 65 && foreign.output.hasPrefix("tokens/notes.txt: is no file of this report"))
        let refused = try await Program.run(command, environment: keys.mapValues { _ in "wrong" })
        #expect(refused.status == 74, "\(refused.output)\(refused.errors)")
        #expect(refused.errors.contains("destination finout cannot be read") && refused.output.isEmpty)
    }
}
