import HTTPServer

/// Access tokens for tests.
enum Tokens {
    static let writer = "writer-0123456789"
    static let reader = "reader-0123456789"
    static let keeper = "keeper-0123456789"

    /// `writer` may ingest, `reader` query, `keeper` admin.
    static func access(limit: RateLimit? = nil, cors: CORSSettings? = nil) -> AccessSettings {
        AccessSettings(
            tokens: [
                AccessToken(name: "app", digest: TokenDigest(of: writer), scopes: [.ingest], rateLimit: limit),
                AccessToken(name: "grafana", digest: TokenDigest(of: reader), scopes: [.query], rateLimit: limit),
                AccessToken(name: "ops", digest: TokenDigest(of: keeper), scopes: [.admin]),
            ],
            cors: cors
        )
    }

    /// The header line that shows a token.
    static func header(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }
}
