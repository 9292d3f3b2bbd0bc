extension Problem {
    /// A token of the portal that is not taken.
    init(_ fault: PortalTokenFault) {
        self.init(
            status: 401,
            detail: fault.description,
            headers: [("WWW-Authenticate", #"Bearer realm="meterd", error="invalid_token""#)]
        )
    }

    /// The portal is asked without a token of its own.
    static let noPortalToken = Problem(
        status: 401,
        detail: "this needs a token of the portal: Authorization: Bearer followed by the token",
        headers: [("WWW-Authenticate", #"Bearer realm="meterd""#)]
    )
}

extension PortalTokens {
    /// What the credentials of a portal request say. Throws 401.
    ///
    /// - Parameters:
    ///   - authorization: the values of the request's Authorization fields.
    ///   - now: seconds since 1970-01-01T00:00:00Z.
    func claims(of authorization: [String], now: Int64) throws(Problem) -> PortalClaims {
        guard authorization.count == 1, let token = BearerCredentials.token(in: authorization[0]) else {
            throw .noPortalToken
        }
        do throws(PortalTokenFault) {
            return try verify(token, now: now)
        } catch {
            throw Problem(error)
        }
    }
}
