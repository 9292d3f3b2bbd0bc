import Engine
import Foundation
import Metering
import Observability
import ReportDefinitions
import TestServers
import Testing

@testable import HTTPServer

@Suite("Reports, health and everything else over the API")
struct APIRouteTests {
    private static let run = ReportRunResult(
        report: "tokens",
        dryRun: true,
        files: [
            DeliveredFile(
                key: "tokens/2025-06-07.csv",
                outcome: .planned,
                rows: 3,
                bytes: 99,
                skippedRows: 1,
                sha256: "ab"
            )
        ]
    )

    private func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("a report is run for the days asked for, and the answer lists the files")
    func runReport() async throws {
        let reports = ScriptedReports(result: .success(Self.run))
        try await RunningServer.with(reports: reports) { server in
            let answer = try await server.client {
                try $0.exchange(
                    post("/api/v1/reports/tokens/run", #"{"from":"2025-06-07","to":"2025-06-08","dryRun":true}"#)
                )
            }
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"report":"tokens","dryRun":true,"rows":3,"bytes":99,"skippedRows":1,"openDays":[],"warnings":[],"files":["#
                    + #"{"key":"tokens/2025-06-07.csv","outcome":"planned","rows":3,"bytes":99,"skippedRows":1,"sha256":"ab"}]}"#
            )
            let request = try #require(reports.lastRequest)
            #expect(request.report == "tokens")
            #expect(request.days?.lowerBound.description == "2025-06-07")
            #expect(request.days?.upperBound.description == "2025-06-08")
            #expect(request.dryRun)
        }
    }

    @Test("a run without a body is for whatever is due")
    func runDue() async throws {
        let reports = ScriptedReports(result: .success(Self.run))
        try await RunningServer.with(reports: reports) { server in
            let status = try await server.client { try $0.exchange(post("/api/v1/reports/tokens/run", "")).status }
            #expect(status == 200)
            #expect(reports.lastRequest == ReportRunRequest(report: "tokens", days: nil, dryRun: false))
        }
    }

    @Test(
        "a body that is no run request is 400",
        arguments: [
            "[]", "{", #"{"from":"2025-06-07"}"#, #"{"from":"2025-06-08","to":"2025-06-08"}"#,
            #"{"form":"2025-06-08"}"#,
            #"{"from":"2025-02-30","to":"2025-03-01"}"#, #"{"dryRun":"yes"}"#, #"{"from":1,"to":2}"#,
        ]
    )
    func badRun(_ body: String) async throws {
        try await RunningServer.with(reports: ScriptedReports(result: .success(Self.run))) { server in
            let answer = try await server.client { try $0.exchange(post("/api/v1/reports/tokens/run", body)) }
            #expect(answer.status == 400)
        }
    }

    @Test(
        "an error of the report has its status",
        arguments: [
            (ReportServiceError.unknownReport("x"), 404), (.invalidDays("x"), 400), (.running("x"), 409),
            (.destination("x"), 502), (.unavailable("x"), 503),
        ]
    )
    func runErrors(_ error: ReportServiceError, _ status: Int) async throws {
        try await RunningServer.with(reports: ScriptedReports(result: .failure(error))) { server in
            let answer = try await server.client { try $0.exchange(post("/api/v1/reports/tokens/run", "{}")) }
            #expect(answer.status == status)
        }
    }

    @Test("the server is alive and ready; each thing that fails turns readiness red and is named")
    func health() async throws {
        let engine = ScriptedEngine()
        let changes: [(String, @Sendable (inout EngineHealth) -> Void)] = [
            ("recovered", { $0.recovered = false }), ("log", { $0.failure = "the disk is gone" }),
            ("disk", { $0.diskLow = true }), ("apply", { $0.applyStalledSeconds = 31 }),
        ]
        try await RunningServer.with(engine) { server in
            let alive = try await server.client { try $0.exchange(Requests.get("/healthz")) }
            #expect(alive.status == 200)
            #expect(alive.body == #"{"status":"ok"}"#)
            let ready = try await server.client { try $0.exchange(Requests.get("/readyz")) }
            #expect(ready.status == 200)
            #expect(ready.body.hasPrefix(#"{"status":"ready","checks":["#))
            let good = engine.health
            for (name, change) in changes {
                var health = good
                change(&health)
                engine.health = health
                let red = try await server.client { try $0.exchange(Requests.get("/readyz")) }
                #expect(red.status == 503)
                #expect(red.body.contains(#"{"name":"\#(name)","ok":false"#), "\(red.body)")
            }
        }
    }

    private struct ScriptedReadiness: ReadinessService {
        var readinessChecks: [ReadinessCheck]
    }

    @Test("what other parts say of readiness stands behind the server's own checks, and one of them turns it red")
    func otherReadiness() async throws {
        let good = ScriptedReadiness(readinessChecks: [
            ReadinessCheck(name: "kafka:main", ok: true, detail: "3 partitions"),
            ReadinessCheck(name: "kafka:other", ok: true, detail: "no partitions"),
        ])
        let bad = ScriptedReadiness(readinessChecks: [
            ReadinessCheck(name: "kafka:third", ok: false, detail: "the brokers refuse the password")
        ])
        for (services, status) in [([good], 200), ([good, bad], 503)] as [([any ReadinessService], Int)] {
            try await RunningServer.with(readiness: services) { server in
                let answer = try await server.client { try $0.exchange(Requests.get("/readyz")) }
                #expect(answer.status == status)
                #expect(answer.body.hasPrefix(status == 200 ? #"{"status":"ready""# : #"{"status":"not ready""#))
                let checks = services.flatMap(\.readinessChecks).map {
                    #"{"name":"\#($0.name)","ok":\#($0.ok),"detail":"\#($0.detail)"}"#
                }
                let own = #"{"name":"serving","ok":true,"detail":"the server takes requests"}"#
                #expect(answer.body.hasSuffix(([own] + checks).joined(separator: ",") + "]}"), "\(answer.body)")
            }
        }
    }

    @Test("the metrics page shows what went through the server")
    func metrics() async throws {
        try await RunningServer.with { server in
            let answer = try await server.client { client in
                _ = try client.exchange(Requests.post())
                _ = try client.exchange(Requests.post("x"))
                _ = try client.exchange(Requests.get("/nowhere"))
                _ = try client.exchange(Requests.get("/api/v1/meters/x"))
                return try client.exchange(Requests.get("/metrics"))
            }
            #expect(answer.headers["content-type"] == MetricsRegistry.contentType)
            for line in [
                #"meterd_ingest_events_total{origin="http",outcome="accepted"} 1"#,
                #"meterd_ingest_events_total{origin="http",outcome="invalid"} 1"#,
                #"meterd_http_request_duration_seconds_count{route="/api/v1/events",status="2xx"} 1"#,
                #"meterd_http_request_duration_seconds_count{route="/api/v1/events",status="4xx"} 1"#,
                #"meterd_http_request_duration_seconds_count{route="/api/v1/meters/:meter",status="4xx"} 1"#,
                #"meterd_http_request_duration_seconds_count{route="unmatched",status="4xx"} 1"#,
                "meterd_http_request_body_bytes_total 99", "meterd_http_requests_in_flight 1",
                "meterd_http_connections 1",
            ] {
                #expect(answer.body.contains("\n\(line)\n"), "\(line)")
            }
        }
    }

    @Test("a path that is not there is 404 and a wrong method 405, as problem documents with the request's id")
    func notFound() async throws {
        try await RunningServer.with { server in
            let (missing, wrong) = try await server.client { client in
                (
                    try client.exchange(Requests.get("/api/v1/nothing", headers: "X-Request-Id: r-7\r\n")),
                    try client.exchange(Requests.get("/api/v1/meters", method: "DELETE"))
                )
            }
            #expect(missing.status == 404)
            #expect(missing.headers["content-type"] == "application/problem+json")
            #expect(missing.headers["x-request-id"] == "r-7")
            #expect(missing.body.contains(#""instance":"urn:request:r-7""#))
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "GET, HEAD, POST")
        }
    }

