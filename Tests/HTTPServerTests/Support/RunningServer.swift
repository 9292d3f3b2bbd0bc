import HTTPServer
import Logging
import Observability
import ServiceLifecycle

/// A server on a real port of the loopback interface.
struct RunningServer: Sendable {
    let port: Int
    let registry: MetricsRegistry
    let server: HTTPServer
    private let group: ServiceGroup

    /// Runs `body` with a server, then stops it and waits until it has stopped.
    static func with(
        _ engine: ScriptedEngine = ScriptedEngine(),
        reports: ScriptedReports = ScriptedReports(),
        readiness: [any ReadinessService] = [],
        log: LogLines? = nil,
        now: Int64 = 1_749_283_750_123_456,
        settings change: (inout HTTPServerSettings) -> Void = { _ in },
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        var settings = HTTPServerSettings(port: 0)
        settings.timeouts.shutdown = .seconds(1)
        change(&settings)
        let registry = MetricsRegistry()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let handler: any LogHandler = if let log { log } else { SwiftLogNoOpLogHandler() }
        let server = HTTPServer(
            settings: settings,
            metering: engine,
            reports: reports,
            readiness: readiness,
            registry: registry,
            logger: Logger(label: "test") { _ in handler },
            now: { now },
            onListening: { listening.yield($0) }
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await ServerTurns.with {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    defer { listening.finish() }
                    try await group.run()
                }
                var iterator = ports.makeAsyncIterator()
                if let port = await iterator.next() {
                    let running = RunningServer(port: port, registry: registry, server: server, group: group)
                    do {
                        try await body(running)
                    } catch {
                        await group.triggerGracefulShutdown()
                        throw error
                    }
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    /// Asks the server to stop.
    func stop() async {
        await group.triggerGracefulShutdown()
    }

    /// Runs a client on a thread of its own, because its reads and writes block.
    func client<R: Sendable>(_ body: @escaping @Sendable (RawClient) throws -> R) async throws -> R {
        let port = port
        return try await BlockingThread.run { try body(try RawClient(port: port)) }
    }
}
