import NIOCore
import Observability

/// What the holder of one token may do.
final class AccessGrant: Sendable {
    let token: AccessToken
    let requests: RateBucket?
    let events: RateBucket?
    private let limitedRequests: Counter?
    private let limitedEvents: Counter?
    /// One bit for each scope.
    private let scopes: UInt8

    /// With the buckets of a former grant where nothing about them has changed, so that a reload gives nobody a full one.
    init(_ token: AccessToken, former: AccessGrant?, registry: MetricsRegistry) {
        self.token = token
        let limit = token.rateLimit
        let former = former?.token.rateLimit == limit ? former : nil
        func bucket(_ rate: Double?) -> RateBucket? {
            rate.map { RateBucket(rate: $0, burst: limit?.burst ?? RateLimit.defaultBurst) }
        }
        func counter(_ kind: String) -> Counter {
            registry.counter(
                "meterd_http_rate_limited_total",
                help: "Requests that a token's rate limit refused, by the limit.",
                labels: [("token", token.name), ("limit", kind)]
            )
        }
        requests = former?.requests ?? bucket(limit?.requests)
        events = former?.events ?? bucket(limit?.events)
        limitedRequests = requests.map { _ in counter("requests") }
        limitedEvents = events.map { _ in counter("events") }
        scopes = token.scopes.reduce(0) { $0 | Self.bit($1) }
    }

    @inline(__always)
    private static func bit(_ scope: AccessScope) -> UInt8 {
        switch scope {
        case .ingest: 1
        case .query: 2
        case .admin: 4
        }
    }

    @inline(__always)
    func allows(_ scope: AccessScope) -> Bool { scopes & Self.bit(scope) != 0 }

    /// A request comes too early, by so many nanoseconds.
    func limitRequests(wait: Int64) -> Problem {
        limitedRequests?.increment()
        return .rateLimited(token, "requests", rate: token.rateLimit?.requests, wait: wait)
    }

    /// Events come too early, by so many nanoseconds.
    func limitEvents(wait: Int64) -> Problem {
        limitedEvents?.increment()
        return .rateLimited(token, "events", rate: token.rateLimit?.events, wait: wait)
    }
}

/// The tokens there are, ready to be looked up; never changed, only exchanged.
final class AccessTable: Sendable {
    private let digests: [TokenDigest]
    private let grants: [AccessGrant]
    let crossOrigin: CrossOrigin?
    let portal: PortalSettings

    init(_ settings: AccessSettings, former: AccessTable? = nil, registry: MetricsRegistry) {
        precondition(settings.tokens.count <= AccessSettings.maximumTokens, "the configuration bounds the tokens")
        digests = settings.tokens.map(\.digest)
        grants = settings.tokens.map { token in
            AccessGrant(token, former: former?.grants.first { $0.token.name == token.name }, registry: registry)
        }
        crossOrigin = settings.cors.map { CrossOrigin($0) }
        portal = settings.portal
    }

    /// Without tokens everybody may do everything.
    var isOpen: Bool { grants.isEmpty }

    /// The grant of a token that a client has shown. Every digest is compared to its end, wherever a match is, so the time
    /// this takes depends on the length of what is shown and on how many tokens there are.
    func grant(of shown: UnsafeRawBufferPointer) -> AccessGrant? {
        let digest = TokenDigest(of: shown)
        // Counts from 1; 0 is no match.
        var place: UInt64 = 0
        for (index, known) in digests.enumerated() {
            // All ones for a match. The bits of the one before go, so that no two places are ever mixed.
            let match = 0 &- known.equality(digest)
            place = place & ~match | UInt64(index + 1) & match
        }
        return place == 0 ? nil : grants[Int(place) - 1]
    }
}
