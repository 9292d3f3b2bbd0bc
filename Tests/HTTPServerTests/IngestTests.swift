import CloudEvents
import Engine
import Foundation
import Observability
import Testing

@testable import HTTPServer

@Suite("Ingest over a real connection")
struct IngestTests {
    @Test("an event that is on disk is answered with 204 and no body")
    func accepted() async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let answer = try await server.client { try $0.exchange(Requests.post()) }
            #expect(answer.status == 204)
            #expect(answer.headers["content-length"] == nil)
            #expect(answer.headers["date"] == "Sat, 07 Jun 2025 08:09:10 GMT")
            #expect(answer.headers["x-request-id"]?.isEmpty == false)
            #expect(engine.ids == ["1"])
            #expect(
                server.registry.render().contains("meterd_ingest_events_total{origin=\"http\",outcome=\"accepted\"} 1")
            )
        }
    }

    @Test("no answer leaves before the engine has the events on disk")
    func waits() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine) { server in
            let status = try await server.client { client in
                client.send(Requests.post())
                try Patience.wait { engine.heldCount > 0 }
                engine.release()
                return try client.answer()?.status
            }
            #expect(status == 204)
        }
    }

    @Test("many requests on one connection are answered one after the other")
    func keepAlive() async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let statuses = try await server.client { client in
                try (0..<50).map { try client.exchange(Requests.post(Requests.event("\($0)"))).status }
            }
            #expect(statuses == Array(repeating: 204, count: 50))
            #expect(engine.ids == (0..<50).map(String.init))
        }
    }

    @Test("answers to pipelined requests leave in order though the engine finishes in another")
    func order() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine) { server in
            let ids = try await server.client { client in
                client.send((0..<20).map { Requests.post(headers: "X-Request-Id: r\($0)\r\n") }.joined())
                try Patience.wait { engine.heldCount >= 20 }
                engine.release(reversed: true)
                return try (0..<20).map { _ in try client.answer()?.headers["x-request-id"] }
            }
            #expect(ids == (0..<20).map { "r\($0)" })
        }
    }

    @Test("a connection has no more requests in the engine than the limit, and all are answered in the end")
    func bounded() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine, settings: { $0.limits.pipelined = 4 }) { server in
            let (held, statuses) = try await server.client { client in
                client.send((0..<10).map { Requests.post(Requests.event("\($0)")) }.joined())
                var held: [Int] = []
                for expected in [4, 4, 2] {
                    try Patience.wait { engine.heldCount >= expected }
                    // Time for a fifth to come, if the limit did not hold.
                    usleep(20_000)
                    held.append(engine.heldCount)
                    engine.release()
                }
                return (held, try (0..<10).map { _ in try client.answer()?.status })
            }
            #expect(held == [4, 4, 2])
            #expect(statuses == Array(repeating: 204, count: 10))
        }
    }

    @Test("a bad batch is 400, names each bad event's index and attribute, and nothing of it is taken")
    func invalid() async throws {
        let engine = ScriptedEngine()
        let good = Requests.event()
        let body =
            "[\(good),\(good.replacing(#""id":"1""#, with: #""id":"""#)),\(good.replacing(#""source":"/s","#, with: ""))]"
        try await RunningServer.with(engine) { server in
            let answer = try await server.client {
                try $0.exchange(
                    Requests.post(body, type: "application/cloudevents-batch+json", headers: "X-Request-Id: r-1\r\n")
                )
            }
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
            let problem = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
            )
            #expect(problem["type"] as? String == "about:blank")
            #expect(problem["title"] as? String == "Bad Request")
            #expect(problem["status"] as? Int == 400)
            #expect(problem["instance"] as? String == "urn:request:r-1")
            let extensions = try #require(problem["extensions"] as? [String: Any])
            let errors = try #require(extensions["validationErrors"] as? [[String: Any]])
            #expect(errors.map { $0["index"] as? Int } == [1, 2])
            #expect(errors.map { $0["attribute"] as? String } == ["id", "source"])
            #expect(engine.ids.isEmpty)
            #expect(engine.rejected == 2)
        }
    }

    @Test("a request after a refused one on the same connection is served")
    func recovers() async throws {
        try await RunningServer.with { server in
            let statuses = try await server.client { client in
                [
                    try client.exchange(Requests.post("not json")).status,
                    try client.exchange(Requests.post(type: "text/plain")).status,
                    try client.exchange(Requests.post()).status,
                ]
            }
            #expect(statuses == [400, 415, 204])
        }
    }

    @Test("a body over the limit is 413 and the connection closes, announced or chunked")
    func tooLarge() async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine, settings: { $0.limits.body = 1000 }) { server in
            let announced = try await server.client { client in
                client.send("POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
                return (try client.answer()?.status, try client.isClosed())
            }
            let chunked = try await server.client { client in
                client.send(
                    "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                        + String(repeating: "64\r\n" + pad(100) + "\r\n", count: 11)
                )
                return (try client.answer()?.status, try client.isClosed())
            }
            #expect(announced == (413, true))
            #expect(chunked == (413, true))
        }
    }

    @Test("too many events, and an event that is too large, are 413")
    func eventLimits() async throws {
        let engine = ScriptedEngine(limits: DecodeLimits(events: 2, event: 200, depth: 64))
        try await RunningServer.with(engine) { server in
            let event = Requests.event()
            let many = try await server.client {
                try $0.exchange(Requests.post("[\(event),\(event),\(event)]", type: "application/json"))
            }
            let large = try await server.client { try $0.exchange(Requests.post(Requests.event(pad(200)))) }
            #expect(many.status == 413)
            #expect(large.status == 413)
        }
    }

    @Test(
        "a refusal of the engine is answered with its status and a Retry-After",
        arguments: [
            (AppendRefusal.queueFull(retryAfter: 2), 429, "2"), (.diskLow(retryAfter: 30), 507, "30"),
            (.unavailable(retryAfter: 0, reason: "stopping"), 503, "1"),
        ]
    )
    func refused(_ refusal: AppendRefusal, _ status: Int, _ seconds: String) async throws {
        let engine = ScriptedEngine(answer: .failure(refusal))
        try await RunningServer.with(engine) { server in
            let answer = try await server.client { try $0.exchange(Requests.post()) }
            #expect(answer.status == status)
            #expect(answer.headers["retry-after"] == seconds)
            #expect(engine.rejected == 0, "events to be sent again are not refused for good")
        }
    }

    @Test("a POST without a length is 411")
    func lengthRequired() async throws {
        try await RunningServer.with { server in
            let answer = try await server.client {
                try $0.exchange("POST /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            #expect(answer.status == 411)
        }
    }

    @Test(
        "another method on the path is 405 and says which ones are possible",
        arguments: ["PUT", "DELETE", "OPTIONS", "BREW", "post"]
    )
    func methods(_ method: String) async throws {
        try await RunningServer.with { server in
            let answer = try await server.client { try $0.exchange(Requests.get("/api/v1/events", method: method)) }
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "GET, HEAD, POST")
        }
    }

    @Test("GET and HEAD on the path are for the router, which lists events", arguments: ["GET", "HEAD"])
    func listing(_ method: String) async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let statuses = try await server.client { client in
                let request = Requests.get("/api/v1/events?limit=1", method: method)
                let listed = try client.exchange(request, toHead: method == "HEAD")
                #expect(listed.headers["content-type"] == "application/json")
                return [listed.status, try client.exchange(Requests.post()).status]
            }
            #expect(statuses == [200, 204])
            #expect(engine.ids == ["1"])
        }
    }

    @Test("the query of the events path is ignored, another path is not ingest")
    func path() async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let statuses = try await server.client { client in
                try ["/api/v1/events?x=1", "/api/v1/events/", "/api/v1/eventsx"].map { path in
                    try client.exchange(Requests.post().replacing("/api/v1/events ", with: path + " ")).status
                }
            }
            #expect(statuses == [204, 405, 404])
            #expect(engine.ids.count == 1)
        }
    }

    @Test("an id that is sane is kept, another is replaced")
    func requestID() async throws {
        try await RunningServer.with { server in
            let ids = try await server.client { client in
                try ["ok-1._", "has blank", "\"quoted\"", pad(129)].map {
                    try client.exchange(Requests.post(headers: "X-Request-Id: \($0)\r\n")).headers["x-request-id"] ?? ""
                }
            }
            #expect(ids[0] == "ok-1._")
            #expect(!ids.dropFirst().contains { $0.contains(" ") || $0.contains("\"") || $0.count > 40 || $0.isEmpty })
            #expect(Set(ids).count == 4)
        }
    }

    @Test("binary mode is taken, with its percent-encoded headers and without a body")
    func binary() async throws {
        let engine = ScriptedEngine(profile: .cloudevents)
        let request =
            "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nce-specversion: 1.0\r\nCE-ID: caf%C3%A9\r\nce-source: /s\r\n"
            + "ce-type: t\r\nContent-Length: 0\r\n\r\n"
        try await RunningServer.with(engine) { server in
            let answer = try await server.client { try $0.exchange(request) }
            #expect(answer.status == 204)
            #expect(engine.ids == ["café"])
        }
    }

    private func pad(_ count: Int) -> String { String(repeating: "x", count: count) }
}
