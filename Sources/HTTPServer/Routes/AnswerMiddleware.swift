import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes
import Observability

/// Around every route: the request's id in the answer and the log, errors as problem documents, latency.
struct AnswerMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let parts: ServerParts
    let routes: RouteTable

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        let id = request.headers[.requestID] ?? "unknown"
        var response: Response
        do {
            response = try await next(request, context)
            logChange(request, response, id)
        } catch {
            let problem = problem(for: error, request)
            log(problem, error, id)
            response = Self.response(problem, request: id)
            // An answer to HEAD has no content, but says how long it would be (RFC 9110 section 9.3.2).
            if request.method == .head { response = response.createHeadResponse() }
        }
        response.headers[.requestID] = id
        let (seconds, attoseconds) = (ContinuousClock.now - started).components
        parts.metrics.answered(
            route: routes.pattern(of: request.uri.path) ?? "unmatched",
            status: response.status.code,
            seconds: Double(seconds) + Double(attoseconds) / 1e18
        )
        return response
    }

    private func problem(for error: any Error, _ request: Request) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as HTTPError where error.status == .notFound: return routes.problem(for: request)
        case is NIOTooManyBytesError: return .bodyTooLarge(limit: parts.settings.limits.apiBody)
        case let error as HTTPError:
            return Problem(status: error.status.code, detail: error.body ?? "the request was refused")
        default: return Problem(status: 500, detail: "the server failed; its log has the cause under this request's id")
        }
    }

    /// Whoever changes something leaves a line: what, when, and with whose token.
    private func logChange(_ request: Request, _ response: Response, _ id: String) {
        guard request.method != .get, request.method != .head, !request.uri.path.hasSuffix("/query") else { return }
        parts.logger.info(
            "a request changed something",
            metadata: [
                "request": "\(id)", "method": "\(request.method)", "path": "\(request.uri.path)",
                "status": "\(response.status.code)", "token": "\(request.headers.accessTokenName ?? "none")",
            ]
        )
    }

    private func log(_ problem: Problem, _ error: any Error, _ id: String) {
        let metadata: Logger.Metadata = ["request": "\(id)", "status": "\(problem.status)"]
        if problem.status == 500 {
            parts.logger.error("a request failed", metadata: metadata.merging(["error": "\(error)"]) { $1 })
        } else {
            parts.logger.debug(
                "a request was refused",
                metadata: metadata.merging(["detail": "\(problem.detail)"]) { $1 }
            )
        }
    }

    private static func response(_ problem: Problem, request: String) -> Response {
        var headers: HTTPFields = [.contentType: Problem.contentType]
        for header in problem.headers {
            if let name = HTTPField.Name(header.name) { headers[name] = header.value }
        }
        return Response(
            status: .init(code: problem.status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: problem.document(request: request)))
        )
    }
}

extension HTTPField.Name {
    /// The request's id, given by the client or made by the server.
    static let requestID = HTTPField.Name.xRequestID
    private static let xRequestID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-Id") else { preconditionFailure("the name is a token") }
        return name
    }()
}

extension Response {
    /// An answer in JSON.
    static func json(_ write: (inout JSONWriter) -> Void, status: HTTPResponse.Status = .ok) -> Response {
        var json = JSONWriter()
        write(&json)
        return Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.bytes))
        )
    }
}
