import Foundation
import HTTPServer
import TestServers

/// Certificates made by openssl for one test, in a directory of their own.
struct TestCertificates: Sendable {
    /// A certificate and its key, as paths.
    struct Pair: Sendable {
        var certificate: String
        var key: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let openssl = "/usr/bin/openssl"
    let directory: URL
    /// Issued `server` and, in most tests, the clients' certificates.
    let authority: Pair
    /// For localhost and 127.0.0.1.
    let server: Pair

    /// Runs `body` with an authority and a server's certificate, and removes them afterwards.
    static func with(_ body: (TestCertificates) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let authority = try await makeAuthority("authority", in: directory)
        let server = try await issue("server", by: authority, in: directory)
        try await body(TestCertificates(directory: directory, authority: authority, server: server))
    }

    /// Another authority.
    func authority(_ name: String) async throws -> Pair {
        try await Self.makeAuthority(name, in: directory)
    }

    /// Another certificate, which ends in so many days from now.
    func issue(_ name: String, by authority: Pair? = nil, days: Int = 2) async throws -> Pair {
        try await Self.issue(name, by: authority ?? self.authority, days: days, in: directory)
    }

    /// A file with this text.
    func file(_ name: String, _ text: String) throws -> String {
        let path = directory.appending(path: name).path
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    func settings(clients: TLSSettings.Clients? = nil) -> TLSSettings {
        TLSSettings(certificate: server.certificate, key: server.key, clients: clients)
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private static func pair(_ name: String, in directory: URL) -> Pair {
        Pair(
            certificate: directory.appending(path: "\(name).pem").path,
            key: directory.appending(path: "\(name).key").path
        )
    }

    private static func makeAuthority(_ name: String, in directory: URL) async throws -> Pair {
        let pair = pair(name, in: directory)
        try await run(
            ["req", "-x509", "-days", "2", "-subj", "/CN=\(name)", "-keyout", pair.key, "-out", pair.certificate]
                + newKey
        )
        return pair
    }

    private static func issue(
        _ name: String,
        by authority: Pair,
        days: Int = 2,
        in directory: URL
    ) async throws -> Pair {
        let pair = pair(name, in: directory)
        let request = directory.appending(path: "\(name).csr").path
        let names = directory.appending(path: "\(name).ext")
        try Data("subjectAltName=DNS:localhost,IP:127.0.0.1\n".utf8).write(to: names)
        try await run(["req", "-subj", "/CN=\(name)", "-keyout", pair.key, "-out", request] + newKey)
        try await run([
            "x509", "-req", "-in", request, "-CA", authority.certificate, "-CAkey", authority.key, "-set_serial",
            "\(UInt32.random(in: 1...UInt32.max))", "-days", "\(days)", "-extfile", names.path, "-out",
            pair.certificate,
        ])
        return pair
    }

    /// Runs openssl.
    @discardableResult
    static func run(_ arguments: [String]) async throws -> String {
        let outcome = try await Command.run([openssl] + arguments)
        guard outcome.status == 0 else { throw Failure(description: "\(arguments): \(outcome.errors)") }
        return outcome.output
    }
}
