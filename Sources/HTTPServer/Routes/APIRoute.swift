import HTTPTypes
import Hummingbird

/// One method of one path: which parameters it takes, and what answers.
struct APIRoute: Sendable {
    let method: HTTPRequest.Method
    /// As the router knows it, such as `/api/v1/meters/:meter`.
    let path: String
    /// The names of its parameters, `name[]` for those of the form `name[key]`; nil: any, and none is looked at.
    let parameters: [String]?
    let answer: @Sendable (APIRequest) async throws -> Response

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        parameters: [String]? = [],
        _ answer: @escaping @Sendable (APIRequest) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.answer = answer
    }
}

/// A request that a route was found for.
struct APIRequest: Sendable {
    let request: Request
    let context: APIContext
    /// Only such as the route knows.
    let parameters: QueryParameters
    /// Bytes of a body.
    let bodyLimit: Int

    /// Reads the query; throws 400 for one that is broken, or has parameters the route does not know.
    init(_ request: Request, _ context: APIContext, for route: APIRoute, bodyLimit: Int) throws(Problem) {
        self.request = request
        self.context = context
        self.bodyLimit = bodyLimit
        guard let known = route.parameters else {
            parameters = try QueryParameters("")
            return
        }
        parameters = try QueryParameters(request.uri.query ?? "")
        try parameters.allow(known)
    }

    /// The id the client gave the request, or the server did.
    var id: String { request.headers[.requestID] ?? "unknown" }

    /// A segment of the path, percent-decoded; throws 400 where it cannot be.
    func segment(_ name: String) throws -> String {
        try PercentDecoding.decoded(try context.parameters.require(name).utf8, plusIsBlank: false, place: "path")
    }
}
