import Foundation
import Testing

@Suite struct ClientTests {
    /// Python with the published clients, from the virtual environment that `scripts/test` makes.
    static let python: String? = {
        let named = ProcessInfo.processInfo.environment["METERD_TEST_PYTHON"]
        let path = named ?? Program.root.appending(path: ".venv/bin/python3").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    @Test(
        "the CloudEvents SDK and OpenMeter's Python client post and query, and an event in two modes counts once",
        .enabled(if: python != nil, "there is no .venv with the clients; scripts/test makes it")
    )
    func publishedClients() async throws {
        let python = try #require(Self.python)
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let script = try #require(Bundle.module.url(forResource: "Fixtures/post_events", withExtension: "py"))
        let outcome = try await Program.run([python, script.path, "http://\(daemon.address)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.output.split(separator: "\n") == [
                "structured 204", "binary 204", "again 204", "batch 204", "openmeter sent",
                "meters prompts,tokens_total",
                "row batch 70", "row binary 20", "row openmeter 2.5", "row structured 10",
            ]
        )
        #expect(try await daemon.total("prompts") == "5")
        let metrics = try await daemon.get("/metrics").text
        #expect(metrics.contains(#"meterd_applied_events_total{outcome="duplicate"} 1"#))
        #expect(metrics.contains(#"meterd_applied_events_total{outcome="conflict"} 0"#))
    }

    @Test(
        "curl posts as the README shows",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not installed")
    )
    func curl() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let outcome = try await Program.run([
            "/usr/bin/curl", "--silent", "--include", "http://\(daemon.address)/api/v1/events", "-H",
            "Content-Type: application/cloudevents+json", "-d", Samples.event(id: "1"),
        ])
        #expect(outcome.output.hasPrefix("HTTP/1.1 204"))
    }
}
