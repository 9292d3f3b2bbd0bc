import Foundation
import ObjectStore
import TestServers
import Testing

@Suite struct BucketTests {
    private static func configuration(_ server: SeaweedServer, prefix: String, bucket: String = SeaweedServer.bucket)
        -> String
    {
        Samples.configuration + """

            destinations:
              finout:
                s3: { bucket: \(bucket), region: us-east-1, prefix: \(prefix)/, endpoint: "\(server.origin)", pathStyle: true }
            reports:
              - { name: tokens, format: csv, meter: tokens_total, dimensions: [subject, model], metricColumn: tokens,
                  destination: finout, prefix: tokens/, every: 24h }
            """
    }

    private static let keys = [
        "AWS_ACCESS_KEY_ID": SeaweedServer.narrow.accessKeyID,
        "AWS_SECRET_ACCESS_KEY": SeaweedServer.narrow.secretAccessKey,
    ]

    private static let run = Data(#"{"from":"2025-06-07","to":"2025-06-09"}"#.utf8)

    @Test(
        "a report goes into a bucket, is not sent again unchanged, and a late event makes the day a restatement",
        .enabled(if: SeaweedServer.isInstalled, "SeaweedFS is not installed; scripts/test does that")
    )
    func restatement() async throws {
        let server = try await SeaweedServer.shared.value
        let prefix = "e2e-\(UUID().uuidString)"
        let daemon = try Daemon(configuration: Self.configuration(server, prefix: prefix))
        try await daemon.start(environment: Self.keys)
        _ = try await daemon.post(
            "/api/v1/events",
            type: Samples.batchType,
            body: Samples.batch([
                Samples.event(id: "1", tokens: "10"), Samples.event(id: "2", tokens: "0", subject: "customer-2"),
            ])
        )

        let first = try await daemon.post("/api/v1/reports/tokens/run", type: "application/json", body: Self.run)
        #expect(first.status == 200, "\(first.text)")
        #expect(first.text.contains(#""outcome":"written""#) && first.text.contains(#""skippedRows":1"#))
        let store = try server.store(prefix: prefix + "/")
        let csv = try #require(try await store.get("tokens/tokens-2025-06-07.csv", limit: 1 << 20))
        #expect(
            String(decoding: csv, as: UTF8.self)
                == "\"date\",\"subject\",\"model\",\"tokens\"\n\"2025-06-07\",\"customer-1\",\"model-a\",\"10\"\n"
        )

        let second = try await daemon.post("/api/v1/reports/tokens/run", type: "application/json", body: Self.run)
        #expect(second.text.contains(#""outcome":"unchanged""#))

        _ = try await daemon.post(
            "/api/v1/events",
            type: "application/cloudevents+json",
            body: Data(Samples.event(id: "late", tokens: "5.5").utf8)
        )
        let third = try await daemon.post("/api/v1/reports/tokens/run", type: "application/json", body: Self.run)
        #expect(third.text.contains(#""outcome":"written""#))
        let deliveries = try await daemon.get("/api/v1/reports/tokens/deliveries").text
        #expect(
            deliveries.contains(#""revision":2"#) && deliveries.contains(#""total":15.5,"previousTotal":10"#),
            "\(deliveries)"
        )
        #expect(try await store.list(prefix: "tokens/").map(\.key) == ["tokens/tokens-2025-06-07.csv"])
    }

    @Test(
        "wrong keys and a missing bucket are said plainly, and nothing is recorded",
        .enabled(if: SeaweedServer.isInstalled, "SeaweedFS is not installed; scripts/test does that")
    )
    func refusals() async throws {
        let server = try await SeaweedServer.shared.value
        for (bucket, keys, says) in [
            (SeaweedServer.bucket, Self.keys.mapValues { _ in "wrong" }, "InvalidAccessKeyId"),
            ("no-such-bucket", Self.keys, "no-such-bucket"),
        ] {
            let daemon = try Daemon(configuration: Self.configuration(server, prefix: "e2e", bucket: bucket))
            try await daemon.start(environment: keys)
            _ = try await daemon.post(
                "/api/v1/events",
                type: "application/cloudevents+json",
                body: Data(Samples.event(id: "1").utf8)
            )
            let answer = try await daemon.post("/api/v1/reports/tokens/run", type: "application/json", body: Self.run)
            #expect(answer.status == 502)
            #expect(answer.text.contains(says), "\(answer.text)")
            #expect(try await daemon.get("/api/v1/reports/tokens/deliveries").text == "[]")
        }
    }

    @Test("report run works on a stopped store, and a dry run writes nothing")
    func offline() async throws {
        let configuration =
            Samples.configuration + """

                destinations: { local: { directory: DIRECTORY/reports } }
                reports:
                  - { name: tokens, format: csv, meter: tokens_total, dimensions: [subject], metricColumn: tokens,
                      destination: local, every: 24h }
                """
        let daemon = try Daemon(configuration: configuration)
        try await daemon.start()
        _ = try await daemon.post(
            "/api/v1/events",
            type: "application/cloudevents+json",
            body: Data(Samples.event(id: "1").utf8)
        )
        #expect(try await daemon.stop() == 0)
        // Nobody listens there any more, which is how the command finds out that no daemon is running.
        try daemon.write(configuration: configuration.replacing("127.0.0.1:0", with: "127.0.0.1:1"))
        let arguments = [
            "report", "run", "tokens", "--config", daemon.configurationFile.path, "--from", "2025-06-07", "--to",
            "2025-06-08",
        ]
        let file = daemon.directory.appending(path: "reports/tokens/tokens-2025-06-07.csv").path

        let dry = try await Program.run([Program.path] + arguments + ["--dry-run"])
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.contains("planned tokens/tokens-2025-06-07.csv: 1 row,"))
        #expect(!FileManager.default.fileExists(atPath: file))

        let run = try await Program.run([Program.path] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        #expect(FileManager.default.fileExists(atPath: file))
        let unknown = try await Program.run([
            Program.path, "report", "run", "none", "--config", daemon.configurationFile.path,
        ])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("tokens"))
    }
}
