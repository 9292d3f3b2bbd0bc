import AsyncHTTPClient
import CloudEvents
import Foundation
import MeterdConfiguration
import Metering
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import ReportDefinitions

/// The daemon a configuration describes, asked over its own API. It has to be closed.
///
/// What it shows of itself comes from the environment: `METERD_TOKEN`, and where client certificates are asked for
/// `METERD_CLIENT_CERTIFICATE` and `METERD_CLIENT_KEY`.
final class RunningDaemon: Sendable {
    /// How long a report may take.
    private static let runTimeout = TimeAmount.hours(6)
    /// How long it may take to say how far a report is.
    private static let progressTimeout = TimeAmount.seconds(2)
    /// Bytes of an answer.
    private static let answerLimit = 64 << 20
    private let listen: ListenAddress
    private let trust: DaemonTrust
    private let token: String?
    private let client: HTTPClient

    init(
        _ configuration: Configuration,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let address = configuration.server.listen.reachable
        listen = address
        trust = DaemonTrust(configuration.server.tls, at: address, environment: environment)
        let shown = environment["METERD_TOKEN"]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        token = shown.isEmpty ? nil : shown
        // One try to connect: a refused connection says that no daemon is running.
        var settings = HTTPClient.Configuration()
        settings.connectionPool.retryConnectionEstablishment = false
        settings.httpVersion = .http1Only
        trust.prepare(&settings)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Closes the connections.
    func close() async throws { try await client.shutdown() }

    /// Where it is asked, such as `http://127.0.0.1:8888`.
    var address: String { "\(trust.scheme)://\(listen)" }

    /// What the daemon answers; nil when none is running.
    /// - Throws: `RefusedByDaemon` when it answers with something else than a result, `UntrustedDaemon` when there is no
    ///   trusted connection.
    func run(_ request: ReportRunRequest) async throws -> ReportRunResult? {
        guard listen.port != 0 else { return nil }
        if let fault = trust.fault { throw fault }
        var message = message(to: "/api/v1/reports/\(request.report)/run")
        message.method = .POST
        message.headers.add(name: "Content-Type", value: "application/json")
        message.body = .bytes(ByteBuffer(data: try body(request)))
        let response: HTTPClientResponse
        do {
            response = try await client.execute(message, timeout: Self.runTimeout)
        } catch let error as HTTPClientError where error == .connectTimeout {
            return nil
        } catch is NIOConnectionError {
            return nil
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return nil
        } catch {
            throw trust.explained(error, address: address)
        }
        let bytes = Data(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
        guard response.status == .ok else {
            let problem = try? JSONDecoder().decode(Problem.self, from: bytes)
            throw RefusedByDaemon(status: Int(response.status.code), detail: problem?.detail, hasToken: token != nil)
        }
        return try JSONDecoder().decode(Answer.self, from: bytes).result
    }

    /// How far a report's run is; nil when none is under way, or the daemon does not say.
    func progress(of report: String) async -> ReportProgress? {
        let message = message(to: "/api/v1/reports/\(report)/progress")
        guard trust.fault == nil,
            let response = try? await client.execute(message, timeout: Self.progressTimeout),
            response.status == .ok,
            let body = try? await response.body.collect(upTo: Self.answerLimit)
        else { return nil }
        return try? JSONDecoder().decode(Progress.self, from: Data(body.readableBytesView)).progress
    }

    private func message(to path: String) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: trust.url(listen) + path)
        if let token { message.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return message
    }

    private func body(_ request: ReportRunRequest) throws -> Data {
        var members: [String: Any] = ["dryRun": request.dryRun]
        if let days = request.days {
            members["from"] = days.lowerBound.description
            members["to"] = days.upperBound.description
        }
        return try JSONSerialization.data(withJSONObject: members)
    }

    private struct Problem: Decodable {
        var detail: String?
    }

    private struct Answer: Decodable {
        struct File: Decodable {
            var key: String
            var outcome: String
            var rows: Int
            var bytes: Int
            var skippedRows: Int
            var sha256: String
        }
        var report: String
        var dryRun: Bool
        var files: [File]
        var openDays: [String]
        var warnings: [String]

        var result: ReportRunResult {
            ReportRunResult(
                report: report,
                dryRun: dryRun,
                files: files.map {
                    DeliveredFile(
                        key: $0.key,
                        outcome: DeliveredFile.Outcome(rawValue: $0.outcome) ?? .written,
                        rows: $0.rows,
                        bytes: $0.bytes,
                        skippedRows: $0.skippedRows,
                        sha256: $0.sha256
                    )
                },
                openDays: openDays.compactMap(LocalDay.init),
                warnings: warnings
            )
        }
    }
}

/// What the daemon says of a run that is under way; the members are missing when none is.
private struct Progress: Decodable {
    var report: String
    var running: Bool
    var dryRun: Bool?
    var period: String?
    var files: Int?
    var filesDone: Int?
    var days: Int?
    var daysDone: Int?
    var rows: Int?
    var began: String?

    var progress: ReportProgress? {
        guard running, let days, let daysDone, let rows, let began = began.flatMap({ Timestamp($0) }) else {
            return nil
        }
        return ReportProgress(
            report: report,
            dryRun: dryRun ?? false,
            period: period ?? "",
            files: files ?? 0,
            filesDone: filesDone ?? 0,
            days: days,
            daysDone: daysDone,
            rows: rows,
            began: began
        )
    }
}

/// The daemon answered, and not with a result.
struct RefusedByDaemon: Error, CustomStringConvertible {
    var status: Int
    var detail: String?
    /// Whether `METERD_TOKEN` was shown.
    var hasToken: Bool

    var description: String {
        let said = detail ?? "the running meterd answered \(status)"
        switch status {
        case 401 where hasToken:
            return "the running meterd does not know the token in METERD_TOKEN: \(said)"
        case 401:
            return
                "the running meterd asks for a token: set METERD_TOKEN to one of server.tokens that has the scope admin"
        case 403:
            return "the token in METERD_TOKEN may not run reports, which needs the scope admin: \(said)"
        default: return said
        }
    }
}

extension ListenAddress {
    /// A daemon that listens on every address is asked on loopback.
    fileprivate var reachable: ListenAddress {
        switch host {
        case "0.0.0.0": ListenAddress(host: "127.0.0.1", port: port)
        case "::": ListenAddress(host: "::1", port: port)
        default: self
        }
    }
}
