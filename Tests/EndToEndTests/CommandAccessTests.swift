import Foundation
import Testing

@testable import meterd

@Suite("meterd's commands where not everybody may ask")
struct CommandAccessTests {
    private static let secrets = ["ADMIN": "example-admin-token-1", "READER": "example-reader-token"]

    private static func configuration(_ server: String) -> String {
        Samples.configuration.replacing("127.0.0.1:0 }", with: "127.0.0.1:0, \(server) }") + """

            destinations: { local: { directory: DIRECTORY/reports } }
            reports:
              - { name: tokens, format: csv, meter: tokens_total, dimensions: [subject], destination: local, every: 24h }
            """
    }

    /// A daemon whose configuration then names the address that it got.
    private func daemon(_ server: String) async throws -> Daemon {
        let daemon = try Daemon(configuration: Self.configuration(server))
        try await daemon.start(environment: Self.secrets, expectReady: false)
        try rewrite(daemon, server)
        return daemon
    }

    private func rewrite(_ daemon: Daemon, _ server: String) throws {
        try daemon.write(
            configuration: Self.configuration(server).replacing("127.0.0.1:0", with: daemon.address)
        )
    }

    private func report(_ daemon: Daemon, _ environment: [String: String] = [:]) async throws -> Program.Outcome {
        try await Program.run(
            [Program.path, "report", "run", "tokens", "--dry-run", "--config", daemon.configurationFile.path],
            in: daemon.directory,
            environment: Self.secrets.merging(environment) { $1 }
        )
    }

    // MARK: Tokens

    @Test("a new token and the SHA-256 beside it belong together, and no two are the same")
    func newToken() async throws {
        var tokens: Set<Substring> = []
        for _ in 0..<2 {
            let outcome = try await Program.meterd("token")
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            let lines = outcome.output.split(separator: "\n")
            try #require(lines.count == 2 && lines[0].hasPrefix("token: ") && lines[1].hasPrefix("sha256: "))
            let token = lines[0].dropFirst("token: ".count)
            tokens.insert(token)
            #expect(token.wholeMatch(of: /meterd_[A-Za-z0-9]{43}/) != nil)
            let daemon = try Daemon(
                configuration: """
                    server:
                      tokens:
                        - { name: one, \(lines[1]), scopes: [query] }
                        - { name: two, token: "${TOKEN}", scopes: [query] }
                    """
            )
            let check = try await Program.run(
                [Program.path, "config", "check", daemon.configurationFile.path],
                environment: ["TOKEN": String(token)]
            )
            #expect(check.status == 78)
            #expect(check.errors.contains(":4:27: the token is the same as the one on line 3; "), "\(check.errors)")
        }
        #expect(tokens.count == 2)
    }

    @Test("meterd does not start beyond loopback without tokens, and says why")
    func closedByDefault() async throws {
        let daemon = try Daemon(configuration: "server:\n  listen: 0.0.0.0:0\n")
        let outcome = try await Program.meterd("serve", "--config", daemon.configurationFile.path)
        #expect(outcome.status == 78)
        #expect(
            outcome.errors.contains(
                ":2:11: server.listen: '0.0.0.0:0' is not a loopback address, and there are no tokens"
            )
        )
    }

    @Test("a report is run with the token in METERD_TOKEN, and a token that will not do is told apart from none")
    func tokens() async throws {
        let daemon = try await daemon(
            """
            tokens: [{ name: operator, token: "${ADMIN}", scopes: [admin] }, \
            { name: reader, token: "${READER}", scopes: [query] }]
            """
        )
        let cases: [(token: String?, status: Int32, words: String)] = [
            (nil, 1, "asks for a token: set METERD_TOKEN"), (" ", 1, "asks for a token: set METERD_TOKEN"),
            ("example-unknown-token", 1, "does not know the token in METERD_TOKEN"),
            (Self.secrets["READER"], 1, "may not run reports, which needs the scope admin"),
            (Self.secrets["ADMIN"].map { $0 + "\n" }, 0, ""),
        ]
        for (token, status, words) in cases {
            let outcome = try await report(daemon, token.map { ["METERD_TOKEN": $0] } ?? [:])
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(words.isEmpty ? outcome.errors.isEmpty : outcome.errors.contains(words), "\(outcome.errors)")
            #expect(!outcome.errors.contains("example-"))
        }
    }

    // MARK: TLS

    private static var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    /// A directory with a certificate that signed itself: `NAME.crt` and `NAME.key`.
    private func makeCertificate(_ name: String, for names: String, in directory: URL) async throws {
        let outcome = try await Program.run(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-keyout", "\(name).key", "-out", "\(name).crt", "-days", "30", "-subj", "/CN=Example Org",
                "-addext", "subjectAltName=\(names)",
            ],
            in: directory
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(
        "a report is run over TLS, and the daemon's certificate is the configured one or nothing is sent",
        .enabled(if: hasOpenSSL, "openssl is not installed"),
        arguments: ["DNS:meterd.example.org", "DNS:*.example.org", "IP:192.0.2.1"]
    )
    func tls(names: String) async throws {
        let keys = "tls: { certificate: DIRECTORY/one.crt, key: DIRECTORY/one.key }"
        let daemon = try Daemon(configuration: Self.configuration(keys))
        try await makeCertificate("one", for: names, in: daemon.directory)
        try await makeCertificate("two", for: names, in: daemon.directory)
        try await daemon.start(expectReady: false)
        try rewrite(daemon, keys)
        let good = try await report(daemon)
        #expect(good.status == 0 && good.output.contains("nothing was written"), "\(good.errors)")
        try rewrite(daemon, keys.replacing("one.crt", with: "two.crt"))
        let other = try await report(daemon)
        #expect(other.status == 1 && other.errors.contains("does not show the certificate"), "\(other.errors)")
        try rewrite(daemon, keys.replacing("one.crt", with: "none.crt"))
        let missing = try await report(daemon)
        #expect(missing.status == 1 && missing.errors.contains("server.tls.certificate cannot be read"))
    }

    @Test(
        "where clients show certificates, the command shows the one in METERD_CLIENT_CERTIFICATE",
        .enabled(if: hasOpenSSL, "openssl is not installed")
    )
    func clientCertificate() async throws {
        let keys = "tls: { certificate: DIRECTORY/one.crt, key: DIRECTORY/one.key, clientCA: DIRECTORY/client.crt }"
        let daemon = try Daemon(configuration: Self.configuration(keys))
        try await makeCertificate("one", for: "DNS:meterd.example.org", in: daemon.directory)
        try await makeCertificate("client", for: "DNS:client.example.org", in: daemon.directory)
        try await daemon.start(expectReady: false)
        try rewrite(daemon, keys)
        let without = try await report(daemon)
        #expect(without.status == 1 && without.errors.contains("asks for a client certificate"), "\(without.errors)")
        let half = try await report(daemon, ["METERD_CLIENT_CERTIFICATE": "client.crt"])
        #expect(half.status == 1 && half.errors.contains("METERD_CLIENT_KEY is not set"), "\(half.errors)")
        let both = ["METERD_CLIENT_CERTIFICATE": "client.crt", "METERD_CLIENT_KEY": "client.key"]
        let good = try await report(daemon, both)
        #expect(good.status == 0, "\(good.errors)")
    }
}
