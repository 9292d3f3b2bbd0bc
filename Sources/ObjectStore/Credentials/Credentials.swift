/// What requests are signed with.
public struct Credentials: Sendable, Hashable {
    /// Says whose they are; it is sent.
    public var accessKeyID: String
    /// Makes the signature; it is never sent.
    public var secretAccessKey: String
    /// Of temporary credentials.
    public var sessionToken: String?
    /// When they end, in microseconds since 1970; nil: never.
    public var expires: Int64?

    /// Makes credentials.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expires: Int64? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expires = expires
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key id alone, so that no secret gets into a log.
    public var description: String { "credentials of \(accessKeyID)" }
    /// As ``description``.
    public var debugDescription: String { description }
    /// As ``description``, for `dump` and for types that hold credentials.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// Gives credentials that are valid now. ``StaticCredentials`` and ``CredentialsChain`` do.
public protocol CredentialsProvider: Sendable {
    /// Credentials for a request to be sent now.
    func credentials() async throws(CredentialsError) -> Credentials

    /// The server refused these as over or unknown: the next call should not give them again if others can be had.
    func discard(_ refused: Credentials) async
}

/// Credentials that the configuration gives.
public struct StaticCredentials: CredentialsProvider {
    private let fixed: Credentials

    /// Gives always the same.
    public init(_ credentials: Credentials) {
        fixed = credentials
    }

    /// What the configuration gave.
    public func credentials() async throws(CredentialsError) -> Credentials {
        fixed
    }

    /// There are no others.
    public func discard(_ refused: Credentials) async {}
}

/// No credentials: where they were looked for, in order, and what was found there.
public struct CredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One place that was looked at.
    public struct Attempt: Sendable, Hashable {
        /// Such as `environment`.
        public var source: String
        /// Why it gave nothing.
        public var outcome: String

        /// Makes an attempt.
        public init(source: String, outcome: String) {
            self.source = source
            self.outcome = outcome
        }
    }

    /// In the order of the search.
    public var attempts: [Attempt]

    /// Makes an error.
    public init(attempts: [Attempt]) {
        self.attempts = attempts
    }

    /// All attempts in one line.
    public var description: String {
        "no credentials for S3; tried " + attempts.map { "\($0.source): \($0.outcome)" }.joined(separator: "; ")
            + "; set one of them up, or accessKeyId and secretAccessKey in the configuration"
    }
}

/// One place where credentials may be.
protocol CredentialsSource: Sendable {
    /// For messages.
    var name: String { get }

    /// Looks there now.
    func load() async -> CredentialsFinding
}

/// What a ``CredentialsSource`` has.
enum CredentialsFinding: Sendable {
    case found(Credentials)
    /// Not set up here; look elsewhere. The text says what is missing.
    case absent(String)
    /// Set up here, but it did not work; looking elsewhere would give someone else's credentials.
    case failed(String)
}
