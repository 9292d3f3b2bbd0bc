import Foundation
import Testing

@Suite struct OperationTests {
    @Test("config check names file, line, column, what is wrong and what is allowed, and exits 78")
    func configurationErrors() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        let good = try await Program.meterd("config", "check", daemon.configurationFile.path)
        #expect(good.status == 0, "\(good.errors)")

        try daemon.write(
            configuration: Samples.configuration.replacing("$.tokens", with: "tokens").replacing(
                "prompts,",
                with: "Prompts,"
            )
        )
        let bad = try await Program.meterd("config", "check", daemon.configurationFile.path)
        #expect(bad.status == 78)
        let lines = bad.errors.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines { #expect(line.hasPrefix(daemon.configurationFile.path + ":")) }
        let served = try await Program.meterd("serve", "--config", daemon.configurationFile.path)
        #expect(served.status == 78)
        #expect(served.errors == bad.errors)
    }

    @Test("the version and the schema are printed")
    func versionAndSchema() async throws {
        let version = try await Program.meterd("--version")
        #expect(version.output.contains(/^\d+\.\d+\.\d+\n$/))
        let schema = try await Program.meterd("config", "schema")
        let parsed = try JSONSerialization.jsonObject(with: Data(schema.output.utf8)) as? [String: Any]
        #expect((parsed?["properties"] as? [String: Any])?["meters"] != nil)
    }

    @Test("SIGHUP takes up a new meter, which counts from then on")
    func reload() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        _ = try await daemon.post(
            "/api/v1/events",
            type: "application/cloudevents+json",
            body: Data(Samples.event(id: "1").utf8)
        )
        try daemon.write(
            configuration: Samples.configuration + "\n  - { slug: later, eventType: prompt, aggregation: COUNT }\n"
        )
        daemon.signal(SIGHUP)
        try await daemon.wait(for: "the new meter") { try await daemon.get("/api/v1/meters/later").status == 200 }
        _ = try await daemon.post(
            "/api/v1/events",
            type: "application/cloudevents+json",
            body: Data(Samples.event(id: "2").utf8)
        )
        #expect(try await daemon.total("prompts") == "2")
        #expect(try await daemon.total("later") == "1")

