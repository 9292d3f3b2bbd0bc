import Foundation
import MeterdConfiguration

/// Files and texts the tests read.
enum Sample {
    /// The folder that holds `Sources`, `Tests` and `config`.
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func fixture(_ name: String) throws -> String {
        let url = Bundle.module.resourceURL?.appending(path: "Fixtures/\(name)") ?? URL(filePath: "Fixtures/\(name)")
        return try String(contentsOf: url, encoding: .utf8)
    }

    static func file(_ path: String) throws -> String {
        try String(contentsOf: package.appending(path: path), encoding: .utf8)
    }

    /// What `config/meterd.yaml` and `kafka.yaml` fill in.
    static let environment = [
        "TELEMETRY_BUCKET": "telemetry", "REPORTS_ACCESS_KEY_ID": "example-key",
        "REPORTS_SECRET_ACCESS_KEY": "example-secret", "KAFKA_PASSWORD": "example-password",
    ]

    static func parse(_ text: String, _ environment: [String: String] = [:]) throws -> Configuration {
        try Configuration.parse(text, fileName: "c.yaml", environment: environment)
    }

    /// The error lines of a text, none for a good one.
    static func errors(_ text: String, _ environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try Configuration.parse(text, fileName: "c.yaml", environment: environment)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }
}
