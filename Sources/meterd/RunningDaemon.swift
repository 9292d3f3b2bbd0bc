import AsyncHTTPClient
import Foundation
import MeterdConfiguration
import Metering
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import ReportDefinitions

/// The daemon a configuration describes, asked over its own API.
struct RunningDaemon {
    /// How long a report may take.
    private static let timeout = TimeAmount.hours(6)
    private let address: ListenAddress

    init(_ configuration: Configuration) {
        address = configuration.server.listen
    }

    /// What the daemon answers; nil when none is running.
    func run(_ request: ReportRunRequest) async throws -> ReportRunResult? {
        guard address.port != 0 else { return nil }
        var message = HTTPClientRequest(url: "http://\(reachable)/api/v1/reports/\(request.report)/run")
        message.method = .POST
        message.headers.add(name: "Content-Type", value: "application/json")
        message.body = .bytes(ByteBuffer(data: try body(request)))
        // One try to connect: a refused connection says that no daemon is running.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let outcome: Result<ReportRunResult?, any Error>
        do {
            outcome = .success(try await send(message, over: client))
        } catch {
            outcome = .failure(error)
        }
        try await client.shutdown()
        return try outcome.get()
    }

    private func send(_ message: HTTPClientRequest, over client: HTTPClient) async throws -> ReportRunResult? {
        let response: HTTPClientResponse
        do {
            response = try await client.execute(message, timeout: Self.timeout)
        } catch let error as HTTPClientError where error == .connectTimeout {
            return nil
        } catch is NIOConnectionError {
            return nil
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return nil
        }
        let bytes = Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        guard response.status == .ok else {
            let problem = try? JSONDecoder().decode(Problem.self, from: bytes)
            throw RefusedByDaemon(status: Int(response.status.code), detail: problem?.detail)
        }
        return try JSONDecoder().decode(Answer.self, from: bytes).result
    }

    /// A daemon that listens on every address is asked on loopback.
    private var reachable: ListenAddress {
        switch address.host {
        case "0.0.0.0": ListenAddress(host: "127.0.0.1", port: address.port)
        case "::": ListenAddress(host: "::1", port: address.port)
        default: address
        }
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
                openDays: openDays.compactMap(LocalDay.init)
            )
        }
    }
}

/// The daemon answered, and not with a result.
struct RefusedByDaemon: Error, CustomStringConvertible {
    var status: Int
    var detail: String?
    var description: String { detail ?? "the running meterd answered \(status)" }
}
