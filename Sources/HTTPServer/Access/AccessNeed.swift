import HTTPTypes

/// What a request has to show before it is served.
enum AccessNeed: Hashable {
    /// Nothing: load balancers ask without a token, and the API's description is no secret.
    case nothing
    /// A token of the portal, which the route itself looks at.
    case portal
    /// An access token with this scope.
    case scope(AccessScope)

    /// What a request for a path (without its query, as it came) has to show. What is not named here wants `query` to be
    /// read and `admin` for any other method, so a new route is never open by mistake.
    static func of(method: String, path: String) -> AccessNeed {
        let isRead = method == "GET" || method == "HEAD"
        if isRead, openPaths.contains(path) { return .nothing }
        if isPortal(path) { return .portal }
        if isRead { return .scope(.query) }
        guard method == "POST" else { return .scope(.admin) }
        if path == EventsRoute.path.description { return .scope(.ingest) }
        let segments = path.split(separator: "/")
        // POST /api/v1/meters/{meter}/query: a query too long for a URL.
        let isQuery = segments.count == 5 && segments.starts(with: ["api", "v1", "meters"]) && segments[4] == "query"
        return .scope(isQuery ? .query : .admin)
    }

    /// Whether a path is one of those that the portal's own tokens are for.
    static func isPortal(_ path: String) -> Bool {
        path.split(separator: "/", maxSplits: 5).starts(with: ["api", "v1", "portal", "meters"])
    }

    private static let openPaths: Set<String> = ["/healthz", "/readyz", "/api/v1/openapi.json"]
}

extension HTTPFields {
    /// The name of the access token that a routed request came with; nil where no token is asked for. The connection sets
    /// it, and takes out what a client may have sent under this name.
    var accessTokenName: String? { self[.accessTokenName] }
}

extension HTTPField.Name {
    /// In lower case, as the connection compares it.
    static let accessTokenField = "x-meterd-token"
    fileprivate static let accessTokenName: HTTPField.Name = {
        guard let name = HTTPField.Name(accessTokenField) else { preconditionFailure("the name is a token") }
        return name
    }()
}
