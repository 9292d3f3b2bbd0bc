import HTTPServer
import MeterdConfiguration

extension HTTPServerSettings {
    init(_ server: ServerSettings) {
        var limits = HTTPLimits()
        limits.body = server.limits.body
        // A correction holds the event that takes another one's place.
        limits.apiBody = max(limits.apiBody, server.limits.event + Self.correctionBytes)
        self.init(
            host: server.listen.host,
            port: server.listen.port,
            limits: limits,
            usageSeriesLimit: server.usageMetrics.seriesLimit,
            access: AccessSettings(server.access),
            tls: server.tls.map(TLSSettings.init)
        )
    }

    /// Bytes of a correction beside its replacement.
    private static let correctionBytes = 64 * 1024
}

extension AccessSettings {
    init(_ access: ServerSettings.Access) {
        self.init(
            tokens: access.tokens.compactMap(AccessToken.init),
            cors: access.cors.map(CORSSettings.init),
            portal: PortalSettings(
                secret: access.portal.secret.flatMap { PortalSecret($0.bytes) },
                maximumLife: Int64(access.portal.maximumLifeSeconds)
            )
        )
    }
}

extension AccessToken {
    /// Nil for a digest that is not 32 bytes, which the configuration refuses.
    init?(_ token: ServerSettings.Token) {
        guard let digest = TokenDigest(token.digest) else { return nil }
        self.init(
            name: token.name,
            digest: digest,
            scopes: Set(token.scopes.map(AccessScope.init)),
            rateLimit: token.rateLimit.map {
                RateLimit(
                    requests: $0.requestsPerSecond.map(Double.init),
                    events: $0.eventsPerSecond.map(Double.init),
                    burst: Double($0.burstSeconds)
                )
            }
        )
    }
}

extension AccessScope {
    init(_ scope: ServerSettings.Scope) {
        switch scope {
        case .ingest: self = .ingest
        case .query: self = .query
        case .admin: self = .admin
        }
    }
}

extension CORSSettings {
    init(_ cors: ServerSettings.CORS) {
        let origins =
            switch cors.origins {
            case .any: ["*"]
            case .exact(let origins): origins
            }
        self.init(origins: origins, maxAge: cors.maxAgeSeconds)
    }
}

extension TLSSettings {
    init(_ tls: ServerSettings.TLS) {
        self.init(
            certificate: tls.certificate,
            key: tls.key,
            clients: tls.client.map { Clients(authority: $0.authority, isRequired: $0.isRequired) }
        )
    }
}
