import Engine
import Foundation
import HTTPServer
import KafkaIngest
import Logging
import MeterdConfiguration
import Observability
import ServiceLifecycle
import Synchronization
import UsageStore

/// The Kafka clusters as a service: begun once the log is replayed, ended before the engine.
final class KafkaService: Service, ReadinessService, CustomStringConvertible {
    private let clusters: [KafkaCluster]
    private let engine: EngineService
    private let registry: MetricsRegistry
    private let logger: Logger
    private let consumers = Mutex<[ClusterConsumer]>([])

    /// The lifecycle logs services by their description; settings hold secrets.
    var description: String { "KafkaService" }

    init(_ clusters: [KafkaCluster], engine: EngineService, registry: MetricsRegistry, logger: Logger) {
        self.clusters = clusters
        self.engine = engine
        self.registry = registry
        self.logger = logger
    }

    func run() async throws {
        do {
            try await begin()
        } catch {
            await end()
            throw error
        }
        try? await gracefulShutdown()
        await end()
    }

    private func begin() async throws {
        guard let log = await engine.recovered() else { return }
        let named = Set(clusters.map(\.name))
        let kept = Set(log.positions.keys.map { String($0.source.prefix { $0 != "/" }) })
        for name in kept.subtracting(named).sorted() {
            logger.warning(
                "the log has positions of a cluster that is not configured; under another name its topics are read anew",
                metadata: ["cluster": "\(name)"]
            )
        }
        for cluster in clusters {
            let consumer = ClusterConsumer(ClusterSettings(cluster), log: log, registry: registry, logger: logger)
            try consumer.start()
            consumers.withLock { $0.append(consumer) }
        }
    }

    /// Each waits for what it took to be on disk, so they do it side by side, and not on the threads of Swift concurrency.
    private func end() async {
        await withTaskGroup(of: Void.self) { group in
            for consumer in consumers.withLock({ $0 }) {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            consumer.stop()
                            continuation.resume()
                        }
                    }
                }
            }
        }
    }

    var readinessChecks: [ReadinessCheck] {
        let begun = consumers.withLock { $0 }
        return clusters.map { cluster in
            let health = begun.first { $0.name == cluster.name }?.health
            return ReadinessCheck(
                name: "kafka/\(cluster.name)",
                ok: health?.ok ?? true,
                detail: health?.detail ?? "begins once the log is replayed"
            )
        }
    }
}

extension ClusterSettings {
    init(_ cluster: KafkaCluster) {
        self.init(
            name: cluster.name,
            brokers: cluster.brokers,
            topics: cluster.topics,
            group: cluster.group,
            offsetReset: KafkaIngest.OffsetReset(cluster.offsetReset),
            deadLetterTopic: cluster.deadLetterTopic,
            stallSeconds: cluster.stallSeconds,
            properties: cluster.properties.map { ($0.name, $0.value) }
        )
    }
}

extension KafkaIngest.OffsetReset {
    init(_ configured: KafkaCluster.OffsetReset) {
        self =
            switch configured {
            case .error: .error
            case .earliest: .earliest
            case .latest: .latest
            }
    }
}
