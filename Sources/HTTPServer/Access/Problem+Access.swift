extension Problem {
    /// Who asks is not known (RFC 6750 section 3.1: without credentials no error is named).
    static let noCredentials = Problem(
        status: 401,
        detail: "this needs an access token: Authorization: Bearer followed by one of the tokens of server.tokens",
        headers: [("WWW-Authenticate", #"Bearer realm="meterd""#)]
    )

    /// What was shown is no token of this server.
    static let unknownCredentials = Problem(
        status: 401,
        detail: "the Authorization header holds no access token that is known here",
        headers: [("WWW-Authenticate", #"Bearer realm="meterd", error="invalid_token""#)]
    )

    /// The token is good, but not for this.
    static func outOfScope(_ token: AccessToken, _ scope: AccessScope) -> Problem {
        Problem(
            status: 403,
            detail: "this needs a token with the scope \(scope.rawValue), which \(token.name) does not have",
            headers: [
                ("WWW-Authenticate", #"Bearer realm="meterd", error="insufficient_scope", scope="\#(scope.rawValue)""#)
            ]
        )
    }

    /// A browser asks for a page of another site, and nothing says that it may.
    static let foreignOrigin = Problem(
        status: 403,
        detail: "a server without tokens answers no pages of other origins but those of server.cors"
    )

    /// The token has been used too often (RFC 6585 section 4); `wait` is in nanoseconds.
    static func rateLimited(_ token: AccessToken, _ what: String, rate: Double?, wait: Int64) -> Problem {
        let seconds = (wait + 999_999_999) / 1_000_000_000
        return Problem(
            status: 429,
            detail: "\(token.name) may send \(rate.map { "\($0)" } ?? "so many") \(what) a second; come again in "
                + "\(seconds) s",
            headers: [("Retry-After", String(max(1, seconds)))]
        )
    }

    /// The request was turned away for who sent it or how often, not for what it holds: nothing of it is counted as
    /// received, and the same request may be welcome another time.
    var isOfAccess: Bool { status == 401 || status == 403 || status == 429 }
}
