import Foundation
import Metering
import Observability
import ReportDefinitions
import Testing

@testable import HTTPServer

@Suite("Pages of reports over the API")
struct PageRouteTests {
    private static let paths = [
        "/krateo/cost/cloud-costs", "/krateo/usage", "/api/v1/reports/cloud-costs/focus.csv",
    ]

    private func get(
        _ path: String,
        _ reports: ScriptedReports,
        method: String = "GET"
    ) async throws -> RawClient.Answer {
        var answer: RawClient.Answer?
        try await RunningServer.with(reports: reports) { server in
            answer = try await server.client {
                try $0.exchange(Requests.get(path, method: method), toHead: method == "HEAD")
            }
        }
        return try #require(answer)
    }

    private func days(_ from: String, _ to: String) throws -> Range<LocalDay> {
        try #require(LocalDay(from))..<(#require(LocalDay(to)))
    }

    @Test("a page is sent whole in pieces, its length announced, and the connection goes on")
    func pieces() async throws {
        let text = String((0..<120_000).map { "\($0)\n" }.joined())
        let page = ScriptedPage(Array(text.utf8))
        try await RunningServer.with(reports: ScriptedReports(page: .success(page))) { server in
            let (answer, next) = try await server.client { client in
                (try client.exchange(Requests.get(Self.paths[2])), try client.exchange(Requests.get("/healthz")))
            }
            #expect(answer.status == 200)
            #expect(answer.headers["content-length"] == "\(text.utf8.count)")
            #expect(answer.body == text)
            #expect(next.status == 200)
        }
        #expect(text.utf8.count > 2 * PageBody.pieceLimit)
        #expect(page.ranges.map(\.lowerBound) == [0, 262_144, 524_288])
        #expect(page.ranges.last?.upperBound == text.utf8.count)
    }

    @Test("an empty page is answered as such", arguments: paths)
    func empty(_ path: String) async throws {
        let answer = try await get(path, ScriptedReports(page: .success(ScriptedPage([]))))
        #expect(answer.status == 200)
        #expect(answer.headers["content-length"] == "0")
    }

    @Test("the CSV is text/csv and nothing else, and Krateo's pages are Prometheus text")
    func contentTypes() async throws {
        let reports = ScriptedReports(page: .success(ScriptedPage(Array("x".utf8))))
        for (path, type) in zip(Self.paths, [MetricsRegistry.contentType, MetricsRegistry.contentType, "text/csv"]) {
            #expect(try await get(path, reports).headers["content-type"] == type)
        }
    }

    @Test("report, days and version reach the reports")
    func requests() async throws {
        let reports = ScriptedReports(page: .success(ScriptedPage([])))
        let range = "from=2025-06-07&to=2025-06-09"
        for path in Self.paths { #expect(try await get(path, reports).status == 200) }
        for path in Self.paths { #expect(try await get("\(path)?\(range)", reports).status == 200) }
        #expect(try await get("\(Self.paths[2])?version=1.0", reports).status == 200)
        let two = try days("2025-06-07", "2025-06-09")
        #expect(
            reports.pages == [
                .krateoCost(report: "cloud-costs", days: nil), .krateoUsage(days: nil),
                .focusCSV(report: "cloud-costs", days: nil, version: nil),
                .krateoCost(report: "cloud-costs", days: two), .krateoUsage(days: two),
                .focusCSV(report: "cloud-costs", days: two, version: nil),
                .focusCSV(report: "cloud-costs", days: nil, version: .v1_0),
            ]
        )
    }

    @Test(
        "days that are none, half a range or the wrong way round are 400, as is what the page does not know",
        arguments: [
            ("from=2025-06-07", "both or neither"), ("to=2025-06-07", "both or neither"),
            ("from=&to=", "both or neither"), ("from=2025-6-7&to=2025-06-08", "both or neither"),
            ("from=2025-02-29&to=2025-03-01", "both or neither"),
            ("from=2025-06-07T00:00:00Z&to=2025-06-08T00:00:00Z", "both or neither"),
            ("from=2025-06-08&to=2025-06-07", "from (2025-06-08) must be before to (2025-06-07)"),
            ("from=2025-06-07&to=2025-06-07", "must be before"),
            ("from=2025-06-07&from=2025-06-07&to=2025-06-08", "from is given more than once"),
            ("form=2025-06-07", "unknown parameter 'form'; the parameters are from, to"), ("%zz", "hexadecimal"),
        ]
    )
    func badDays(_ query: String, _ says: String) async throws {
        let reports = ScriptedReports(page: .success(ScriptedPage([])))
        for path in Self.paths {
            let answer = try await get("\(path)?\(query)", reports)
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.body.contains(says), "\(answer.body)")
        }
        #expect(reports.pages.isEmpty)
    }

