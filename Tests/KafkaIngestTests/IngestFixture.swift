import CloudEvents
import Engine
import EventLog
import Foundation
import KafkaIngest
import Logging
import Metering
import Observability
import Synchronization
import TestServers
import Testing
import UsageStore

/// A real engine in a directory of its own, and consumers that read into it.
final class IngestFixture: Sendable {
    let directory: String
    let log: ScriptedLog
    let registry = MetricsRegistry()
    let lines = LogLines()
    private let engine: Engine
    private let consumers = Mutex<[ClusterConsumer]>([])

    /// - Parameter directory: of an engine that was there before.
    init(directory: String? = nil) throws {
        self.directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "kafka-\(UUID().uuidString)").path
        var settings = EngineSettings(directory: self.directory, reserveBytes: 0)
        settings.checkpointSeconds = .infinity
        let tokens = try Meter(
            slug: "tokens",
            eventType: "tokens",
            aggregation: .sum,
            valueProperty: try ValuePath("$.tokens")
        )
        engine = try Engine(
            settings: settings,
            meters: [MeterRequest(meter: tokens, bucketSeconds: 3600)],
            registry: MetricsRegistry(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onFailure: { Issue.record("the engine failed: \($0)") }
        )
        log = ScriptedLog(engine)
    }

    deinit {
        stop()
        engine.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Begins to read a cluster, with everything done more often than usual.
    @discardableResult
    func read(
        _ brokers: String,
        topics: [String],
        name: String = "main",
        _ change: (inout ClusterSettings) -> Void = { _ in }
    ) throws -> ClusterConsumer {
        var settings = ClusterSettings(
            name: name,
            brokers: [brokers],
            topics: topics,
            properties: [
                ("fetch.wait.max.ms", "50"), ("reconnect.backoff.max.ms", "200"), ("fetch.error.backoff.ms", "20"),
            ]
        )
        settings.intervals.discovery = .milliseconds(200)
        settings.intervals.commit = .milliseconds(100)
        settings.intervals.lag = .milliseconds(50)
        // However busy the machine is, nothing is said twice.
        settings.intervals.reminder = .seconds(3600)
        change(&settings)
        let consumer = ClusterConsumer(
            settings,
            log: log,
            registry: registry,
            logger: Logger(label: "test") { [lines] _ in LineHandler(lines) }
        )
        try consumer.start()
        consumers.withLock { $0.append(consumer) }
        return consumer
    }

    /// Ends the consumers; the engine goes on.
    func stop() {
        for consumer in consumers.withLock({ $0 }) { consumer.stop() }
        consumers.withLock { $0.removeAll() }
    }

    /// What a power cut at this moment would leave, with an engine on it and no consumer.
    func afterPowerCut() throws -> IngestFixture {
        let copy = directory + "-cut-" + UUID().uuidString
        try FileManager.default.copyItem(atPath: directory, toPath: copy)
        return try IngestFixture(directory: copy)
    }

    func post(_ events: [String]) async throws {
        let body = Array("[\(events.joined(separator: ","))]".utf8)
        let batch = try body.withUnsafeBytes { try engine.makeDecoder().decode($0, envelope: .batch) }
        let outcome = await withCheckedContinuation { continuation in
            engine.append(batch, origin: .http) { continuation.resume(returning: $0) }
        }
        try outcome.get()
    }

    /// The sum over everything.
    func total() async throws -> String? {
        let query = UsageQuery(
            meter: "tokens",
            from: nil,
            to: nil,
            windowSize: nil,
            zone: .utc,
            subjects: [],
            groupBy: [],
            filters: [:]
        )
        return try await engine.query(query).rows.first?.value.description
    }

    /// What came over Kafka, all days together.
    func ledger() async throws -> LedgerCounts {
        try await engine.ledger().reduce(into: LedgerCounts()) { sum, line in
            if line.key.origin == IngestOrigin.kafka.rawValue { sum.add(line.value) }
        }
    }

    func rejected(limit: Int = 100) async throws -> [StoredRejection] {
        try await engine.rejectedMessages(origin: .kafka, limit: limit)
    }

    /// The position of a partition in the log.
    func position(_ topic: String, _ partition: Int32 = 0, cluster: String = "main") -> Int64? {
        engine.positions[PositionKey(source: "\(cluster)/\(topic)", partition: partition)]
    }

    /// Waits until so many messages came over Kafka.
    func wait(forReceived count: Int) async throws {
        try await wait(for: "\(count) messages") { try await self.ledger().received >= count }
    }

    /// Twentieths of a second to wait for anything.
    private static let patience = 2400

    /// Asks until the answer is yes.
    func wait(for what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<Self.patience {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BrokerFailure("waited in vain for \(what); it logged:\n\(lines.text)")
    }
}

/// An engine that refuses when a test says so.
final class ScriptedLog: MessageLog {
    private let engine: Engine
    private let script = Mutex<(refusal: AppendRefusal?, afterAccept: Int)>((nil, 0))

    init(_ engine: Engine) { self.engine = engine }

    /// Everything is refused like this; nil ends it.
    func refuse(with refusal: AppendRefusal?) { script.withLock { $0.refusal = refusal } }

    /// The next appends are taken into the queue and refused later, as where the disk has no room for a segment.
    func refuseLater(_ count: Int) { script.withLock { $0.afterAccept = count } }

    func makeDecoder() -> EventDecoder { engine.makeDecoder() }

    var positions: [PositionKey: Int64] { engine.positions }

    func append(
        _ batch: EventBatch,
        rejected: [RejectedMessage],
        positions: [SourcePosition],
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        let (refusal, isLate) = script.withLock { script -> (AppendRefusal?, Bool) in
            if script.afterAccept > 0 {
                script.afterAccept -= 1
                return (.diskLow(retryAfter: 1), true)
            }
            return (script.refusal, false)
        }
        switch (refusal, isLate) {
        case (nil, _):
            engine.append(batch, rejected: rejected, positions: positions, origin: origin, completion: completion)
        case (let refusal?, false):
            completion(.failure(refusal))
        case (let refusal?, true):
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.2)
                completion(.failure(refusal))
            }
        }
    }