    @Test("HEAD has the head of GET and no body, also for an error", arguments: [("/healthz", 200), ("/nowhere", 404)])
    func head(_ path: String, _ status: Int) async throws {
        try await RunningServer.with { server in
            let (head, next) = try await server.client { client in
                (
                    try client.exchange(Requests.get(path, method: "HEAD"), toHead: true),
                    try client.exchange(Requests.get(path))
                )
            }
            #expect(head.status == status)
            // The answer to GET would not parse if HEAD had left a body before it.
            #expect(next.status == status)
            #expect(head.headers["content-length"] == "\(next.body.utf8.count)")
        }
    }

    @Test(
        "a body that no route wants so long is 413",
        arguments: ["Content-Length: 100000", "Transfer-Encoding: chunked"]
    )
    func largeBody(_ framing: String) async throws {
        try await RunningServer.with(settings: { $0.limits.apiBody = 64 << 10 }) { server in
            let (status, closed) = try await server.client { client in
                client.send("POST /api/v1/reports/tokens/run HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
                client.send(String(repeating: "1000\r\n\(String(repeating: "x", count: 4096))\r\n", count: 25))
                return (try client.answer()?.status, try client.isClosed())
            }
            #expect(status == 413)
            #expect(closed)
        }
    }

    @Test(
        "curl posts an event and reads the metrics",
        .enabled(if: FileManager.default.isExecutableFile(atPath: curlPath))
    )
    func curl() async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let port = server.port
            let printed = try await BlockingThread.run {
                try ["/api/v1/events", "/metrics"].map { path in
                    let process = Process()
                    process.executableURL = URL(filePath: Self.curlPath)
                    process.arguments = ["-sS", "-w", "%{http_code}", "http://127.0.0.1:\(port)\(path)"]
                    if path.hasSuffix("events") {
                        process.arguments? += ["-H", "Content-Type: application/json", "-d", Requests.event("curl-1")]
                    }
                    let pipe = Pipe()
                    process.standardOutput = pipe
                    try process.start()
                    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    return String(decoding: data, as: UTF8.self)
                }
            }
            #expect(printed[0] == "204")
            #expect(printed[1].hasSuffix("200"))
            #expect(engine.ids == ["curl-1"])
        }
    }

    private static let curlPath = "/usr/bin/curl"
}
