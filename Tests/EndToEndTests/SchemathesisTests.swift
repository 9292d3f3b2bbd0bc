import Foundation
import Testing

@Suite struct SchemathesisTests {
    /// Requests that fit the document and requests that do not are drawn from it.
    private static let seed = 20_260_701
    /// Requests drawn for each operation, beside those that its schema's bounds give.
    private static let examples = 15

    private static let program: String? = ClientTests.python.flatMap { python in
        let path = URL(filePath: python).deletingLastPathComponent().appending(path: "schemathesis").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    private static let configuration = """
        server:
          listen: 127.0.0.1:0
          tokens:
            - { name: all, token: "${METERD_TOKEN}", scopes: [ingest, query, admin] }
        log: { format: json }
        storage: { directory: DIRECTORY/store }
        meters:
          - { slug: configured, eventType: configured, aggregation: COUNT }
          - { slug: grouped, eventType: grouped, aggregation: SUM, valueProperty: $.value, groupBy: { model: $.model } }
        destinations:
          local: { directory: DIRECTORY/reports }
        reports:
          - { name: daily, format: csv, meter: grouped, dimensions: [subject], dateColumn: date, dateFormat: yyyy-MM-dd,
              metricColumn: value, files: daily, timeZone: UTC, grace: 1h, destination: local, prefix: daily/, every: 24h }
          - { name: costs, format: focus, version: "1.2", meters: [grouped], destination: local, prefix: costs/,
              compression: none, every: 24h }
        focus:
          provider: Example Metering
          billingAccount: { id: acct-001, name: Example Org, type: Billing Account }
          currency: USD
          service: { name: Example AI, category: AI and Machine Learning, subcategory: Generative AI }
          subAccount: { id: { subject: true }, name: { subject: true }, type: Customer }
        prices:
          - { meter: grouped, sku: value, unit: "1000 Values", per: 1000, listUnitPrice: "0.002", currency: USD,
              from: 2023-01-01 }
        """

    @Test(
        "schemathesis finds nothing that is answered otherwise than the OpenAPI document says",
        .enabled(if: program != nil, "there is no .venv with schemathesis; scripts/test makes it"),
        .timeLimit(.minutes(10))
    )
    func conformance() async throws {
        let program = try #require(Self.program)
        let token = "all-\(UUID().uuidString)"
        let daemon = try Daemon(configuration: Self.configuration)
        try await daemon.start(environment: ["METERD_TOKEN": token])
        let authorization = [("Authorization", "Bearer \(token)")]
        let portal = try await daemon.post(
            "/api/v1/portal/tokens",
            type: "application/json",
            body: Data(#"{"subject":"customer-1"}"#.utf8),
            headers: authorization
        )
        let portalToken = try #require(portal.text.firstMatch(of: /"token":"([^"]+)"/)).1
        let folder = try #require(Bundle.module.url(forResource: "Fixtures/schemathesis", withExtension: nil))
        print("schemathesis, seed \(Self.seed)")
        let outcome = try await Program.run(
            [
                program, "--config-file", folder.appending(path: "schemathesis.toml").path, "--no-color", "run",
                "http://\(daemon.address)/api/v1/openapi.json", "--seed", "\(Self.seed)", "--max-examples",
                "\(Self.examples)",
            ],
            in: daemon.directory,
            environment: [
                "METERD_TOKEN": token, "METERD_PORTAL_TOKEN": String(portalToken),
                "SCHEMATHESIS_HOOKS": folder.appending(path: "hooks.py").path,
                "PYTHONDONTWRITEBYTECODE": "1",
            ]
        )
        #expect(outcome.status == 0, "\(outcome.output.prefix(30_000))\n\(outcome.errors.suffix(5000))")
        #expect(!daemon.log.contains(#""level":"error""#), "\(daemon.log.suffix(5000))")
    }
}