    func jump(
        _ position: SourcePosition,
        reason: String,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        engine.jump(position, reason: reason, origin: origin, completion: completion)
    }
}

/// What was logged, level and text.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    func count(of part: String) -> Int { lines.withLock { $0.count { $0.contains(part) } } }
}

struct LineHandler: LogHandler {
    private let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(_ lines: LogLines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let own = event.metadata ?? [:]
        let pairs = own.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        lines.add("\(event.level) \(event.message) \(pairs)")
    }
}

/// Events as messages.
enum Sample {
    /// The JSON text of an event that counts `tokens`.
    static func event(_ id: Int, tokens: Int = 1, subject: String = "customer-1", source: String = "test") -> String {
        """
        {"specversion":"1.0","id":"\(id)","source":"\(source)","type":"tokens","subject":"\(subject)",\
        "time":"2025-06-07T08:00:00Z","data":{"tokens":\(tokens)}}
        """
    }

    static func structured(_ id: Int, tokens: Int = 1) -> TestMessage {
        TestMessage(
            key: "customer-1",
            headers: [("content-type", "application/cloudevents+json")],
            value: event(id, tokens: tokens)
        )
    }

    static func binary(_ id: Int, tokens: Int = 1) -> TestMessage {
        TestMessage(
            key: "customer-1",
            headers: [
                ("ce_specversion", "1.0"), ("ce_id", "\(id)"), ("ce_source", "test"), ("ce_type", "tokens"),
                ("ce_subject", "customer-1"), ("ce_time", "2025-06-07T08:00:00Z"), ("content-type", "application/json"),
            ],
            value: "{\"tokens\":\(tokens)}"
        )
    }
}