        #expect(try await daemon.stop(SIGKILL) != 0)
        try await daemon.start()
        #expect(try await daemon.total("prompts") == "2")
        #expect(try await daemon.total("later") == "1", "replay counts with the meters of the day")
    }

    @Test("SIGHUP with an invalid file, or with another definition of a meter that has counted, changes nothing")
    func refusedReload() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let first = Data(Samples.event(id: "0", tokens: "1").utf8)
        #expect(
            try await daemon.post("/api/v1/events", type: "application/cloudevents+json", body: first).status == 204
        )
        for broken in [
            Samples.configuration.replacing("aggregation: COUNT", with: "aggregation: COUNTS"),
            Samples.configuration.replacing("$.tokens", with: "$.other"),
        ] {
            let before = daemon.log.count
            try daemon.write(configuration: broken)
            daemon.signal(SIGHUP)
            try await daemon.wait(for: "the refusal") { daemon.log.dropFirst(before).contains("the old one stays") }
        }
        let event = Data(Samples.event(id: "1", tokens: "7").utf8)
        #expect(
            try await daemon.post("/api/v1/events", type: "application/cloudevents+json", body: event).status == 204
        )
        #expect(try await daemon.total("tokens_total") == "8")
    }

    @Test("the metrics page counts events and shows the log, apply, checkpoint and disk")
    func metrics() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let events = Samples.batch([
            Samples.event(id: "1"), Samples.event(id: "1"), Samples.event(id: "2", type: "other"),
        ])
        _ = try await daemon.post("/api/v1/events", type: Samples.batchType, body: events)
        _ = try await daemon.post("/api/v1/events", type: Samples.batchType, body: Data("[{}]".utf8))
        _ = try await daemon.total("prompts")
        let page = try await daemon.get("/metrics").text
        for name in [
            "meterd_log_queue_bytes", "meterd_log_sync_seconds_bucket", "meterd_apply_lag_events",
            "meterd_checkpoint_age_seconds",
            "meterd_disk_free_bytes",
        ] { #expect(page.contains(name), "\(name) is missing in:\n\(page)") }
        #expect(page.contains(#"meterd_applied_events_total{outcome="counted"} 1"#))
        #expect(page.contains(#"meterd_applied_events_total{outcome="duplicate"} 1"#))
        #expect(page.contains(#"meterd_applied_events_total{outcome="unmatched"} 1"#))
    }

    @Test("a start with another definition of a meter that has counted exits 78")
    func redefinition() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let event = Data(Samples.event(id: "1").utf8)
        #expect(
            try await daemon.post("/api/v1/events", type: "application/cloudevents+json", body: event).status == 204
        )
        #expect(try await daemon.stop() == 0)
        try daemon.write(configuration: Samples.configuration.replacing("$.tokens", with: "$.other"))
        let served = try await Program.meterd("serve", "--config", daemon.configurationFile.path)
        #expect(served.status == 78)
        #expect(served.errors.contains("valueProperty"))
    }

    @Test("a directory that cannot be made is said plainly, and the exit code is 74")
    func badDirectory() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration.replacing("DIRECTORY/store", with: "/proc/none/store")
        )
        let served = try await Program.meterd("serve", "--config", daemon.configurationFile.path)
        #expect(served.status == 74)
        #expect(served.errors.contains("/proc/none/store: cannot be made"), "\(served.errors)")
    }

    @Test("no secret of the configuration is in the log, at any level")
    func secrets() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration.replacing("format: json }", with: "format: json, level: trace }") + """

                destinations:
                  bucket:
                    s3: { bucket: example, region: eu-west-1, accessKeyId: AKEXAMPLE, secretAccessKey: "${SECRET}",
                          sessionToken: "${TOKEN}" }
                """
        )
        try await daemon.start(environment: ["SECRET": "a-secret-of-the-test", "TOKEN": "a-token-of-the-test"])
        daemon.signal(SIGHUP)
        try await daemon.wait(for: "the reload") { daemon.log.contains("configuration reloaded") }
        let log = daemon.log
        #expect(!log.contains("a-secret-of-the-test") && !log.contains("a-token-of-the-test"))
    }

    @Test("a second process on the same directory is refused")
    func locked() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let second = try await Program.meterd("serve", "--config", daemon.configurationFile.path)
        #expect(second.status == 74)
        #expect(second.errors.contains("in use by another process"))
    }

    @Test("log verify reads a stopped store's log, and says where a damaged byte is")
    func verify() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        for number in 0..<20 {
            let events = Samples.batch((0..<10).map { Samples.event(id: "\(number)-\($0)") })
            _ = try await daemon.post("/api/v1/events", type: Samples.batchType, body: events)
        }
        #expect(try await daemon.stop() == 0)
        let store = daemon.directory.appending(path: "store").path
        let good = try await Program.meterd("log", "verify", "--directory", store)
        #expect(good.status == 0, "\(good.errors)")
        #expect(good.output.contains("200 events"))

        let segment = try #require(
            try FileManager.default.contentsOfDirectory(atPath: store + "/log").first { $0.hasSuffix(".log") }
        )
        let handle = try FileHandle(forUpdating: URL(filePath: store + "/log/" + segment))
        try handle.seek(toOffset: 9000)
        try handle.write(contentsOf: Data([0xFF, 0xFF]))
        try handle.close()
        let bad = try await Program.meterd("log", "verify", "--directory", store)
        #expect(bad.status == 65)
        #expect(bad.output.contains(segment) || bad.errors.contains(segment))
        let served = try await Program.meterd("serve", "--config", daemon.configurationFile.path)
        #expect(served.status == 65)
        #expect(served.errors.contains(segment))
    }
}
