import Foundation
import Observability
import Testing

@testable import HTTPServer

@Suite("Access tokens")
struct AccessTests {
    @Test("without tokens everything is open, whatever is shown")
    func open() async throws {
        try await RunningServer.with { server in
            let statuses = try await server.client { client in
                [
                    try client.exchange(Requests.post()).status,
                    try client.exchange(Requests.post(headers: Tokens.header("any"))).status,
                    try client.exchange(Requests.get("/metrics")).status,
                ]
            }
            #expect(statuses == [204, 204, 200])
        }
    }

    @Test(
        "events without a token that is known are 401, nothing of them is taken and the ledger does not see them",
        arguments: [
            "", "Authorization: Bearer\r\n", "Authorization: Bearer \r\n", "Authorization: Basic d3JpdGVy\r\n",
            Tokens.header("writer-012345678"), Tokens.header(Tokens.writer + "0"),
            Tokens.header(Tokens.writer.uppercased()), "Authorization: \(Tokens.writer)\r\n",
            Tokens.header(Tokens.writer) + Tokens.header(Tokens.writer),
            Tokens.header(String(repeating: "x", count: 5000)),
        ]
    )
    func unauthenticated(_ headers: String) async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine, settings: { $0.access = Tokens.access() }) { server in
            let answer = try await server.client { try $0.exchange(Requests.post(headers: headers)) }
            #expect(answer.status == 401)
            #expect(answer.headers["www-authenticate"]?.hasPrefix(#"Bearer realm="meterd""#) == true)
            #expect(answer.headers["www-authenticate"]?.contains("invalid_token") == !headers.isEmpty)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.body.contains(#""status":401"#))
            #expect(engine.ids.isEmpty)
            #expect(engine.rejected == 0)
            #expect(
                server.registry.render().contains("meterd_http_denied_total{reason=\"unauthenticated\"} 1\n")
            )
        }
    }

    @Test("each token is good for its scopes and no others")
    func scopes() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access() }) { server in
            let requests: [@Sendable (String) -> String] = [
                { Requests.post(headers: Tokens.header($0)) },
                { Requests.get("/metrics", headers: Tokens.header($0)) },
                { Requests.get("/api/v1/meters", headers: Tokens.header($0)) },
                { Requests.get("/api/v1/nowhere", headers: Tokens.header($0)) },
                { Requests.get("/api/v1/nowhere", method: "DELETE", headers: Tokens.header($0)) },
            ]
            let statuses = try await server.client { client in
                try [Tokens.writer, Tokens.reader, Tokens.keeper].map { token in
                    try requests.map { try client.exchange($0(token)).status }
                }
            }
            #expect(statuses == [[204, 403, 403, 403, 403], [403, 200, 200, 404, 403], [403, 403, 403, 403, 404]])
            #expect(server.registry.render().contains("meterd_http_denied_total{reason=\"forbidden\"} 10\n"))
        }
    }

    @Test("a token out of scope is told the scope it needs")
    func outOfScope() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access() }) { server in
            let answer = try await server.client {
                try $0.exchange(Requests.get("/metrics", headers: Tokens.header(Tokens.writer)))
            }
            #expect(answer.status == 403)
            #expect(
                answer.headers["www-authenticate"]
                    == #"Bearer realm="meterd", error="insufficient_scope", scope="query""#
            )
            #expect(answer.body.contains("scope query, which app does not have"))
        }
    }

    @Test("health is open, and the scheme's name may have any case")
    func openPaths() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access() }) { server in
            let statuses = try await server.client { client in
                [
                    try client.exchange(Requests.get("/healthz")).status,
                    try client.exchange(Requests.get("/healthz", method: "HEAD"), toHead: true).status,
                    try client.exchange(Requests.get("/readyz")).status,
                    try client.exchange(Requests.get("/healthz/")).status,
                    try client.exchange(Requests.post(headers: "authorization: bEARER   \(Tokens.writer) \r\n")).status,
                ]
            }
            #expect(statuses == [200, 200, 200, 401, 204])
        }
    }

    @Test("a large or chunked body is not waited for when nobody may send it; a small one does not cost the connection")
    func beforeTheBody() async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine, settings: { $0.access = Tokens.access() }) { server in
            let head = "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            let large = try await server.client { client in
                client.send(head + "Content-Length: 5000000\r\n\r\n")
                return (try client.answer()?.status, try client.isClosed())
            }
            let chunked = try await server.client { client in
                client.send(head + "Transfer-Encoding: chunked\r\n\r\n")
                return (try client.answer()?.status, try client.isClosed())
            }
            let waiting = try await server.client { client in
                client.send(head + "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
                return (try client.answer()?.status, try client.isClosed())
            }
            let small = try await server.client { client in
                [
                    try client.exchange(Requests.post()).status,
                    try client.exchange(Requests.post(headers: Tokens.header(Tokens.writer))).status,
                ]
            }
            #expect(large == (401, true))
            #expect(chunked == (401, true))
            #expect(waiting == (401, true))
            #expect(small == [401, 204])
            #expect(engine.ids == ["1"])
        }
    }

    @Test("an answer to HEAD that says no has no content, and the next request is served")
    func head() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access() }) { server in
            let (denied, next) = try await server.client { client in
                (
                    try client.exchange(Requests.get("/metrics", method: "HEAD"), toHead: true),
                    try client.exchange(Requests.post(headers: Tokens.header(Tokens.writer)))
                )
            }
            #expect(denied.status == 401)
            #expect(Int(denied.headers["content-length"] ?? "") ?? 0 > 0)
            #expect(next.status == 204)
        }
    }

    @Test("requests that are pipelined are answered in order, whichever of them are turned away")
    func pipelined() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine, settings: { $0.access = Tokens.access() }) { server in
            let good = Requests.post(headers: Tokens.header(Tokens.writer))
            let statuses = try await server.client { client in
                client.send(
                    good + Requests.post() + good + Requests.get("/metrics") + Requests.get("/healthz")
                        + Requests.post(headers: Tokens.header(Tokens.reader)) + good
                )
                try Patience.wait { engine.heldCount >= 2 }
                engine.release(reversed: true)
                try Patience.wait { engine.heldCount >= 1 }
                engine.release()
                return try (0..<7).map { _ in try client.answer()?.status }
            }
            #expect(statuses == [204, 401, 204, 401, 200, 403, 204])
            #expect(server.registry.render().contains("meterd_http_requests_in_flight 0\n"))
        }
    }

    @Test("a token that a reload takes away is refused on the connection it was good on, and a new one is taken")
    func revoked() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access() }) { server in
            let statuses = try await server.client { client in
                func posts() throws -> [Int] {
                    try [Tokens.writer, "new-0123456789"].map {
                        try client.exchange(Requests.post(headers: Tokens.header($0))).status
                    }
                }
                let before = try posts()
                let digest = TokenDigest(of: "new-0123456789")
                server.server.update(
                    access: AccessSettings(tokens: [AccessToken(name: "app", digest: digest, scopes: [.ingest])])
                )
                let after = try posts()
                server.server.update(access: AccessSettings())
                return [before, after, try posts()]
            }
            #expect(statuses == [[204, 401], [401, 204], [204, 204]])
        }
    }

    @Test("log lines name the token's holder and never show a token")
    func logged() async throws {
        let log = LogLines()
        try await RunningServer.with(log: log, settings: { $0.access = Tokens.access() }) { server in
            _ = try await server.client { client in
                _ = try client.exchange(Requests.get("/metrics", headers: Tokens.header(Tokens.writer)))
                return try client.exchange(Requests.post(headers: Tokens.header("secret-of-nobody")))
            }
        }
        #expect(log.lines(with: "status=403").contains { $0.contains("token=app") })
        #expect(!log.lines.contains { $0.contains(Tokens.writer) || $0.contains("secret-of-nobody") })
    }
}
