import ArgumentParser
import CloudEvents
import Engine
import Foundation
import HTTPServer
import Logging
import MeterdConfiguration
import Metering
import Observability
import ReportDefinitions
import ServiceLifecycle
import Synchronization
import UsageStore

/// The engine as a service: opened off the cooperative threads, so that the server can already say that it is recovering,
/// and stopped last.
final class EngineService: Service, MeteringService {
    private let settings: EngineSettings
    private let requests: [MeterRequest]
    private let registry: MetricsRegistry
    private let logger: Logger
    private let opened = Mutex<Engine?>(nil)

    init(configuration: Configuration, registry: MetricsRegistry, logger: Logger) {
        settings = EngineSettings(configuration)
        requests = configuration.meterRequests
        self.registry = registry
        self.logger = logger
    }

    func run() async throws {
        try await open()
        logger.info("meterd is ready", metadata: ["meters": "\(meters.count)"])
        try? await gracefulShutdown()
        await close()
        if let failure = health.failure { throw EngineFailure(reason: failure) }
    }

    /// Recovers the store, and takes events from then on.
    func open() async throws {
        let engine = try await makeEngine()
        opened.withLock { $0 = engine }
    }

    /// Drains and makes the last checkpoint.
    func close() async {
        guard let engine = opened.withLock({ $0 }) else { return }
        await Self.offCooperativeThreads { engine.stop() }
    }

    /// Counts by other meters from the next event on.
    func reconfigure(_ meters: [MeterRequest]) async throws {
        guard let engine = opened.withLock({ $0 }) else { throw EngineFailure(reason: "meterd is still recovering") }
        try await Self.offCooperativeThreads { Result { try engine.reconfigure(meters) } }.get()
    }

    private func makeEngine() async throws -> Engine {
        let settings = settings
        let requests = requests
        let registry = registry
        let logger = logger
        return try await Self.offCooperativeThreads {
            Result {
                try Engine(settings: settings, meters: requests, registry: registry, logger: logger) { reason in
                    logger.critical("meterd can take no more events and ends", metadata: ["error": "\(reason)"])
                    // The thread that failed goes on and answers the requests that wait with 503; then the process goes.
                    Thread.detachNewThread {
                        Thread.sleep(forTimeInterval: Self.farewellSeconds)
                        exit(ExitStatus.fault.rawValue)
                    }
                }
            }
        }.get()
    }

    /// Seconds between the failure of the log and the end of the process.
    private static let farewellSeconds = 1.0

    private static func offCooperativeThreads<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    // MARK: MeteringService

    func makeDecoder() -> EventDecoder { EventDecoder(profile: settings.profile, limits: settings.limits) }

    func append(
        _ batch: EventBatch,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        guard let engine = opened.withLock({ $0 }) else {
            completion(.failure(.unavailable(retryAfter: 1, reason: "meterd is recovering")))
            return
        }
        engine.append(batch, origin: origin, completion: completion)
    }

    func reject(count: Int, origin: IngestOrigin) {
        opened.withLock { $0 }?.reject(count: count, origin: origin)
    }

    var meters: [MeterRecord] { opened.withLock { $0 }?.meters ?? [] }

    func query(_ query: UsageQuery) async throws -> UsageResult {
        try await running().query(query)
    }

    func query(_ query: UsageQuery, rowLimit: Int) async throws -> UsageResult {
        try await running().query(query, rowLimit: rowLimit)
    }

    func bucketRevisions(
        meter slug: String
    ) async throws -> (through: UInt64, buckets: [(window: TimeWindow, lastSequence: UInt64)]) {
        try await running().bucketRevisions(meter: slug)
    }

    func running() throws(QueryError) -> Engine {
        guard let engine = opened.withLock({ $0 }) else { throw .unavailable("meterd is recovering") }
        return engine
    }

    var health: EngineHealth {
        opened.withLock { $0 }?.health
            ?? EngineHealth(
                recovered: false,
                failure: nil,
                diskLow: false,
                applyLagEvents: 0,
                applyStalledSeconds: 0,
                checkpointAge: 0
            )
    }

    /// The engine, once the log is replayed; nil when meterd is to stop before that.
    func recovered() async -> Engine? {
        try? await cancelWhenGracefulShutdown {
            while true {
                if let engine = self.opened.withLock({ $0 }) { return engine }
                try await Task.sleep(for: Self.recoveryPoll)
            }
        }
    }

    /// How often to look whether recovery is over.
    private static let recoveryPoll: Duration = .milliseconds(20)
}

/// The engine did not come up, or went down.
struct EngineFailure: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}

extension EngineSettings {
    init(_ configuration: Configuration) {
        let limits = configuration.server.limits
        self.init(
            directory: configuration.storage.directory,
            profile: configuration.server.profile,
            limits: DecodeLimits(events: limits.events, event: limits.event),
            dedupeWindowDays: configuration.storage.dedupeWindowDays,
            retentionSeconds: Int64(configuration.storage.retentionSeconds),
            reserveBytes: Int64(configuration.storage.reserveBytes)
        )
    }
}

extension Configuration {
    /// The meters as the engine wants them.
    var meterRequests: [MeterRequest] {
        meters.map { MeterRequest(meter: $0, bucketSeconds: Int64(bucketSeconds[$0.slug] ?? 3600)) }
    }

    /// What the reports need.
    var reportCatalog: ReportCatalog {
        ReportCatalog(
            reports: reports,
            meters: Dictionary(uniqueKeysWithValues: meters.map { ($0.slug, $0) }),
            focusProfiles: focusProfiles,
            prices: prices,
            destinations: Dictionary(uniqueKeysWithValues: destinations.map { ($0.name, $0) })
        )
    }
}
