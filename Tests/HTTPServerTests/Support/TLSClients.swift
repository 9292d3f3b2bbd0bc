import Foundation
import Glibc
import TestServers

/// curl, run once.
enum Curl {
    static let path = "/usr/bin/curl"

    struct Answer: Sendable {
        /// Of curl: 0 when it got an answer, whatever the answer says.
        var exit: Int32
        /// Of the answer; 0 without one.
        var status: Int
        var errors: String
    }

    /// Asks `https://localhost:port`, trusting this authority.
    static func get(
        _ path: String,
        port: Int,
        trusting authority: String,
        _ arguments: [String] = []
    ) async throws -> Answer {
        let outcome = try await Command.run(
            [
                Self.path, "--silent", "--show-error", "--max-time", "60", "--cacert", authority, "--output",
                "/dev/null",
                "--write-out", "%{http_code}", "https://localhost:\(port)\(path)",
            ] + arguments
        )
        return Answer(exit: outcome.status, status: Int(outcome.output) ?? 0, errors: outcome.errors)
    }
}

/// A TLS connection that sends exactly the bytes it is told to: openssl's client between a `RawClient` and the server.
final class TLSConnection {
    let client: RawClient
    private let process: Process

    init(port: Int, trusting authority: String, _ arguments: [String] = []) throws {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw RawClient.Failure(description: "socketpair failed: \(errno)")
        }
        // Or other programs would hold an end too, and it would never be seen closed.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        client = RawClient(connected: ends[0])
        let end = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        process = Process()
        process.executableURL = URL(filePath: TestCertificates.openssl)
        process.arguments =
            [
                "s_client", "-quiet", "-no_ign_eof", "-verify_return_error", "-connect", "127.0.0.1:\(port)", "-CAfile",
                authority,
            ] + arguments
        process.standardInput = end
        process.standardOutput = end
        process.standardError = FileHandle.nullDevice
        try process.start()
        try end.close()
    }

    deinit { process.terminate() }
}
