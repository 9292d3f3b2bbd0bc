import Crypto
import MeterdConfiguration
import Testing

@Suite("access")
struct AccessTests {
    private static let digits = String(repeating: "0123456789abcdef", count: 4)

    private func server(_ keys: String, _ environment: [String: String] = [:]) throws -> ServerSettings {
        try Sample.parse("server: { \(keys) }", environment).server
    }

    @Test("a file that says nothing leaves all open on loopback, without TLS and for no other origin")
    func defaults() throws {
        let server = try Sample.parse("").server
        #expect(server.access == ServerSettings.Access() && server.tls == nil)
        #expect(server.access.tokens.isEmpty && !server.access.isInsecure && server.access.cors == nil)
        #expect(server.access.portal.secret == nil && server.access.portal.maximumLifeSeconds == 30 * 86_400)
    }

    @Test("tokens have a name, a digest, scopes and perhaps a rate limit")
    func tokens() throws {
        let access = try server(
            """
            listen: 0.0.0.0:8888, tokens: [
                { name: gateway, sha256: \(Self.digits), scopes: [ingest], rateLimit: { requests: 200, events: 50000 } },
                { name: all-of-it, sha256: \(Self.digits.uppercased().dropLast())E, scopes: [admin, query, ingest],
                  rateLimit: { events: 1, burst: 1h } } ]
            """
        ).access
        let digest = Array(repeating: [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF] as [UInt8], count: 4).flatMap(
            \.self
        )
        #expect(
            access.tokens.first
                == ServerSettings.Token(
                    name: "gateway",
                    digest: digest,
                    scopes: [.ingest],
                    rateLimit: .init(requestsPerSecond: 200, eventsPerSecond: 50_000, burstSeconds: 10)
                )
        )
        let other = try #require(access.tokens.last)
        #expect(other.digest == digest.dropLast() + [0xEE])
        #expect(other.scopes == [.ingest, .query, .admin])
        #expect(other.rateLimit == .init(eventsPerSecond: 1, burstSeconds: 3600))
    }

    @Test("a token from the environment is its SHA-256, and stays nowhere else")
    func tokenFromEnvironment() throws {
        let text = "meterd_ABCdef.-_~+/012=="
        let server = try server("tokens: [{ name: a, token: \"${TOKEN}\", scopes: [query] }]", ["TOKEN": text])
        #expect(server.access.tokens.first?.digest == Array(SHA256.hash(data: Array(text.utf8))))
        var dumped = ""
        dump(server, to: &dumped)
        #expect(!dumped.contains("meterd_ABC"))
    }

    @Test(
        "a token from the environment that no client could send is refused and not shown",
        arguments: ["sekrit sekrit sekrit", "sekrit", "=sekrit=sekrit=sekrit", "sekrit\u{E9}sekritsekrit", ""]
    )
    func badToken(value: String) {
        let errors = Sample.errors(
            "server: { tokens: [{ name: a, token: \"${TOKEN}\", scopes: [query] }] }",
            ["TOKEN": value]
        )
        #expect(errors.count == 1)
        #expect(errors.allSatisfy { $0.hasPrefix("c.yaml:1:38: server.tokens[0].token") && !$0.contains("sekrit") })
    }

    @Test(
        "a secret that stands in the file is refused and not shown",
        arguments: [
            "tokens: [{ name: a, scopes: [query], token: sekritsekritsekrit }]",
            "tokens: [{ name: a, scopes: [query], token: \"${NONE:-sekritsekritsekrit}\" }]",
            "tokens: [{ name: a, scopes: [query], token: \"sekritsekrit${SOME}\" }]",
            "tokens: [{ name: a, scopes: [query], sha256: sekritsekritsekrit }]",
            "portal: { secret: sekritsekritsekritsekritsekritsekrit }",
        ]
    )
    func inFile(keys: String) {
        let errors = Sample.errors("server: { \(keys) }", ["SOME": "x"])
        #expect(errors.count == 1)
        #expect(!errors.contains { $0.contains("sekrit") }, "\(errors)")
    }

    @Test(
        "loopback is localhost, 127.0.0.0/8 and ::1, however they are written",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.3", true), ("localhost", true), ("LocalHost", true), ("[::1]", true),
            ("[0:0:0:0:0:0:0:1]", true), ("[::ffff:127.0.0.1]", true), ("0.0.0.0", false), ("[::]", false),
            ("10.0.0.1", false), ("128.0.0.1", false), ("127.0.0.1.example.org", false),
            ("localhost.example.org", false),
            ("[::ffff:10.0.0.1]", false), ("[fe80::1]", false), ("[::127.0.0.1]", false), ("127.1", false),
        ]
    )
    func loopback(host: String, isLoopback: Bool) throws {
        let errors = Sample.errors("server: { listen: \"\(host):8888\" }")
        #expect(errors.isEmpty == isLoopback, "\(errors)")
        #expect(errors.allSatisfy { $0.contains("is not a loopback address, and there are no tokens") })
        let open = try server("listen: \"\(host):8888\", insecure: true")
        #expect(open.access.isInsecure && open.listen.isLoopback == isLoopback)
    }

    @Test("an address from the environment is held to the same and not shown")
    func hiddenAddress() {
        let errors = Sample.errors("server: { listen: \"${LISTEN}\" }", ["LISTEN": "10.1.2.3:80"])
        #expect(errors.count == 1)
        #expect(
            errors.allSatisfy {
                $0.hasPrefix(
                    "c.yaml:1:19: server.listen: '${LISTEN}' (filled in from the environment) is not a loopback address"
                )
                    && !$0.contains("10.1")
            }
        )
    }

    @Test("tokens that are wrong are not called missing as well")
    func wrongTokens() {
        let errors = Sample.errors("server: { listen: 0.0.0.0:80, tokens: [{ name: a, sha256: x, scopes: [query] }] }")
        #expect(errors.count == 1 && errors.allSatisfy { $0.contains("is not a SHA-256") })
        let others = Sample.errors("server: { listen: 0.0.0.0:80, tokens: gateway }")
        #expect(others.count == 1 && others.allSatisfy { $0.contains("not a list") })
    }

    @Test("a thousand tokens are taken and one more is not")
    func tokenLimit() throws {
        func tokens(_ count: Int) -> String {
            let entries = (0..<count).map { number in
                let digits = String(repeating: "0", count: 60) + String(10_000 + number).suffix(4)
                return "{ name: t\(number), sha256: \"\(digits)\", scopes: [query] }"
            }
            return "tokens: [\(entries.joined(separator: ", "))]"
        }
        #expect(try server(tokens(1000)).access.tokens.count == 1000)
        #expect(
            Sample.errors("server: { \(tokens(1001)) }") == [
                "c.yaml:1:19: server.tokens has 1001 entries; at most 1000"
            ]
        )
    }

    @Test("TLS names files, and client certificates are required where their authority is named and nothing else said")
    func tls() throws {
        #expect(
            try server("tls: { certificate: a.crt, key: a.key }").tls == .init(certificate: "a.crt", key: "a.key")
        )
        let keys = "certificate: a.pem, key: a.pem, clientCA: ca.pem"
        let client = ServerSettings.TLS.ClientCertificates(authority: "ca.pem")
        #expect(client.isRequired)
        #expect(try server("tls: { \(keys) }").tls?.client == client)
        #expect(try server("tls: { \(keys), clientCertificate: required }").tls?.client == client)
        #expect(try server("tls: { \(keys), clientCertificate: optional }").tls?.client?.isRequired == false)
    }

    @Test(
        "origins are taken as browsers send them",
        arguments: [
            "https://app.example.org", "http://localhost:3000", "https://app.example.org:8443", "http://[::1]:3000",
            "chrome-extension://abcdefghijklmnop", "http://10.0.0.1:443",
        ]
    )
    func origins(origin: String) throws {
        #expect(
            try server("cors: { origins: [\"\(origin)\"] }").access.cors
                == .init(origins: .exact([origin]), maxAgeSeconds: 600)
        )
    }

    @Test("every origin may ask where there are tokens, or nothing is meant to keep anybody out")
    func everyOrigin() throws {
        let tokens = "tokens: [{ name: a, sha256: \(Self.digits), scopes: [query] }]"
        for keys in [tokens, "insecure: true"] {
            let cors = try server("cors: { origins: [\"*\"], maxAge: 0s }, \(keys)").access.cors
            #expect(cors == .init(origins: .any, maxAgeSeconds: 0))
        }
    }

    @Test("the portal's secret comes from the environment, is long enough, and is in no printed form")
    func portal() throws {
        let secret = String(repeating: "sekrit", count: 6)
        let server = try server("portal: { secret: \"${S}\", maximumLife: 12h }", ["S": secret])
        #expect(server.access.portal.secret?.bytes == Array(secret.utf8))
        #expect(server.access.portal.maximumLifeSeconds == 12 * 3600)
        var dumped = ""
        dump(server, to: &dumped)
        let printed = ["\(server)", String(reflecting: server), dumped]
        #expect(printed.allSatisfy { !$0.contains("sekrit") && !$0.contains("115, 101") }, "\(printed)")
        let errors = Sample.errors("server: { portal: { secret: \"${S}\" } }", ["S": String(secret.prefix(31))])
        #expect(errors.count == 1 && errors.allSatisfy { $0.contains("a secret is 32 to 1024 bytes") })
    }

    @Test("the files that are shipped ask for tokens, listen on loopback only, or say why they do not")
    func shipped() throws {
        for name in ["meterd", "demo"] {
            let server = try Sample.parse(Sample.file("config/\(name).yaml"), Sample.environment).server
            #expect(server.listen.isLoopback && !server.access.isInsecure)
        }
        let compose = try Sample.file("config/compose.yaml")
        #expect(try Sample.parse(compose).server.access.isInsecure)
        #expect(compose.contains("loopback only"))
        #expect(try Sample.file("docker-compose.yml").contains("\"127.0.0.1:8888:8888\""))
    }
}
