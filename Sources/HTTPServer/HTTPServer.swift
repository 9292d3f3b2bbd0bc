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
    private let tls: TLSListener?
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
        tls = settings.tls.map { TLSListener($0, registry: registry, logger: logger, now: now) }
        parts = ServerParts(
            settings: settings,
            metering: metering,
            reports: reports,
            access: AccessControl(settings.access, registry: registry),
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

    /// Puts other settings of access in force, for every request that begins from now on. What is left of a token's rate
    /// limit stays, where neither its name nor the limit has changed.
    public func update(access: AccessSettings) {
        parts.access.update(access)
    }

    /// Reads the certificate, its key and the clients' authority again, from the paths given here or else from those
    /// before, for every connection that is made from now on. When they cannot be used what was in force stays, and this
    /// throws. A server that was started without TLS stays so.
    public func reloadTLS(_ settings: TLSSettings? = nil) throws(TLSFault) {
        guard let tls else { throw .off }
        try tls.reload(settings)
    }

    /// Serves until graceful shutdown: then it accepts no more, lets running requests finish for
    /// `timeouts.shutdown`, closes what is left, and returns. Throws when the port cannot be bound, and
    /// `TLSFault` when the certificate cannot be used.
    public func run() async throws {
        try tls?.load()
        let router = APIRouter(parts: parts, registry: registry) { [weak self] in
            self?.state.withLock(\.isStopping) ?? true
        }
        let timeouts = parts.settings.timeouts
        let (loops, tls) = (loops, tls)
        let application = Application(
            router: router.make(),
            server: HTTPServerBuilder { MeterdChannel(responder: $0, loops: loops, tls: tls, timeouts: timeouts) },
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
            group.addTask {
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
