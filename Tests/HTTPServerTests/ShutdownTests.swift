import Foundation
import Testing

@testable import HTTPServer

@Suite("Stopping the server")
struct ShutdownTests {
    @Test("a running request is finished, its connection ends then, and no new connection is taken")
    func finishes() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine, settings: { $0.timeouts.shutdown = .seconds(60) }) { server in
            let (status, closed) = try await server.client { client in
                client.send(Requests.post())
                try Patience.wait { engine.heldCount >= 1 }
                let stopped = DispatchSemaphore(value: 0)
                Task {
                    await server.stop()
                    stopped.signal()
                }
                stopped.wait()
                // The port is closed once new connections fail.
                try Patience.wait { (try? RawClient(port: server.port)) == nil }
                engine.release()
                return (try client.answer()?.status, try client.isClosed())
            }
            #expect(status == 204)
            #expect(closed)
        }
    }

    @Test("an idle connection is closed at once")
    func idle() async throws {
        try await RunningServer.with(settings: { $0.timeouts.shutdown = .seconds(60) }) { server in
            let closed = try await server.client { client in
                _ = try client.exchange(Requests.get("/healthz"))
                Task { await server.stop() }
                return try client.isClosed()
            }
            #expect(closed)
        }
    }

    @Test("a request that does not end is cut off when the time for running requests is over")
    func cutOff() async throws {
        let engine = ScriptedEngine(holds: true)
        try await RunningServer.with(engine, settings: { $0.timeouts.shutdown = .milliseconds(200) }) { server in
            let closed = try await server.client { client in
                client.send(Requests.post())
                try Patience.wait { engine.heldCount >= 1 }
                Task { await server.stop() }
                return try client.isClosed()
            }
            #expect(closed)
        }
    }

    @Test("a port that is taken is an error, not a silent server")
    func portTaken() async throws {
        try await RunningServer.with { server in
            await #expect(throws: (any Error).self) {
                try await RunningServer.with(settings: { $0.port = server.port }) { _ in }
            }
        }
    }
}
