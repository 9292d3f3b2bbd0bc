import Glibc
import NIOCore
import NIOSSL

/// The certificates and the key that `TLSSettings` name, read once.
struct TLSCertificates {
    private let settings: TLSSettings
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey
    private let authorities: [NIOSSLCertificate]

    /// Bytes of a PEM file.
    static let fileLimit = 1024 * 1024
    /// For a client to say that it has seen the end, before the connection is cut.
    private static let shutdownTimeout = TimeAmount.seconds(2)

    /// Reads the files.
    init(_ settings: TLSSettings) throws(TLSFault) {
        self.settings = settings
        chain = try Self.certificates(settings.certificate)
        key = try Self.key(settings.key)
        authorities = if let clients = settings.clients { try Self.certificates(clients.authority) } else { [] }
    }

    /// Seconds since 1970-01-01T00:00:00Z at which the server's own certificate, or one it rests on, ends.
    var expiry: Int64 { chain.map { Int64($0.notValidAfter) }.min() ?? 0 }

    /// What connections are made with: TLS 1.2 or 1.3 (RFC 9325 section 3.1.1), HTTP/1.1 and no other protocol.
    func makeContext() throws(TLSFault) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = Self.shutdownTimeout
        if let clients = settings.clients {
            configuration.trustRoots = .certificates(authorities)
            configuration.sendCANameList = true
            configuration.certificateVerification =
                clients.isRequired ? .noHostnameVerification : .optionalVerification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            // The key was read well, so this can only mean that the certificate wants another one.
            guard error as? NIOSSLError != .failedToLoadPrivateKey else {
                throw .mismatch(certificate: settings.certificate, key: settings.key)
            }
            throw .unusable(reason: TLSReason.name(in: error) ?? "\(error)")
        }
    }

    private static func certificates(_ path: String) throws(TLSFault) -> [NIOSSLCertificate] {
        let bytes = try read(path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes) else {
            throw .noCertificate(path: path)
        }
        return certificates
    }

    private static func key(_ path: String) throws(TLSFault) -> NIOSSLPrivateKey {
        let bytes = try read(path)
        // Asked for a password, so an encrypted key is told from a broken one.
        var isEncrypted = false
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem) { (_: NIOSSLPassphraseSetter<[UInt8]>) in
                isEncrypted = true
                throw TLSFault.encryptedKey(path: path)
            }
        } catch {
            throw isEncrypted ? .encryptedKey(path: path) : .noKey(path: path)
        }
    }

    private static func read(_ path: String) throws(TLSFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= fileLimit else { throw .tooLarge(path: path, limit: fileLimit) }
        }
    }
}
