import Foundation
import Testing

/// OpenMeter's published Python client against the built program.
@Suite struct OpenMeterClientTests {
    /// `configured` is the meter that the scripts must not be able to change.
    private static let configuration = """
        server: { listen: 127.0.0.1:0 }
        log: { format: json }
        storage: { directory: DIRECTORY/store }
        meters:
          - { slug: configured, eventType: configured, aggregation: COUNT }
        """

    /// One token for each scope, one with all of them, and one that may ask once a second.
    private static let withTokens = configuration.replacing(
        "server: { listen: 127.0.0.1:0 }",
        with: """
            server:
              listen: 127.0.0.1:0
              tokens:
                - { name: ingest, token: "${TOKEN_INGEST}", scopes: [ingest] }
                - { name: query, token: "${TOKEN_QUERY}", scopes: [query] }
                - { name: admin, token: "${TOKEN_ADMIN}", scopes: [admin] }
                - { name: all, token: "${TOKEN_ALL}", scopes: [ingest, query, admin] }
                - { name: slow, token: "${TOKEN_SLOW}", scopes: [query], rateLimit: { requests: 1, burst: 1s } }
            """
    )

    private static let tokens = Dictionary(
        uniqueKeysWithValues: ["INGEST", "QUERY", "ADMIN", "ALL", "SLOW"].map {
            ("TOKEN_\($0)", "\($0)-\(UUID().uuidString)")
        }
    )

    private static let parts = [
        "ingest", "meters", "meter_rules", "aggregations", "more_aggregations", "windows_and_zones", "filters", "texts",
        "csv_answers", "query_rules", "listed_events", "debug_metrics", "portal", "backfill", "regrouping", "ledger",
        "conflicts", "corrections", "asynchronous",
    ]

    private func script(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "py")).path
    }

    @Test(
        "OpenMeter's client drives every operation of its API for metering, with only its endpoint changed",
        .enabled(if: ClientTests.python != nil, "there is no .venv with the clients; scripts/test makes it"),
        arguments: [false, true]
    )
    func everyOperation(tokens: Bool) async throws {
        let python = try #require(ClientTests.python)
        let daemon = try Daemon(configuration: tokens ? Self.withTokens : Self.configuration)
        try await daemon.start(environment: Self.tokens, expectReady: true)
        let token = tokens ? Self.tokens["TOKEN_ALL"].map { [$0] } ?? [] : []
        let outcome = try await Program.run(
            [python, "-B", try script("openmeter_client"), "http://\(daemon.address)"] + token
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").map(String.init) == Self.parts)
    }

    @Test(
        "each scope lets OpenMeter's client do its own things and no others",
        .enabled(if: ClientTests.python != nil, "there is no .venv with the clients; scripts/test makes it")
    )
    func scopes() async throws {
        let python = try #require(ClientTests.python)
        let daemon = try Daemon(configuration: Self.withTokens)
        try await daemon.start(environment: Self.tokens)
        let tokens = try ["INGEST", "QUERY", "ADMIN", "SLOW"].map { try #require(Self.tokens["TOKEN_\($0)"]) }
        let outcome = try await Program.run(
            [python, "-B", try script("openmeter_access"), "http://\(daemon.address)"] + tokens
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n") == ["scopes", "open", "portal", "rates"])
        #expect(tokens.allSatisfy { !daemon.log.contains($0) }, "a token is in the log")
    }
}
