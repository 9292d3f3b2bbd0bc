import Observability
import Testing

@testable import HTTPServer

@Suite("Use by pages of other origins")
struct CrossOriginTests {
    private static let page = "https://app.example.com"
    private static let cors = CORSSettings(origins: [page, "http://localhost:3000"], maxAge: 60)

    private func preflight(_ path: String, origin: String = page, fields: String? = nil) -> String {
        Requests.get(
            path,
            method: "OPTIONS",
            headers: "Origin: \(origin)\r\nAccess-Control-Request-Method: POST\r\n"
                + (fields.map { "Access-Control-Request-Headers: \($0)\r\n" } ?? "")
        )
    }

    @Test("a server without tokens answers no page of another origin unless it is configured")
    func off() async throws {
        try await RunningServer.with { server in
            let answers = try await server.client { client in
                [
                    try client.exchange(Requests.post(headers: "Origin: \(Self.page)\r\n")),
                    try client.exchange(Requests.get("/healthz", headers: "Origin: \(Self.page)\r\n")),
                    try client.exchange(preflight("/api/v1/events")),
                ]
            }
            #expect(answers.map(\.status) == [403, 403, 403])
            #expect(answers.allSatisfy { $0.headers.keys.allSatisfy { !$0.hasPrefix("access-control") } })
            #expect(answers.allSatisfy { $0.headers["vary"] == nil })
        }
    }

    @Test(
        "a preflight request is answered on every path without a token",
        arguments: ["/api/v1/events", "/api/v1/meters/tokens/query", "/metrics", "/nowhere"]
    )
    func preflights(_ path: String) async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access(cors: Self.cors) }) { server in
            let answer = try await server.client {
                try $0.exchange(preflight(path, fields: "authorization,content-type, ce-id"))
            }
            #expect(answer.status == 204)
            #expect(answer.headers["access-control-allow-origin"] == Self.page)
            #expect(answer.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, DELETE")
            #expect(answer.headers["access-control-allow-headers"] == "authorization,content-type, ce-id")
            #expect(answer.headers["access-control-max-age"] == "60")
            #expect(answer.headers["access-control-allow-credentials"] == nil)
            #expect(answer.headers["vary"] == "Origin")
            #expect(answer.headers["x-request-id"] != nil)
        }
    }

    @Test("a page of an origin that is not configured is told nothing, and no bad header is given back")
    func others() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access(cors: Self.cors) }) { server in
            let origins = ["https://evil.example.com", "https://app.example.com.evil.example", "null", "", "*"]
            let answers = try await server.client { client in
                try origins.map { try client.exchange(preflight("/api/v1/events", origin: $0, fields: "a")) }
                    + origins.map { origin in
                        let headers = "Origin: \(origin)\r\n" + Tokens.header(Tokens.writer)
                        return try client.exchange(Requests.post(headers: headers))
                    }
            }
            #expect(answers.allSatisfy { $0.status == 204 })
            #expect(answers.allSatisfy { $0.headers.keys.allSatisfy { !$0.hasPrefix("access-control") } })
            #expect(answers.allSatisfy { $0.headers["vary"] == "Origin" })
            let odd = try await server.client { try $0.exchange(preflight("/metrics", fields: "a: b")) }
            #expect(odd.headers["access-control-allow-headers"] == nil)
        }
    }

    @Test("answers of the ingest path and of routes, good and bad, say that the page may read them")
    func answers() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access(cors: Self.cors) }) { server in
            let origin = "Origin: http://localhost:3000\r\n"
            let answers = try await server.client { client in
                [
                    try client.exchange(Requests.post(headers: origin + Tokens.header(Tokens.writer))),
                    try client.exchange(Requests.post("bad", headers: origin + Tokens.header(Tokens.writer))),
                    try client.exchange(Requests.post(headers: origin)),
                    try client.exchange(Requests.get("/metrics", headers: origin + Tokens.header(Tokens.reader))),
                    try client.exchange(Requests.get("/nowhere", headers: origin + Tokens.header(Tokens.reader))),
                    try client.exchange(Requests.get("/metrics", headers: origin)),
                ]
            }
            #expect(answers.map(\.status) == [204, 400, 401, 200, 404, 401])
            #expect(answers.allSatisfy { $0.headers["access-control-allow-origin"] == "http://localhost:3000" })
            #expect(
                answers.allSatisfy { $0.headers["access-control-expose-headers"]?.contains("X-Request-Id") == true }
            )
            #expect(answers.allSatisfy { $0.headers["vary"] == "Origin" })
            let without = try await server.client {
                try $0.exchange(Requests.get("/metrics", headers: Tokens.header(Tokens.reader)))
            }
            #expect(without.headers["access-control-allow-origin"] == nil)
            #expect(without.headers["vary"] == "Origin")
        }
    }

    @Test("every origin may be allowed at once")
    func every() async throws {
        try await RunningServer.with(settings: { $0.access = AccessSettings(cors: CORSSettings(origins: ["*"])) }) {
            server in
            let (asked, answer) = try await server.client { client in
                (
                    try client.exchange(preflight("/api/v1/events", origin: "null")),
                    try client.exchange(Requests.post(headers: "Origin: https://any.example\r\n"))
                )
            }
            #expect(asked.headers["access-control-allow-origin"] == "*")
            #expect(asked.headers["access-control-max-age"] == "600")
            #expect(answer.headers["access-control-allow-origin"] == "*")
            #expect(answer.headers["vary"] == nil)
        }
    }

    @Test("OPTIONS that is no preflight request is a request like others")
    func options() async throws {
        try await RunningServer.with(settings: { $0.access = Tokens.access(cors: Self.cors) }) { server in
            let statuses = try await server.client { client in
                [
                    try client.exchange(
                        Requests.get("/metrics", method: "OPTIONS", headers: "Origin: \(Self.page)\r\n")
                    ).status,
                    try client.exchange(
                        Requests.get("/metrics", method: "OPTIONS", headers: "Access-Control-Request-Method: GET\r\n")
                    ).status,
                    try client.exchange(
                        Requests.get("/metrics", method: "OPTIONS", headers: Tokens.header(Tokens.keeper))
                    ).status,
                ]
            }
            #expect(statuses == [401, 401, 405])
        }
    }
}
