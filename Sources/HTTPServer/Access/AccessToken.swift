/// What a token lets its holder do. No scope implies another.
public enum AccessScope: String, Sendable, Hashable, CaseIterable {
    /// Posting events.
    case ingest
    /// Reading: usage, meters, events, the ledger, metrics, pages of reports.
    case query
    /// Changing: meters, corrections, tokens of the portal, runs of reports.
    case admin
}

/// An access token: a text that only its holder knows, shown as `Authorization: Bearer …` (RFC 6750 section 2.1). The
/// server keeps its digest and no more.
public struct AccessToken: Sendable, Hashable {
    /// What the log, the metrics and the corrections call its holder: 1 to 64 letters, digits, `.`, `_` and `-`.
    public var name: String
    /// The SHA-256 of the token.
    public var digest: TokenDigest
    /// What it is good for.
    public var scopes: Set<AccessScope>
    /// How often it may be used; nil for as often as its holder likes.
    public var rateLimit: RateLimit?

    /// Makes one.
    public init(name: String, digest: TokenDigest, scopes: Set<AccessScope>, rateLimit: RateLimit? = nil) {
        self.name = name
        self.digest = digest
        self.scopes = scopes
        self.rateLimit = rateLimit
    }

    /// Whether a text can be a token's name: it stands in header fields, metrics and log lines as it is.
    public static func isName(_ text: String) -> Bool {
        (1...longestName).contains(text.utf8.count) && RequestID.isSane(text.utf8)
    }

    /// Characters of a name.
    public static let longestName = 64
}

/// How often a token may be used, as token buckets: what is not used is saved up for `burst` seconds.
public struct RateLimit: Sendable, Hashable {
    /// Requests a second, greater than 0; nil for any number.
    public var requests: Double?
    /// Events a second, greater than 0; nil for any number.
    public var events: Double?
    /// Seconds whose worth may be used at once, greater than 0.
    public var burst: Double

    /// Seconds of `burst` unless it is given.
    public static let defaultBurst = 10.0

    /// Makes one.
    public init(requests: Double? = nil, events: Double? = nil, burst: Double = RateLimit.defaultBurst) {
        self.requests = requests
        self.events = events
        self.burst = burst
    }
}
