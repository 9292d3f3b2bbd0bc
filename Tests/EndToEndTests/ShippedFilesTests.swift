import Foundation
import Testing
import Yams

/// The files a new user meets first.
@Suite struct ShippedFilesTests {
    private func compose() throws -> [String: Any] {
        let text = try String(contentsOf: Program.root.appending(path: "docker-compose.yml"), encoding: .utf8)
        return try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    @Test("docker-compose.yml pins every image, checks health and keeps data in named volumes")
    func compose() async throws {
        let compose: [String: Any] = try compose()
        let services = try #require(compose["services"] as? [String: [String: Any]])
        #expect(Set(services.keys) == ["meterd", "kafka", "s3", "bucket"])
        let volumes = Set(try #require(compose["volumes"] as? [String: Any]).keys)
        for (name, service) in services {
            let image = try #require(service["image"] as? String)
            let tag = image.split(separator: ":").dropFirst().last.map(String.init)
            #expect(tag != nil && tag != "latest", "\(name): \(image)")
            // The service that makes the bucket ends by itself; its success is what the others wait for.
            guard name != "bucket" else { continue }
            #expect((service["healthcheck"] as? [String: Any])?["test"] != nil, "\(name) has no health check")
            let mounted = (service["volumes"] as? [String] ?? []).map { $0.split(separator: ":")[0] }
            #expect(mounted.contains { volumes.contains(String($0)) }, "\(name) keeps nothing")
        }
        for service in services.values {
            for dependency in (service["depends_on"] as? [String: Any] ?? [:]).keys {
                #expect(services[dependency] != nil)
            }
        }
    }

    @Test("every configuration that is shipped is good", arguments: ["demo.yaml", "meterd.yaml", "compose.yaml"])
    func configurations(file: String) async throws {
        let path = Program.root.appending(path: "config/\(file)").path
        let outcome = try await Program.run(
            [Program.path, "config", "check", path],
            environment: [
                "TELEMETRY_BUCKET": "example", "REPORTS_ACCESS_KEY_ID": "example",
                "REPORTS_SECRET_ACCESS_KEY": "example",
            ]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("the demo's events are accepted and counted")
    func demoEvents() async throws {
        let text = try String(contentsOf: Program.root.appending(path: "config/demo.yaml"), encoding: .utf8)
        let daemon = try Daemon(
            configuration: text.replacing("var/demo", with: "DIRECTORY")
                + "\nserver: { listen: 127.0.0.1:0 }\nlog: { format: json }\n"
        )
        try await daemon.start()
        let events = try Data(contentsOf: Program.root.appending(path: "config/demo-events.json"))
        #expect(try await daemon.post("/api/v1/events", type: Samples.batchType, body: events).status == 204)
        #expect(try await daemon.total("requests_total") == "48")
    }
}
