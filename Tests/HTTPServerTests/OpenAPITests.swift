import Foundation
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite("The OpenAPI document and the routes")
struct OpenAPITests {
    /// The routes of a server, as its router has them, and the one that is answered before the router.
    private static let routes: [(method: String, path: String, parameters: [String]?)] = {
        APIRouter.scripted.routes.map { ($0.method.rawValue, nameless($0.path, parameter: ":"), $0.parameters) }
            + [("POST", EventsRoute.path.description, [])]
    }()

    private static let operations = OpenAPIDocument.paths.flatMap { path in
        path.operations.map { operation in
            (
                method: operation.method.rawValue.uppercased(),
                path: nameless(path.template, parameter: "{"),
                operation: operation
            )
        }
    }

    /// A path with `*` for each segment that begins so: what it is called is nobody's business.
    private static func nameless(_ path: String, parameter: Character) -> String {
        path.split(separator: "/").map { $0.first == parameter ? "/*" : "/\($0)" }.joined()
    }

    @Test("every route is in the document, and everything in the document is a route")
    func routes() {
        let served = Self.routes.map { "\($0.method) \($0.path)" }
        let documented = Self.operations.map { "\($0.method) \($0.path)" }
        #expect(Set(documented) == Set(served))
        #expect(Set(documented).count == documented.count)
    }

    @Test("the parameters of every route are those in the document")
    func parameters() throws {
        for (method, path, known) in Self.routes {
            let operation = try #require(Self.operations.first { $0.method == method && $0.path == path }).operation
            // `name[]` is `name` of a style that writes objects.
            let served = known.map { Set($0.map { $0.hasSuffix("[]") ? String($0.dropLast(2)) : $0 }) }
            #expect(operation.parameters.map { Set($0.map(\.name)) } == served, "\(method) \(path)")
        }
    }

    @Test("what a request has to show is what the document says")
    func access() {
        for (method, path, operation) in Self.operations {
            let need = AccessNeed.of(method: method, path: path)
            let documented: AccessNeed? =
                switch operation.access {
                case .open: .nothing
                case .portal: .portal
                case .scope(let scope): AccessScope(rawValue: scope).map { .scope($0) }
                }
            #expect(documented == need, "\(method) \(path)")
        }
    }

    @Test("the document is JSON, its names are unique, and it names a token only where the server has tokens")
    func document() throws {
        for withTokens in [false, true] {
            let json = Data(OpenAPIDocument(withTokens: withTokens).json)
            let document = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
            #expect(document["openapi"] as? String == "3.1.1")
            #expect(String(decoding: json, as: UTF8.self).contains(#""token":["ingest"]"#) == withTokens)
        }
        let schemas = OpenAPIDocument.groups.flatMap(\.schemas).map(\.name)
        #expect(Set(schemas).count == schemas.count)
        let names = Self.operations.map(\.operation.id)
        #expect(Set(names).count == names.count)
        let parameters = Set(OpenAPIDocument.paths.flatMap(\.parameterNames))
        #expect(parameters == Set(APIPath.parameters.map(\.name)))
    }

    @Test("the document is served, to whoever asks, and follows the tokens that come and go")
    func served() async throws {
        try await RunningServer.with { server in
            let open = try await server.client { try $0.exchange(Requests.get("/api/v1/openapi.json")) }
            #expect(open.status == 200)
            #expect(open.headers["content-type"] == "application/json")
            #expect(Array(open.body.utf8) == OpenAPIDocument(withTokens: false).json)
            let token = AccessToken(name: "a", digest: TokenDigest(of: "secret"), scopes: [.query])
            server.server.update(access: AccessSettings(tokens: [token]))
            let closed = try await server.client { try $0.exchange(Requests.get("/api/v1/openapi.json")) }
            #expect(closed.status == 200)
            #expect(Array(closed.body.utf8) == OpenAPIDocument(withTokens: true).json)
        }
    }
}
