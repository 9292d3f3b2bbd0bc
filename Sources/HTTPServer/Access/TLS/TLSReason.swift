import NIOSSL

/// What an error of the TLS library means to the person who reads the log. The library's own text names source files.
enum TLSReason {
    /// The reason's name in the library, such as `CERTIFICATE_VERIFY_FAILED`; nil when the error has none.
    static func name(in error: any Error) -> String? {
        // "error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …"
        let text = "\(error)"
        guard let library = text.firstRange(of: "OPENSSL_internal:") else { return nil }
        return String(text[library.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    }

    /// Why a handshake failed.
    static func sentence(_ error: any Error) -> String {
        guard let name = name(in: error) else { return "\(error)" }
        return sentences[name] ?? name
    }

    /// The client has closed the connection in the middle of the handshake, or before it began.
    static func isEnd(_ error: any Error) -> Bool {
        guard case .handshakeFailed(.sslError(let stack)) = error as? NIOSSLError else { return false }
        return stack.contains(.eofDuringHandshake)
    }

    private static let sentences = [
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the client showed no certificate, and server.tls wants one",
        "CERTIFICATE_VERIFY_FAILED":
            "the client's certificate is not valid: expired, or not from the authority in server.tls",
        "UNSUPPORTED_PROTOCOL": "the client speaks no TLS of version 1.2 or later",
        "NO_SHARED_CIPHER": "the client knows no cipher that is safe enough",
        "NO_APPLICATION_PROTOCOL": "the client does not speak HTTP/1.1",
        "TLSV1_ALERT_UNKNOWN_CA": "the client does not trust the server's certificate",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the client does not trust the server's certificate",
        "SSLV3_ALERT_BAD_CERTIFICATE": "the client does not like the server's certificate",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client finds that the server's certificate has expired",
        "WRONG_VERSION_NUMBER": "the client does not speak TLS",
    ]
}
