import HTTPServer
import Testing

/// A request of its own server, answered.
enum OneRequest {
    /// - Parameter headers: lines ended by CRLF.
    static func get(
        _ target: String,
        _ engine: ScriptedEngine = ScriptedEngine(),
        headers: String = "",
        settings: (inout HTTPServerSettings) -> Void = { _ in }
    ) async throws -> RawClient.Answer {
        try await send(Requests.get(target, headers: headers), engine, settings: settings)
    }

    /// A request with a body in JSON.
    static func send(
        _ method: String,
        _ target: String,
        body: String,
        type: String? = "application/json",
        headers: String = "",
        _ engine: ScriptedEngine = ScriptedEngine(),
        settings: (inout HTTPServerSettings) -> Void = { _ in }
    ) async throws -> RawClient.Answer {
        let type = type.map { "Content-Type: \($0)\r\n" } ?? ""
        let fields = "Host: a\r\n\(type)Content-Length: \(body.utf8.count)\r\n\(headers)"
        return try await send("\(method) \(target) HTTP/1.1\r\n\(fields)\r\n\(body)", engine, settings: settings)
    }

    private static func send(
        _ text: String,
        _ engine: ScriptedEngine,
        settings: (inout HTTPServerSettings) -> Void
    ) async throws -> RawClient.Answer {
        var answer: RawClient.Answer?
        try await RunningServer.with(engine, settings: settings) { server in
            answer = try await server.client { client in
                client.send(Array(text.utf8))
                return try client.answer()
            }
        }
        return try #require(answer)
    }

    /// Expects a problem document with this status that says this.
    static func expectProblem(
        _ answer: RawClient.Answer,
        _ status: Int,
        _ says: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(answer.body)", sourceLocation: sourceLocation)
        #expect(answer.headers["content-type"] == "application/problem+json", sourceLocation: sourceLocation)
        #expect(answer.body.contains(says), "\(answer.body)", sourceLocation: sourceLocation)
    }
}
