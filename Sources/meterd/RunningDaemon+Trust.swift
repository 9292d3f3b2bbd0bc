import AsyncHTTPClient
import Foundation
import MeterdConfiguration
import NIOSSL

/// How a command knows that the meterd it asks is the one of its configuration.
///
/// Where the configured certificate names a host, that name is asked for at the daemon's address, and the certificate has
/// to be good for it: by its own root, if that is in the file, or by one the system knows. Where it names none, the name
/// does not count, and only what is in the file is trusted.
struct DaemonTrust: Sendable {
    /// Why there can be no trusted connection.
    let fault: UntrustedDaemon?
    private let tls: TLSConfiguration?
    /// The name that is asked for in place of the address.
    private let name: String?
    private let host: String

    /// - Parameter tls: nil: connections are not encrypted.
    init(_ tls: ServerSettings.TLS?, at address: ListenAddress, environment: [String: String]) {
        host = address.host
        guard let tls else {
            (fault, self.tls, name) = (nil, nil, nil)
            return
        }
        do throws(UntrustedDaemon) {
            let certificates = try Self.certificates(tls.certificate, named: "server.tls.certificate")
            let hostName = certificates.first?.hostName
            self.tls = try Self.settings(certificates, isNamed: hostName != nil, tls.client, environment)
            name = hostName
            fault = nil
        } catch {
            (fault, self.tls, name) = (error, nil, nil)
        }
    }

    private static func settings(
        _ certificates: [NIOSSLCertificate],
        isNamed: Bool,
        _ client: ServerSettings.TLS.ClientCertificates?,
        _ environment: [String: String]
    ) throws(UntrustedDaemon) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        if isNamed {
            settings.additionalTrustRoots = [.certificates(certificates)]
        } else {
            settings.trustRoots = .certificates(certificates)
            settings.certificateVerification = .noHostnameVerification
        }
        try addClient(client, &settings, environment)
        return settings
    }

    /// How addresses begin.
    var scheme: String { tls == nil && fault == nil ? "http" : "https" }

    /// Where requests go: to the certificate's name, which `prepare` leads to the address.
    func url(_ address: ListenAddress) -> String {
        "\(scheme)://\(name.map { "\($0):\(address.port)" } ?? "\(address)")"
    }

    /// Sets what the client trusts.
    func prepare(_ settings: inout HTTPClient.Configuration) {
        settings.tlsConfiguration = tls
        if let name { settings.dnsOverride = [name: host] }
    }

    /// What went wrong on the way to the daemon, in words where it is for the sake of trust.
    func explained(_ error: any Error, address: String) -> any Error {
        guard tls != nil, error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else {
            return error
        }
        let said = "\(error)"
        if said.contains("CERTIFICATE_VERIFY_FAILED") || error is NIOSSLExtraError {
            return UntrustedDaemon(
                "the meterd at \(address) does not show the certificate of server.tls.certificate, or its root is not known: "
                    + "let it read its files again (SIGHUP), or put the root's certificate at the end of that file"
            )
        }
        if said.contains("WRONG_VERSION_NUMBER") {
            return UntrustedDaemon("what answers at \(address) speaks no TLS: restart meterd with this configuration")
        }
        let reason = said.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/).map { String($0.output.1) }
        if reason == "TLSV1_ALERT_CERTIFICATE_REQUIRED" {
            return UntrustedDaemon(
                "the meterd at \(address) asks for a client certificate: set METERD_CLIENT_CERTIFICATE and "
                    + "METERD_CLIENT_KEY to the PEM files of one"
            )
        }
        return UntrustedDaemon("there is no trusted connection to the meterd at \(address): \(reason ?? said)")
    }

    private static func certificates(
        _ path: String,
        named key: String
    ) throws(UntrustedDaemon) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw UntrustedDaemon("\(key) cannot be read as PEM certificates: \(path)")
        }
    }

    private static func addClient(
        _ client: ServerSettings.TLS.ClientCertificates?,
        _ settings: inout TLSConfiguration,
        _ environment: [String: String]
    ) throws(UntrustedDaemon) {
        let names = ["METERD_CLIENT_CERTIFICATE", "METERD_CLIENT_KEY"]
        let paths = names.map { environment[$0] ?? "" }
        guard client != nil, paths.contains(where: { !$0.isEmpty }) else { return }
        if let missing = zip(names, paths).first(where: \.1.isEmpty) {
            throw UntrustedDaemon("\(missing.0) is not set: a client certificate has a key, each in a PEM file")
        }
        settings.certificateChain = try certificates(paths[0], named: names[0]).map { .certificate($0) }
        do {
            settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: paths[1], format: .pem))
        } catch {
            throw UntrustedDaemon("\(names[1]) cannot be read as a PEM key without a password: \(paths[1])")
        }
    }
}

/// There is no connection that can be trusted.
struct UntrustedDaemon: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension NIOSSLCertificate {
    /// A host the certificate is good for; `*` in front of it becomes a word.
    fileprivate var hostName: String? {
        for name in _subjectAlternativeNames() where name.nameType == .dnsName {
            let text = String(decoding: name.contents, as: UTF8.self)
            let isHost = text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || "-.*".utf8.contains(byte)
            }
            if isHost, !text.isEmpty { return text.hasPrefix("*.") ? "meterd" + text.dropFirst() : text }
        }
        return nil
    }
}
