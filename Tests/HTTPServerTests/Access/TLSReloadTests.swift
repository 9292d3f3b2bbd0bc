import Foundation
import Glibc
import Observability
import Testing

@testable import HTTPServer

@Suite("Exchanging the certificate")
struct TLSReloadTests {
    /// The serial number of the certificate that a server shows.
    private func serial(_ port: Int, _ certificates: TestCertificates) async throws -> String {
        let shown = try await TestCertificates.run([
            "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificates.authority.certificate,
        ])
        let file = try certificates.file("shown.pem", shown)
        return try await TestCertificates.run(["x509", "-in", file, "-noout", "-serial"])
    }

    private func serial(of path: String) async throws -> String {
        try await TestCertificates.run(["x509", "-in", path, "-noout", "-serial"])
    }

    @Test("new connections get the new certificate, those that are open go on with the old one")
    func reload() async throws {
        try await TestCertificates.with { certificates in
            let renewed = try await certificates.issue("renewed")
            let serials = [
                try await serial(of: certificates.server.certificate), try await serial(of: renewed.certificate),
            ]
            try await RunningServer.with(settings: { $0.tls = certificates.settings() }) { server in
                let before = try await serial(server.port, certificates)
                #expect(before == serials[0])
                let authority = certificates.authority.certificate
                let statuses = try await BlockingThread.run {
                    let open = try TLSConnection(port: server.port, trusting: authority)
                    let before = try open.client.exchange(Requests.post()).status
                    // As a program that renews certificates does: other files under the same names.
                    for (new, old) in [
                        (renewed.certificate, certificates.server.certificate), (renewed.key, certificates.server.key),
                    ] {
                        guard rename(new, old) == 0 else { throw TestCertificates.Failure(description: "\(errno)") }
                    }
                    try server.server.reloadTLS()
                    return [before, try open.client.exchange(Requests.post()).status]
                }
                #expect(statuses == [204, 204])
                let after = try await serial(server.port, certificates)
                #expect(after == serials[1])
            }
        }
    }

    @Test("other paths may be given, and a reload without any uses the last ones")
    func otherPaths() async throws {
        try await TestCertificates.with { certificates in
            let renewed = try await certificates.issue("renewed")
            try await RunningServer.with(settings: { $0.tls = certificates.settings() }) { server in
                try server.server.reloadTLS(TLSSettings(certificate: renewed.certificate, key: renewed.key))
                #expect(try await serial(server.port, certificates) == serial(of: renewed.certificate))
                try server.server.reloadTLS()
                #expect(try await serial(server.port, certificates) == serial(of: renewed.certificate))
            }
        }
    }

    @Test("files that cannot be used are refused with what is wrong, and the old certificate stays")
    func bad() async throws {
        try await TestCertificates.with { certificates in
            let other = try await certificates.issue("other")
            let expired = try await certificates.issue("expired", days: -1)
            let encrypted = certificates.directory.appending(path: "encrypted.key").path
            try await TestCertificates.run([
                "pkey", "-in", certificates.server.key, "-aes128", "-passout", "pass:example", "-out", encrypted,
            ])
            let (certificate, key) = (certificates.server.certificate, certificates.server.key)
            let garbage = try certificates.file("garbage.pem", "not a certificate\n")
            let half = try certificates.file("half.pem", String(try certificates.text(certificate).dropLast(60)))
            let broken = try certificates.text(certificate).replacing("MII", with: "AII")
            let changed = try certificates.file("changed.pem", broken)
            let empty = try certificates.file("empty.pem", "")
            let long = try certificates.file("long.pem", String(repeating: "-", count: 1_100_000))
            let missing = certificates.directory.appending(path: "missing.pem").path
            let directory = certificates.directory.path
            let cases: [(TLSSettings, TLSFault)] = [
                (TLSSettings(certificate: garbage, key: key), .noCertificate(path: garbage)),
                (TLSSettings(certificate: half, key: key), .noCertificate(path: half)),
                (TLSSettings(certificate: changed, key: key), .noCertificate(path: changed)),
                (TLSSettings(certificate: empty, key: key), .noCertificate(path: empty)),
                (TLSSettings(certificate: key, key: key), .noCertificate(path: key)),
                (TLSSettings(certificate: long, key: key), .tooLarge(path: long, limit: 1024 * 1024)),
                (TLSSettings(certificate: certificate, key: certificate), .noKey(path: certificate)),
                (TLSSettings(certificate: certificate, key: empty), .noKey(path: empty)),
                (TLSSettings(certificate: certificate, key: encrypted), .encryptedKey(path: encrypted)),
                (
                    TLSSettings(certificate: certificate, key: other.key),
                    .mismatch(certificate: certificate, key: other.key)
                ),
                (
                    TLSSettings(certificate: missing, key: key),
                    .unreadable(path: missing, reason: "No such file or directory")
                ),
                (
                    TLSSettings(certificate: certificate, key: directory),
                    .unreadable(path: directory, reason: "Is a directory")
                ),
                (
                    TLSSettings(
                        certificate: certificate,
                        key: key,
                        clients: .init(authority: garbage, isRequired: true)
                    ),
                    .noCertificate(path: garbage)
                ),
            ]
            let now = Int64(Date().timeIntervalSince1970) * 1_000_000
            try await RunningServer.with(now: now, settings: { $0.tls = certificates.settings() }) { server in
                for (settings, fault) in cases {
                    #expect(throws: fault) { try server.server.reloadTLS(settings) }
                    #expect(throws: fault) { try TLSFault.check(settings) }
                }
                #expect {
                    try server.server.reloadTLS(TLSSettings(certificate: expired.certificate, key: expired.key))
                } throws: {
                    guard case .expired(expired.certificate, _) = $0 as? TLSFault else { return false }
                    return true
                }
                #expect(try await serial(server.port, certificates) == serial(of: certificate))
                // The paths of before are in force too.
                try server.server.reloadTLS()
                #expect(try await serial(server.port, certificates) == serial(of: certificate))
            }
            for (_, fault) in cases { #expect(!fault.description.contains("Error:")) }
        }
    }

    @Test("a server does not start with a certificate that cannot be used")
    func start() async throws {
        try await TestCertificates.with { certificates in
            let other = try await certificates.issue("other")
            let (certificate, key) = (certificates.server.certificate, other.key)
            await #expect(throws: TLSFault.mismatch(certificate: certificate, key: key)) {
                try await RunningServer.with(settings: { $0.tls = TLSSettings(certificate: certificate, key: key) }) {
                    _ in
                }
            }
        }
    }

    @Test("a server starts with a certificate that has expired, and complains")
    func expired() async throws {
        let log = LogLines()
        try await TestCertificates.with { certificates in
            let expired = try await certificates.issue("expired", days: -1)
            let settings = TLSSettings(certificate: expired.certificate, key: expired.key)
            let now = Int64(Date().timeIntervalSince1970) * 1_000_000
            try await RunningServer.with(log: log, now: now, settings: { $0.tls = settings }) { server in
                let authority = certificates.authority.certificate
                let careful = try await Curl.get("/healthz", port: server.port, trusting: authority)
                let careless = try await Curl.get("/healthz", port: server.port, trusting: authority, ["--insecure"])
                #expect(careful.exit == 60)
                #expect(careless.status == 200)
            }
        }
        #expect(log.lines(with: "error the server's certificate has expired").count == 1)
    }
}
