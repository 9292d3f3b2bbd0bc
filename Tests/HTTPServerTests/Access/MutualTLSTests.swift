import Foundation
import Observability
import Testing

@testable import HTTPServer

@Suite("Mutual TLS")
struct MutualTLSTests {
    private func get(
        _ server: RunningServer,
        _ certificates: TestCertificates,
        as client: TestCertificates.Pair?,
        _ arguments: [String] = []
    ) async throws -> Curl.Answer {
        let shown = client.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
        let authority = certificates.authority.certificate
        return try await Curl.get("/healthz", port: server.port, trusting: authority, shown + arguments)
    }

    @Test(
        "a client is let in with a certificate of the authority only; one that has expired or is another's is turned away",
        arguments: ["1.2", "1.3"]
    )
    func required(_ version: String) async throws {
        let log = LogLines()
        try await TestCertificates.with { certificates in
            let clients = try await certificates.authority("clients")
            let good = try await certificates.issue("good", by: clients)
            let expired = try await certificates.issue("expired", by: clients, days: -1)
            let stranger = try await certificates.issue("stranger")
            let settings = certificates.settings(clients: .init(authority: clients.certificate, isRequired: true))
            try await RunningServer.with(log: log, settings: { $0.tls = settings }) { server in
                let arguments = ["--tlsv\(version)", "--tls-max", version]
                #expect(try await get(server, certificates, as: good, arguments).status == 200)
                for client in [nil, expired, stranger] {
                    let answer = try await get(server, certificates, as: client, arguments)
                    #expect(answer.exit != 0)
                    #expect(answer.status == 0)
                }
                try await BlockingThread.run {
                    try Patience.wait { server.registry.render().contains("{outcome=\"failed\"} 3\n") }
                }
            }
        }
        let failures = log.lines(with: "a TLS handshake failed")
        #expect(failures.contains { $0.contains("the client showed no certificate") })
        #expect(failures.contains { $0.contains("the client's certificate is not valid") })
        #expect(failures.count == 2, "the same is not said twice in ten seconds")
    }

    @Test("where certificates are optional a client may come without one, and not with a bad one")
    func optional() async throws {
        try await TestCertificates.with { certificates in
            let clients = try await certificates.authority("clients")
            let good = try await certificates.issue("good", by: clients)
            let stranger = try await certificates.issue("stranger")
            let settings = certificates.settings(clients: .init(authority: clients.certificate, isRequired: false))
            try await RunningServer.with(settings: { $0.tls = settings }) { server in
                let answers = [
                    try await get(server, certificates, as: nil), try await get(server, certificates, as: good),
                    try await get(server, certificates, as: stranger),
                ]
                #expect(answers.map(\.status) == [200, 200, 0])
            }
        }
    }

    @Test("a reload may exchange the authority: then those of the old one are turned away")
    func otherAuthority() async throws {
        try await TestCertificates.with { certificates in
            let (old, new) = (try await certificates.authority("old"), try await certificates.authority("new"))
            let before = try await certificates.issue("before", by: old)
            let after = try await certificates.issue("after", by: new)
            let settings = certificates.settings(clients: .init(authority: old.certificate, isRequired: true))
            try await RunningServer.with(settings: { $0.tls = settings }) { server in
                #expect(try await get(server, certificates, as: before).status == 200)
                #expect(try await get(server, certificates, as: after).exit != 0)
                try server.server.reloadTLS(
                    certificates.settings(clients: .init(authority: new.certificate, isRequired: true))
                )
                #expect(try await get(server, certificates, as: before).exit != 0)
                #expect(try await get(server, certificates, as: after).status == 200)
            }
        }
    }

    @Test("a certificate does not replace a token")
    func tokens() async throws {
        try await TestCertificates.with { certificates in
            let client = try await certificates.issue("client")
            let authority = certificates.authority.certificate
            try await RunningServer.with(
                settings: {
                    $0.tls = certificates.settings(clients: .init(authority: authority, isRequired: true))
                    $0.access = Tokens.access()
                }
            ) { server in
                func metrics(_ arguments: [String]) async throws -> Int {
                    try await Curl.get(
                        "/metrics",
                        port: server.port,
                        trusting: authority,
                        ["--cert", client.certificate, "--key", client.key] + arguments
                    ).status
                }
                let without = try await metrics([])
                let with = try await metrics(["--header", "Authorization: Bearer \(Tokens.reader)"])
                #expect(without == 401)
                #expect(with == 200)
            }
        }
    }
}
