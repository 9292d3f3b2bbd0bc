import CPlatform
import Dispatch
import Foundation
public import Logging
public import Observability
import Synchronization

/// Reads the topics of one Kafka cluster into the log, on a thread of its own that owns the librdkafka client and makes
/// every call to it.
///
/// Messages become events as those over HTTP do. The offset behind the last message of each partition goes into the log in
/// the same frame as the events, and reading goes on from there after a crash; the group's offsets on the broker are only
/// for tools that show the lag.
public final class ClusterConsumer: Sendable {
    /// The cluster's name.
    public let name: String
    private let settings: ClusterSettings
    private let log: any MessageLog
    private let registry: MetricsRegistry
    private let logger: Logger
    private let status = ClusterStatus()
    private let stopping = StopSignal()
    private let running = DispatchGroup()
    private let closing = DispatchGroup()

    /// Seconds that librdkafka has to end its own threads. Version 2.0 waits for ever where a topic that was read is deleted;
    /// what then is left ends with the process.
    private static let closingSeconds = 1.0

    /// A consumer that does nothing yet.
    public init(_ settings: ClusterSettings, log: any MessageLog, registry: MetricsRegistry, logger: Logger) {
        name = settings.name
        self.settings = settings
        self.log = log
        self.registry = registry
        var logger = logger
        logger[metadataKey: "cluster"] = "\(settings.name)"
        self.logger = logger
    }

    /// Begins to read. Brokers that do not answer are no error: it goes on trying.
    ///
    /// - Throws: `KafkaError.properties` when librdkafka does not take the settings.
    public func start() throws(KafkaError) {
        let opened = DispatchSemaphore(value: 0)
        let failure = Mutex<KafkaError?>(nil)
        running.enter()
        closing.enter()
        let parts = (
            settings: settings, log: log, registry: registry, logger: logger, status: status, stopping: stopping
        )
        Thread.detachNewThread { [running, closing] in
            defer { closing.leave() }
            meterd_name_thread("meterd-kafka")
            do throws(KafkaError) {
                let loop = try ClusterLoop(
                    parts.settings,
                    log: parts.log,
                    registry: parts.registry,
                    logger: parts.logger,
                    status: parts.status,
                    stopping: parts.stopping
                )
                opened.signal()
                loop.run()
                running.leave()
                loop.close()
            } catch {
                running.leave()
                failure.withLock { $0 = error }
                opened.signal()
            }
        }
        opened.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Stops after what was taken is on disk; waits for that. Brokers that do not answer cost at most eight
    /// seconds.
    public func stop() {
        stopping.set()
        running.wait()
        _ = closing.wait(timeout: .now() + Self.closingSeconds)
    }

    /// What stands against being ready.
    public var health: ClusterHealth { status.health(stallSeconds: settings.stallSeconds) }
}

/// Asks the consumer's thread to end.
final class StopSignal: Sendable {
    private let state = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)

    var isSet: Bool { state.load(ordering: .acquiring) }

    func set() {
        state.store(true, ordering: .releasing)
        wake.signal()
    }

    /// Sleeps, less long when it is set meanwhile.
    func sleep(_ duration: Duration) {
        guard !isSet else { return }
        if wake.wait(timeout: .now() + duration.seconds) == .success { wake.signal() }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
