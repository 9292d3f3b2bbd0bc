import CloudEvents
import Foundation
import Observability
import Testing

@testable import HTTPServer

@Suite("TLS")
struct TLSTests {
    @Test("curl posts an event and reads a route over TLS 1.3 and 1.2, and not when it does not trust the certificate")
    func curl() async throws {
        let engine = ScriptedEngine()
        try await TestCertificates.with { certificates in
            let other = try await certificates.authority("other")
            try await RunningServer.with(engine, settings: { $0.tls = certificates.settings() }) { server in
                let event = ["--header", "Content-Type: application/json", "--data", Requests.event("over-tls")]
                func get(_ path: String, _ arguments: [String] = []) async throws -> Curl.Answer {
                    let authority = certificates.authority.certificate
                    return try await Curl.get(path, port: server.port, trusting: authority, arguments)
                }
                #expect(try await get("/healthz", ["--tlsv1.3"]).status == 200)
                #expect(try await get("/healthz", ["--tls-max", "1.2"]).status == 200)
                #expect(try await get("/healthz", ["--http2"]).status == 200)
                #expect(try await get("/api/v1/events", event).status == 204)
                #expect(engine.ids == ["over-tls"])
                let distrusted = try await Curl.get("/healthz", port: server.port, trusting: other.certificate)
                #expect(distrusted.exit == 60)
                let page = server.registry.render()
                #expect(page.contains("meterd_tls_handshakes_total{outcome=\"completed\"} 4\n"))
                #expect(page.contains("meterd_tls_certificate_expiry_seconds 1"))
            }
        }
    }

    @Test("TLS 1.1 is refused, and the log says why")
    func old() async throws {
        let log = LogLines()
        try await TestCertificates.with { certificates in
            try await RunningServer.with(log: log, settings: { $0.tls = certificates.settings() }) { server in
                let answer = try await Curl.get(
                    "/healthz",
                    port: server.port,
                    trusting: certificates.authority.certificate,
                    ["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"]
                )
                #expect(answer.exit == 35)
                try await BlockingThread.run {
                    try Patience.wait { server.registry.render().contains("{outcome=\"failed\"} 1\n") }
                }
            }
        }
        #expect(log.lines(with: "a TLS handshake failed").contains { $0.contains("no TLS of version 1.2 or later") })
    }

    @Test("requests are pipelined, answered in order and closed cleanly as without TLS")
    func pipelined() async throws {
        try await TestCertificates.with { certificates in
            try await RunningServer.with(settings: { $0.tls = certificates.settings() }) { server in
                let authority = certificates.authority.certificate
                let (statuses, closed) = try await BlockingThread.run {
                    let connection = try TLSConnection(port: server.port, trusting: authority)
                    connection.client.send(
                        Requests.post() + Requests.get("/healthz") + Requests.post("bad")
                            + Requests.post(headers: "Connection: close\r\n")
                    )
                    let statuses = try (0..<4).map { _ in try connection.client.answer()?.status }
                    return (statuses, try connection.client.isClosed())
                }
                #expect(statuses == [204, 200, 400, 204])
                #expect(closed)
            }
        }
    }

    @Test("a body of many records arrives whole, and one that is too large is refused")
    func large() async throws {
        let engine = ScriptedEngine(limits: .init(events: 100, event: 900_000, depth: 64))
        try await TestCertificates.with { certificates in
            try await RunningServer.with(
                engine,
                settings: {
                    $0.tls = certificates.settings()
                    $0.limits.body = 1_000_000
                }
            ) { server in
                func post(_ length: Int) async throws -> Int {
                    let body = try certificates.file("\(length)", Requests.event(String(repeating: "x", count: length)))
                    return try await Curl.get(
                        "/api/v1/events",
                        port: server.port,
                        trusting: certificates.authority.certificate,
                        ["--header", "Content-Type: application/json", "--data-binary", "@\(body)"]
                    ).status
                }
                let statuses = [try await post(800_000), try await post(1_000_000)]
                #expect(statuses == [204, 413])
                #expect(engine.ids.first?.count == 800_000)
            }
        }
    }

