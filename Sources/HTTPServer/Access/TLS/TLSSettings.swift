/// Where the server's certificate is, and whether clients need one too. Paths of PEM files (RFC 7468).
public struct TLSSettings: Sendable, Hashable {
    /// The server's certificate, followed by those between it and one that clients trust.
    public var certificate: String
    /// The certificate's private key, not encrypted.
    public var key: String
    /// Which certificates clients may show; nil when they are not asked for one.
    public var clients: Clients?

    /// Mutual TLS.
    public struct Clients: Sendable, Hashable {
        /// The certificates that a client's certificate has to descend from.
        public var authority: String
        /// Whether a client without a certificate is turned away. A bad certificate always is.
        public var isRequired: Bool

        /// Makes settings.
        public init(authority: String, isRequired: Bool) {
            self.authority = authority
            self.isRequired = isRequired
        }
    }

    /// Makes settings.
    public init(certificate: String, key: String, clients: Clients? = nil) {
        self.certificate = certificate
        self.key = key
        self.clients = clients
    }
}
