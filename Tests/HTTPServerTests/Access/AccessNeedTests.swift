import NIOCore
import NIOHTTP1
import Observability
import Testing

@testable import HTTPServer

@Suite("What a request has to show")
struct AccessNeedTests {
    @Test(
        "each path and method wants its scope, and what is not known wants the most",
        arguments: [
            ("GET", "/healthz", AccessNeed.nothing), ("HEAD", "/readyz", .nothing),
            ("GET", "/api/v1/openapi.json", .nothing), ("POST", "/healthz", .scope(.admin)),
            ("GET", "/healthz/", .scope(.query)), ("GET", "//healthz", .scope(.query)),
            ("POST", "/api/v1/events", .scope(.ingest)), ("POST", "/api/v1/events/", .scope(.admin)),
            ("GET", "/api/v1/events", .scope(.query)), ("HEAD", "/api/v1/events", .scope(.query)),
            ("PUT", "/api/v1/events", .scope(.admin)), ("GET", "/metrics", .scope(.query)),
            ("GET", "/", .scope(.query)), ("GET", "/nowhere", .scope(.query)),
            ("POST", "/api/v1/meters/tokens/query", .scope(.query)),
            ("POST", "/api/v1/meters/query", .scope(.admin)), ("POST", "/api/v1/meters", .scope(.admin)),
            ("POST", "/api/v1/meters/a/b/query", .scope(.admin)),
            ("POST", "/api/v1/meters/a%2Fquery", .scope(.admin)),
            ("DELETE", "/api/v1/meters/tokens/query", .scope(.admin)),
            ("PUT", "/api/v1/meters/tokens", .scope(.admin)), ("POST", "/api/v1/corrections", .scope(.admin)),
            ("POST", "/api/v1/portal/tokens", .scope(.admin)), ("GET", "/api/v1/portal/tokens", .scope(.query)),
            ("GET", "/api/v1/portal/meters/tokens/query", .portal), ("GET", "/api/v1/portal/meters", .portal),
            ("GET", "/api/v1/portal/metersx/tokens", .scope(.query)),
            ("POST", "/api/v1/reports/tokens/run", .scope(.admin)),
            ("get", "/healthz", .scope(.admin)), ("OPTIONS", "/api/v1/events", .scope(.admin)),
        ]
    )
    func need(_ method: String, _ path: String, _ need: AccessNeed) {
        #expect(AccessNeed.of(method: method, path: path) == need)
    }

    @Test("the router is told the token's name, which no client can claim, and not the token")
    func routed() throws {
        let token = AccessToken(name: "ops", digest: TokenDigest(of: "x"), scopes: [.admin])
        let grant = AccessGrant(token, former: nil, registry: .init())
        let head = try Self.head("X-Meterd-Token: root\r\nAuthorization: Bearer x\r\nAccept: a/b\r\n")
        let routed = RoutedHead.make(head, request: "r", asker: Asker(grant: grant), need: .scope(.admin))
        #expect(routed.headers["x-meterd-token"] == ["ops"])
        #expect(routed.headers["authorization"].isEmpty)
        #expect(routed.headers["accept"] == ["a/b"])
        let unknown = RoutedHead.make(head, request: "r", asker: Asker(), need: .portal)
        #expect(unknown.headers["x-meterd-token"].isEmpty)
        #expect(unknown.headers["authorization"] == ["Bearer x"])
    }

    private static func head(_ lines: String) throws -> RequestHead {
        var reader = RequestReader(limits: HTTPLimits())
        var bytes = ByteBuffer(string: Requests.get("/x", headers: lines))
        guard case .head = try reader.next(&bytes) else { throw Patience.RanOut() }
        return reader.head
    }
}