    @Test("plain HTTP on the port for TLS is told so in HTTP, and the log says it once in a while")
    func plain() async throws {
        let log = LogLines()
        try await TestCertificates.with { certificates in
            try await RunningServer.with(log: log, settings: { $0.tls = certificates.settings() }) { server in
                let answers = try await server.client { client in
                    let first = try client.exchange(Requests.post())
                    let closed = try client.isClosed()
                    let others = try ["GET", "DELETE", "x"].map { method in
                        try RawClient(port: server.port).exchange(Requests.get("/healthz", method: method)).status
                    }
                    #expect(closed)
                    #expect(first.body.contains("https://"))
                    return [first.status] + others
                }
                #expect(answers == [400, 400, 400, 400])
                #expect(server.registry.render().contains("meterd_tls_handshakes_total{outcome=\"plain\"} 4\n"))
                #expect(server.registry.render().contains("meterd_tls_handshakes_total{outcome=\"failed\"} 0\n"))
            }
        }
        let lines = log.lines(with: "a client spoke plain HTTP to the port for TLS")
        #expect(lines.count == 1)
        #expect(lines.first?.contains("client=127.0.0.1") == true)
        #expect(log.lines(with: "a TLS handshake failed").isEmpty)
    }

    @Test("a client that does not finish its handshake loses the connection; one that only knocks is no failure")
    func stalled() async throws {
        let log = LogLines()
        try await TestCertificates.with { certificates in
            try await RunningServer.with(
                log: log,
                settings: {
                    $0.tls = certificates.settings()
                    $0.timeouts.head = .milliseconds(200)
                }
            ) { server in
                let closed = try await server.client { client in
                    try RawClient(port: server.port).finishSending()
                    // The beginning of a handshake's record.
                    client.send([22, 3, 1])
                    return try client.isClosed()
                }
                #expect(closed)
                let page = server.registry.render()
                #expect(page.contains("meterd_tls_handshakes_total{outcome=\"failed\"} 1\n"))
                try await BlockingThread.run {
                    try Patience.wait { server.registry.render().contains("meterd_http_connections 0\n") }
                }
            }
        }
        #expect(log.lines(with: "a TLS handshake failed").count == 1)
    }

    @Test("bytes that are neither TLS nor HTTP end the connection")
    func garbage() async throws {
        try await TestCertificates.with { certificates in
            try await RunningServer.with(settings: { $0.tls = certificates.settings() }) { server in
                let closed = try await server.client { client in
                    client.send([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
                    while try !client.isClosed() { client.discard() }
                    return true
                }
                #expect(closed)
                let page = server.registry.render()
                #expect(page.contains("meterd_tls_handshakes_total{outcome=\"failed\"} 1\n"))
            }
        }
    }

    @Test("a server that is stopped finishes what runs over TLS and closes idle connections")
    func stopping() async throws {
        let engine = ScriptedEngine(holds: true)
        try await TestCertificates.with { certificates in
            try await RunningServer.with(
                engine,
                settings: {
                    $0.tls = certificates.settings()
                    $0.timeouts.shutdown = .seconds(60)
                }
            ) { server in
                let authority = certificates.authority.certificate
                let (status, closed) = try await BlockingThread.run {
                    let idle = try TLSConnection(port: server.port, trusting: authority)
                    _ = try idle.client.exchange(Requests.get("/healthz"))
                    let busy = try TLSConnection(port: server.port, trusting: authority)
                    busy.client.send(Requests.post())
                    try Patience.wait { engine.heldCount >= 1 }
                    Task { await server.stop() }
                    let idleClosed = try idle.client.isClosed()
                    engine.release()
                    return (try busy.client.answer()?.status, try [idleClosed, busy.client.isClosed()])
                }
                #expect(status == 204)
                #expect(closed == [true, true])
            }
        }
    }

    @Test("a server without TLS cannot be given it by a reload")
    func off() async throws {
        try await RunningServer.with { server in
            #expect(throws: TLSFault.off) { try server.server.reloadTLS() }
        }
    }
}
