extension ServerSettings {
    /// Who may do what over HTTP.
    public struct Access: Sendable, Hashable {
        /// In the order of the file; names and digests differ. Without any, all is open to whoever reaches the server.
        public var tokens: [Token]
        /// Whether the file says that being open is meant: the server may listen beyond loopback without tokens.
        public var isInsecure: Bool
        /// Which pages of other origins may ask; nil: none.
        public var cors: CORS?
        /// Tokens for single subjects.
        public var portal: Portal

        /// Makes settings; by themselves they leave everything open.
        public init(
            tokens: [Token] = [],
            isInsecure: Bool = false,
            cors: CORS? = nil,
            portal: Portal = Portal()
        ) {
            self.tokens = tokens
            self.isInsecure = isInsecure
            self.cors = cors
            self.portal = portal
        }
    }

    /// What a token is good for. None holds another.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// Posting events.
        case ingest
        /// Reading usage, meters, events, the ledger and metrics.
        case query
        /// Changing meters, correcting events, making portal tokens, running reports.
        case admin
    }

    /// Somebody who may ask.
    public struct Token: Sendable, Hashable {
        /// What log lines and metrics call it; no secret.
        public var name: String
        /// SHA-256 of the token's text (FIPS 180-4), 32 bytes.
        public var digest: [UInt8]
        /// At least one.
        public var scopes: Set<Scope>
        /// How much it may ask; nil: as much as it likes.
        public var rateLimit: RateLimit?

        /// Makes a token.
        public init(name: String, digest: [UInt8], scopes: Set<Scope>, rateLimit: RateLimit? = nil) {
            self.name = name
            self.digest = digest
            self.scopes = scopes
            self.rateLimit = rateLimit
        }
    }

    /// How much one token may ask. At least one of the two rates is there.
    public struct RateLimit: Sendable, Hashable {
        /// Requests a second, in the long run; nil: any number.
        public var requestsPerSecond: Int?
        /// Events a second, in the long run; nil: any number.
        public var eventsPerSecond: Int?
        /// How many seconds' worth may come at once after a rest.
        public var burstSeconds: Int

        /// Makes a limit.
        public init(requestsPerSecond: Int? = nil, eventsPerSecond: Int? = nil, burstSeconds: Int = 10) {
            self.requestsPerSecond = requestsPerSecond
            self.eventsPerSecond = eventsPerSecond
            self.burstSeconds = burstSeconds
        }
    }

    /// Cross-origin resource sharing: https://fetch.spec.whatwg.org/#http-cors-protocol
    public struct CORS: Sendable, Hashable {
        /// Whose pages may ask.
        public var origins: Origins
        /// How long a browser may keep the answer to a preflight, in seconds.
        public var maxAgeSeconds: Int

        /// Whose pages may ask.
        public enum Origins: Sendable, Hashable {
            /// Every page: `*`.
            case any
            /// As browsers send them, such as `https://app.example.org`. At least one; they differ.
            case exact([String])
        }

        /// Makes settings.
        public init(origins: Origins, maxAgeSeconds: Int = 600) {
            self.origins = origins
            self.maxAgeSeconds = maxAgeSeconds
        }
    }

    /// Portal tokens, which answer for one subject and nothing else.
    public struct Portal: Sendable, Hashable {
        /// What they are signed with (HMAC SHA-256); nil: a key that the store makes and keeps.
        public var secret: Secret?
        /// The longest that one may live, in seconds.
        public var maximumLifeSeconds: Int

        /// Makes settings.
        public init(secret: Secret? = nil, maximumLifeSeconds: Int = 30 * 86_400) {
            self.secret = secret
            self.maximumLifeSeconds = maximumLifeSeconds
        }
    }

    /// Where the certificate is that connections are encrypted with. Paths are relative to where meterd is started.
    public struct TLS: Sendable, Hashable {
        /// A PEM file: the server's certificate, then those between it and its root.
        public var certificate: String
        /// A PEM file: the certificate's private key. It may be the same file.
        public var key: String
        /// Whether clients show a certificate too; nil: they are not asked.
        public var client: ClientCertificates?

        /// Which certificates clients show.
        public struct ClientCertificates: Sendable, Hashable {
            /// A PEM file: who signs them.
            public var authority: String
            /// Whether a client without one is sent away.
            public var isRequired: Bool

            /// Makes settings.
            public init(authority: String, isRequired: Bool = true) {
                self.authority = authority
                self.isRequired = isRequired
            }
        }

        /// Makes settings.
        public init(certificate: String, key: String, client: ClientCertificates? = nil) {
            self.certificate = certificate
            self.key = key
            self.client = client
        }
    }

    /// Bytes that are never printed.
    public struct Secret: Sendable, Hashable {
        /// What is kept secret.
        public var bytes: [UInt8]

        /// Makes a secret.
        public init(bytes: [UInt8]) {
            self.bytes = bytes
        }
    }
}

extension ServerSettings.Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How long it is, so that it does not get into a log.
    public var description: String { "a secret of \(bytes.count) bytes" }
    /// As ``description``.
    public var debugDescription: String { description }
    /// As ``description``, for `dump` and for types that hold a secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
