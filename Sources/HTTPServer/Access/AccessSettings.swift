/// Who may do what. The whole of it can be exchanged while the server runs: `HTTPServer.update(access:)`.
public struct AccessSettings: Sendable, Hashable {
    /// The tokens there are, at most `maximumTokens`; without any, everybody may do everything.
    public var tokens: [AccessToken]
    /// Which pages of other origins may use the API from a browser; nil for none.
    public var cors: CORSSettings?
    /// How tokens of the portal are made.
    public var portal: PortalSettings

    /// Tokens of a server. Each is compared with every request.
    public static let maximumTokens = 1000

    /// Makes settings; the default lets everybody do everything.
    public init(tokens: [AccessToken] = [], cors: CORSSettings? = nil, portal: PortalSettings = PortalSettings()) {
        self.tokens = tokens
        self.cors = cors
        self.portal = portal
    }
}

/// Cross-origin use (https://fetch.spec.whatwg.org/#http-cors-protocol).
public struct CORSSettings: Sendable, Hashable {
    /// Origins as browsers write them, such as `https://app.example.com` or `http://localhost:3000`; `*` is every origin.
    public var origins: [String]
    /// Seconds for which a browser may keep the answer to a preflight request.
    public var maxAge: Int

    /// Seconds of `maxAge` unless it is given.
    public static let defaultMaxAge = 600

    /// Makes settings.
    public init(origins: [String], maxAge: Int = CORSSettings.defaultMaxAge) {
        self.origins = origins
        self.maxAge = maxAge
    }
}

/// Tokens that let a subject see its own usage.
public struct PortalSettings: Sendable, Hashable {
    /// Signs them; nil for a key that the engine keeps.
    public var secret: PortalSecret?
    /// The longest life of one, in seconds.
    public var maximumLife: Int64

    /// Seconds of `maximumLife` unless it is given: 30 days.
    public static let defaultMaximumLife: Int64 = 30 * 86_400
    /// Seconds a token lives when nobody says how long: a day, or `maximumLife` when that is less.
    public static let defaultLife: Int64 = 86_400

    /// Makes settings.
    public init(secret: PortalSecret? = nil, maximumLife: Int64 = PortalSettings.defaultMaximumLife) {
        self.secret = secret
        self.maximumLife = maximumLife
    }
}

/// A key for tokens of the portal. It never shows in a text.
public struct PortalSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    /// Bytes that a key has at least (RFC 7518 section 3.2: as many as the hash).
    public static let shortest = 32

    /// Takes the bytes; nil when there are fewer than `shortest`.
    public init?(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        guard self.bytes.count >= Self.shortest else { return nil }
    }

    /// How long it is, and no more.
    public var description: String { "a key of \(bytes.count) bytes" }
    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
