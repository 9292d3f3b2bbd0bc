import Foundation
import Observability
import ReportDefinitions
import Testing

@testable import HTTPServer

@Suite("The life of a connection")
struct ConnectionTests {
    @Test("100 Continue is sent when the body is waited for, and only once the headers are good")
    func expectation() async throws {
        try await RunningServer.with { server in
            let event = Requests.event()
            let head =
                "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: \(event.utf8.count)\r\n"
            let good = try await server.client { client in
                client.send(head + "Content-Type: application/json\r\n\r\n")
                let first = try client.answer()?.status
                client.send(event)
                return [first, try client.answer()?.status]
            }
            let bad = try await server.client { client in
                client.send(head + "Content-Type: text/plain\r\n\r\n")
                return (try client.answer()?.status, try client.isClosed())
            }
            #expect(good == [100, 204])
            #expect(bad == (415, true))
        }
    }

    @Test("100 Continue does not overtake the answers before it")
    func expectationInOrder() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine) { server in
            let event = Requests.event()
            let statuses = try await server.client { client in
                let second = Requests.post(event, headers: "Expect: 100-continue\r\n")
                client.send(Requests.post() + second.dropLast(event.utf8.count))
                try Patience.wait { engine.heldCount >= 1 }
                usleep(20_000)
                engine.release()
                var statuses = [try client.answer()?.status, try client.answer()?.status]
                client.send(event)
                try Patience.wait { engine.heldCount >= 1 }
                engine.release()
                statuses.append(try client.answer()?.status)
                return statuses
            }
            #expect(statuses == [204, 100, 204])
        }
    }

    @Test("ingest and routed requests on one connection are answered in order")
    func mixed() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine) { server in
            let statuses = try await server.client { client in
                client.send(
                    Requests.post() + Requests.post() + Requests.get("/healthz") + Requests.get("/nowhere")
                        + Requests.post() + Requests.get("/healthz")
                )
                try Patience.wait { engine.heldCount >= 2 }
                usleep(20_000)
                engine.release(reversed: true)
                try Patience.wait { engine.heldCount >= 1 }
                engine.release()
                return try (0..<6).map { _ in try client.answer()?.status }
            }
            #expect(statuses == [204, 204, 200, 404, 204, 200])
        }
    }

    @Test(
        "Connection: close and HTTP/1.0 close after the answer, which says so",
        arguments: [
            (Requests.post(headers: "Connection: close\r\n"), 204),
            (Requests.post().replacing("HTTP/1.1", with: "HTTP/1.0"), 204),
            (Requests.get("/healthz", headers: "Connection: close\r\n"), 200),
        ]
    )
    func closes(_ request: String, _ status: Int) async throws {
        try await RunningServer.with { server in
            let (answer, closed) = try await server.client { client in
                (try client.exchange(request), try client.isClosed())
            }
            #expect(answer.status == status)
            #expect(answer.headers["connection"] == "close")
            #expect(closed)
        }
    }

    @Test("a client that closes its side after the request gets the answer")
    func halfClosed() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine) { server in
            let (status, closed) = try await server.client { client in
                client.send(Requests.post())
                client.finishSending()
                try Patience.wait { engine.heldCount >= 1 }
                usleep(20_000)
                engine.release()
                return (try client.answer()?.status, try client.isClosed())
            }
            #expect(status == 204)
            #expect(closed)
        }
    }

    @Test("a request that is cut off is not answered and not taken, wherever the cut is", arguments: [5, 60, 130, 180])
    func cutOff(_ length: Int) async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let (answered, closed) = try await server.client { client in
                client.send(String(Requests.post().prefix(length)))
                client.finishSending()
                return (try client.answer() != nil, try client.isClosed())
            }
            #expect(!answered)
            #expect(closed)
            #expect(engine.ids.isEmpty)
        }
    }

    @Test("a head, and a body, that take too long are 408 and the connection closes", arguments: [40, 190])
    func slow(_ length: Int) async throws {
        try await RunningServer.with(settings: {
            $0.timeouts.head = .milliseconds(150)
            $0.timeouts.body = .milliseconds(150)
        }) { server in
            let (status, closed) = try await server.client { client in
                client.send(String(Requests.post().prefix(length)))
                return (try client.answer()?.status, try client.isClosed())
            }
            #expect(status == 408)
            #expect(closed)
        }
    }

    @Test("sending a byte now and then does not stretch the time for a head")
    func dripping() async throws {
        try await RunningServer.with(settings: { $0.timeouts.head = .milliseconds(300) }) { server in
            let status = try await server.client { client in
                for byte in Requests.post().utf8.prefix(100) {
                    client.send([byte])
                    usleep(10_000)
                }
                return try client.answer()?.status
            }
            #expect(status == 408)
        }
    }

    @Test("a connection without requests is closed after the idle time, also after it had some")
    func idle() async throws {
        try await RunningServer.with(settings: { $0.timeouts.idle = .milliseconds(150) }) { server in
            let unused = try await server.client { try $0.isClosed() }
            let used = try await server.client { client in
                (try client.exchange(Requests.post()).status, try client.isClosed())
            }
            #expect(unused)
            #expect(used == (204, true))
        }
    }

    @Test("bodies being received take no more memory than the budget; the client is told to come again")
    func budget() async throws {
        try await RunningServer.with(settings: { $0.limits.bufferedBodies = 1000 }) { server in
            let (second, first) = try await server.client { first in
                let event = Requests.event(String(repeating: "x", count: 700))
                let request = Requests.post(event)
                first.send(String(request.dropLast()))
                try Patience.wait { server.registry.render().contains("meterd_http_requests_in_flight 1\n") }
                let other = try RawClient(port: server.port)
                other.send(String(request.dropLast()))
                let second = try other.answer()
                first.send("}")
                return (second, try first.answer())
            }
            #expect(second?.status == 503)
            #expect(second?.headers["retry-after"] == "1")
            #expect(first?.status == 204)
        }
    }

    @Test("requests of a connection that is reset are no longer in flight, and their events count all the same")
    func gauges() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine) { server in
            let during = try await server.client { client in
                client.send(Requests.post() + Requests.post())
                try Patience.wait { engine.heldCount >= 2 }
                client.resetAtEnd()
                return server.registry.render()
            }
            #expect(during.contains("meterd_http_connections 1\n"))
            #expect(during.contains("meterd_http_requests_in_flight 2\n"))
            try await BlockingThread.run {
                try Patience.wait { server.registry.render().contains("meterd_http_connections 0\n") }
            }
            engine.release()
            try await BlockingThread.run {
                try Patience.wait { server.registry.render().contains("outcome=\"accepted\"} 2\n") }
            }
            #expect(server.registry.render().contains("meterd_http_requests_in_flight 0\n"))
        }
    }

    @Test("a client that does not take its answer loses the connection after a while")
    func unread() async throws {
        let file = DeliveredFile(
            key: String(repeating: "k", count: 12 * 1024 * 1024),
            outcome: .planned,
            rows: 0,
            bytes: 0,
            skippedRows: 0,
            sha256: ""
        )
        let reports = ScriptedReports(result: .success(ReportRunResult(report: "tokens", dryRun: true, files: [file])))
        try await RunningServer.with(reports: reports, settings: { $0.timeouts.answer = .milliseconds(100) }) {
            server in
            try await server.client { client in
                client.send("POST /api/v1/reports/tokens/run HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
                try Patience.wait { server.registry.render().contains("meterd_http_connections 1\n") }
                try Patience.wait { server.registry.render().contains("meterd_http_connections 0\n") }
            }
        }
    }
}
