import CloudEvents

/// Why a server's certificate cannot be used.
public enum TLSFault: Error, Hashable, CustomStringConvertible {
    /// A file cannot be read; what the system said.
    case unreadable(path: String, reason: String)
    /// A file is longer than any certificate or key.
    case tooLarge(path: String, limit: Int)
    /// A file that should hold certificates holds none, or a broken one.
    case noCertificate(path: String)
    /// A file that should hold a private key holds none.
    case noKey(path: String)
    /// The key is encrypted, and there is nobody to ask for the password.
    case encryptedKey(path: String)
    /// The key belongs to another certificate.
    case mismatch(certificate: String, key: String)
    /// The certificate's time is over; seconds since 1970-01-01T00:00:00Z.
    case expired(path: String, since: Int64)
    /// The library does not take it, though every part looks good.
    case unusable(reason: String)
    /// The server was started without TLS.
    case off

    /// What is wrong with which file, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .tooLarge(let path, let limit): "\(path) is longer than \(limit) bytes; it should be one PEM file"
        case .noCertificate(let path):
            "\(path) holds no certificate in PEM (-----BEGIN CERTIFICATE-----), or one that is broken"
        case .noKey(let path): "\(path) holds no private key in PEM (-----BEGIN PRIVATE KEY-----)"
        case .encryptedKey(let path):
            "the private key in \(path) is encrypted; decrypt it (openssl pkey -in … -out …) and let only meterd read it"
        case .mismatch(let certificate, let key):
            "the private key in \(key) does not belong to the first certificate in \(certificate), which must be the "
                + "server's own"
        case .expired(let path, let since):
            "the certificate in \(path) expired at \(Timestamp(microseconds: since * 1_000_000))"
        case .unusable(let reason): "the certificate cannot be used: \(reason)"
        case .off: "the server was started without TLS; restart it to switch TLS on"
        }
    }

    /// Reads everything that the settings name and makes sure that a server can use it.
    public static func check(_ settings: TLSSettings) throws(TLSFault) {
        _ = try TLSCertificates(settings).makeContext()
    }
}