    @Test(
        "only the CSV has a version, and only those there are",
        arguments: ["", "1", "1.5", "v1.2", "1.2&version=1.2"]
    )
    func badVersion(_ version: String) async throws {
        let reports = ScriptedReports(page: .success(ScriptedPage([])))
        for path in Self.paths {
            #expect(try await get("\(path)?version=\(version)", reports).status == 400)
        }
        #expect(try await get("\(Self.paths[0])?version=1.1", reports).status == 400)
        #expect(reports.pages.isEmpty)
    }

    @Test(
        "an error of the reports has its status",
        arguments: [
            (ReportServiceError.unknownReport("x"), 404), (.unsuitable("not FOCUS"), 404), (.invalidDays("x"), 400),
            (.unavailable("x"), 503),
        ]
    )
    func errors(_ error: ReportServiceError, _ status: Int) async throws {
        for path in Self.paths {
            let answer = try await get(path, ScriptedReports(page: .failure(error)))
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
        }
    }

    @Test("HEAD has the length and no body, and reads nothing of the page", arguments: paths)
    func head(_ path: String) async throws {
        let page = ScriptedPage(Array(repeating: 65, count: 300_000))
        try await RunningServer.with(reports: ScriptedReports(page: .success(page))) { server in
            let (head, next) = try await server.client { client in
                (
                    try client.exchange(Requests.get(path, method: "HEAD"), toHead: true),
                    try client.exchange(Requests.get("/healthz"))
                )
            }
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "300000")
            #expect(next.body == #"{"status":"ok"}"#)
        }
        #expect(page.ranges.isEmpty)
    }

    @Test("another method is 405 and says which there are", arguments: paths)
    func methods(_ path: String) async throws {
        let answer = try await get(path, ScriptedReports(), method: "DELETE")
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, HEAD")
    }

    @Test(
        "a page that cannot be read to its end closes the connection before the announced length",
        arguments: [ScriptedPage.Reading.fails(at: 300_000), .fails(at: 0), .ends(at: 300_000), .overflows]
    )
    func broken(_ reading: ScriptedPage.Reading) async throws {
        let page = ScriptedPage(Array(repeating: 65, count: 1_000_000), reading)
        try await RunningServer.with(reports: ScriptedReports(page: .success(page))) { server in
            await #expect(throws: RawClient.Failure.self) {
                try await server.client { client in
                    client.send(Requests.get(Self.paths[2]))
                    // Nil: it closed before the head was out.
                    guard try client.answer() == nil else { return }
                    throw RawClient.Failure(description: "closed without an answer")
                }
            }
            try await BlockingThread.run {
                try Patience.wait { server.registry.render().contains("meterd_http_requests_in_flight 0\n") }
            }
            // The server goes on.
            #expect(try await server.client { try $0.exchange(Requests.get("/healthz")).status } == 200)
        }
    }

    @Test("a client that stops in the middle of a page loses the connection after a while")
    func stalled() async throws {
        let page = ScriptedPage(Array(repeating: 65, count: 32 * 1024 * 1024))
        let reports = ScriptedReports(page: .success(page))
        try await RunningServer.with(reports: reports, settings: { $0.timeouts.answer = .milliseconds(100) }) {
            server in
            try await server.client { client in
                client.send(Requests.get(Self.paths[2]))
                try Patience.wait { server.registry.render().contains("meterd_http_connections 1\n") }
                try Patience.wait { server.registry.render().contains("meterd_http_connections 0\n") }
            }
        }
        #expect((page.ranges.last?.upperBound ?? 0) < page.bytes)
    }

    @Test("pages over the limit are 503 while others are sent, and make room however they end")
    func limit() async throws {
        let page = ScriptedPage(Array("date\n".utf8), .waits)
        let reports = ScriptedReports(page: .success(page))
        try await RunningServer.with(reports: reports, settings: { $0.limits.reportPages = 2 }) { server in
            let (refused, first, again) = try await server.client { first in
                first.send(Requests.get(Self.paths[0]))
                let gone = try RawClient(port: server.port)
                gone.send(Requests.get(Self.paths[1]))
                try Patience.wait { page.ranges.count == 2 }
                let refused = try RawClient(port: server.port).exchange(Requests.get(Self.paths[2]))
                gone.resetAtEnd()
                page.goOn()
                let answer = try first.answer()
                // A HEAD and an error give their turn back as well.
                let again = try (0..<5).map { _ in
                    _ = try first.exchange(Requests.get(Self.paths[0], method: "HEAD"), toHead: true)
                    return try first.exchange(Requests.get(Self.paths[2])).status
                }
                return (refused, answer, again)
            }
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"] == "1")
            #expect(refused.body.contains("2 pages of reports"))
            #expect(first?.body == "date\n")
            #expect(again == [200, 200, 200, 200, 200])
        }
    }
}
