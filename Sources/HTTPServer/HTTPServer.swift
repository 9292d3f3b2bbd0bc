import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore
public import NIOPosix
public import Observability
public import ServiceLifecycle
import Synchronization

/// The HTTP API: ingest in the channel pipeline, everything else through Hummingbird's router, on one port.
public final class HTTPServer: Service {
    private let parts: ServerParts
    private let registry: MetricsRegistry
    private let eventLoopGroup: any EventLoopGroup
    private let onListening: @Sendable (Int) -> Void
    private let loops: IngestLoops
    private let state = Mutex(State())

    private struct State {
        var port: Int?
        var isStopping = false
    }

    /// Makes a server; `run` opens its port.
    ///
    /// - Parameters:
    ///   - metering: takes the events and answers the queries.
    ///   - reports: runs the reports.
    ///   - readiness: what else has a say in `/readyz`.
    ///   - registry: gets the server's metrics, and is shown at `/metrics`.
    ///   - now: microseconds since 1970-01-01T00:00:00Z.
    ///   - random: 64 random bits, for ids of requests.
    ///   - onListening: called with the bound port once connections are accepted.
    public init(
        settings: HTTPServerSettings,
        metering: any MeteringService,
        reports: any ReportService,
        readiness: [any ReadinessService] = [],
        registry: MetricsRegistry,
        logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        now: @escaping @Sendable () -> Int64 = LogTime.now,
        random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) },
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.registry = registry
        self.eventLoopGroup = eventLoopGroup
        self.onListening = onListening
        parts = ServerParts(
            settings: settings,
            metering: metering,
            reports: reports,
            readiness: readiness,
            metrics: ServerMetrics(registry: registry),
            budget: BodyBudget(limit: settings.limits.bufferedBodies),
            logger: logger,
            now: now,
            random: random
        )
        loops = IngestLoops(parts: parts)
    }

    /// The bound port; nil before the server listens.
    public var port: Int? { state.withLock(\.port) }

    /// Serves until graceful shutdown: then it accepts no more, lets running requests finish for
    /// `timeouts.shutdown`, closes what is left, and returns. Throws when the port cannot be bound.
    public func run() async throws {
        let router = APIRouter(parts: parts, registry: registry) { [weak self] in
            self?.state.withLock(\.isStopping) ?? true
        }
        let loops = loops
        let application = Application(
            router: router.make(),
            server: HTTPServerBuilder { MeterdChannel(responder: $0, loops: loops) },
            configuration: ApplicationConfiguration(
                address: .hostname(parts.settings.host, port: parts.settings.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    parts.settings.limits.connections,
                    logger: parts.logger
                )
            ),
            onServerRunning: { [self] channel in listening(channel.localAddress?.port ?? parts.settings.port) },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: parts.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            let stopped = AsyncStream<Void>.makeStream()
            // Ends when the application has ended, or when the time for running requests is over.
            group.addTask { [timeouts = parts.settings.timeouts] in
                for await _ in stopped.stream {
                    // Cancelled when every connection has ended in time.
                    guard (try? await Task.sleep(for: timeouts.shutdown)) != nil else { return }
                    loops.closeConnections()
                }
            }
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: { [self] in
                state.withLock { $0.isStopping = true }
                stopped.continuation.yield()
            }
            group.cancelAll()
        }
    }

    private func listening(_ port: Int) {
        state.withLock { $0.port = port }
        onListening(port)
    }
}
