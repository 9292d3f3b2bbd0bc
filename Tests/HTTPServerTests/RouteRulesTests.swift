import HTTPTypes
import Testing

@testable import HTTPServer

/// What holds for every route, the ones to come as well.
@Suite("Rules of all routes")
struct RouteRulesTests {
    private static let router = APIRouter.scripted

    /// A path with its parameters filled in.
    private static func path(_ pattern: String, with value: String = "x") -> String {
        pattern.split(separator: "/").map { $0.first == ":" ? "/\(value)" : "/\($0)" }.joined()
    }

    /// One request after the other to one server.
    private func statuses(_ requests: [String]) async throws -> [RawClient.Answer] {
        var answers: [RawClient.Answer] = []
        try await RunningServer.with { server in
            answers = try await server.client { client in try requests.map { try client.exchange($0) } }
        }
        return answers
    }

    private static func request(_ method: String, _ target: String) -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    }

    @Test("an unknown parameter is 400 and named, but for the probes, which may add what they like")
    func unknownParameters() async throws {
        let routes = Self.router.routes
        let targets = routes.map { Self.request($0.method.rawValue, Self.path($0.path) + "?nonsense=1") }
        for (route, answer) in zip(routes, try await statuses(targets)) {
            if ["/healthz", "/readyz"].contains(route.path) {
                #expect(answer.status == 200)
            } else {
                OneRequest.expectProblem(answer, 400, "unknown parameter 'nonsense'")
            }
        }
    }

    @Test(
        "a query or a path that is not percent-encoded UTF-8 without null is 400",
        arguments: ["%", "%f", "%gg", "%ff", "%C3%28", "%00", "a%00b", "%ED%A0%80"]
    )
    func encoding(_ text: String) async throws {
        let routes = Self.router.routes.filter { $0.parameters != nil }
        let queries = routes.map {
            Self.request($0.method.rawValue, Self.path($0.path) + "?\($0.parameters?.first ?? "x")=\(text)")
        }
        for answer in try await statuses(queries) { OneRequest.expectProblem(answer, 400, "") }
        let named = routes.filter {
            $0.path.contains(":") && !$0.path.contains("portal") && $0.method != .post && $0.method != .put
        }
        let paths = named.map { Self.request($0.method.rawValue, Self.path($0.path, with: text)) }
        #expect(!paths.isEmpty)
        for answer in try await statuses(paths) { OneRequest.expectProblem(answer, 400, "") }
    }

    @Test(
        "a method that a path does not take is 405, and Allow has those it takes",
        arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"]
    )
    func methods(_ method: String) async throws {
        let entries = APIRouter.table(of: Self.router.routes).entries
        let without = entries.filter { entry in !entry.methods.contains { $0.rawValue == method } }
        try await RunningServer.with { server in
            for entry in without {
                let answer = try await server.client {
                    try $0.exchange(Self.request(method, Self.path(entry.pattern)), toHead: method == "HEAD")
                }
                #expect(answer.status == 405, "\(method) \(entry.pattern)")
                #expect(answer.headers["allow"] == entry.methods.map(\.rawValue).joined(separator: ", "))
                #expect(answer.headers["content-type"] == "application/problem+json")
            }
        }
    }

    @Test("a segment of a path is percent-decoded, slashes too, and is never taken for two")
    func segments() async throws {
        let engine = ScriptedEngine(meters: [MeterRouteTests.record])
        for path in ["tokens_total", "%74okens%5ftotal", "%74%6F%6B%65%6E%73_total"] {
            #expect(try await OneRequest.get("/api/v1/meters/\(path)", engine).status == 200)
        }
        for (path, named) in [("a%2Fquery", "a/query"), ("a%20%22%C3%A9%25", #"a \"é%"#), ("+", "+"), ("%252F", "%2F")]
        {
            let answer = try await OneRequest.get("/api/v1/meters/\(path)", engine)
            OneRequest.expectProblem(answer, 404, #"no meter has the slug or id \"\#(named)\""#)
        }
    }

    @Test("the API's description is served, without a token too")
    func openAPI() async throws {
        let answer = try await OneRequest.get("/api/v1/openapi.json") { settings in
            settings.access.tokens = [
                AccessToken(name: "a", digest: TokenDigest(of: "secret"), scopes: [.ingest])
            ]
        }
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        _ = try JSONParser.value(Array(answer.body.utf8))
    }
}
