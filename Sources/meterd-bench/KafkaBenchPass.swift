import CRdKafka
import CloudEvents
import Dispatch
import Engine
import EventLog
import Foundation
import KafkaIngest
import Logging
import Metering
import Observability
import Synchronization
import UsageStore

/// What consuming a topic once took, from when the first messages were there until the last was dealt with.
struct KafkaBenchPass {
    /// Messages that came after the first.
    var messages: Int
    var seconds: Double
    /// CPU seconds of that time by the name of the thread.
    var threads: [(name: String, seconds: Double)]
    /// What the log saw of it; nil for the empty loop.
    var log: LogFigures?

    var perSecond: Double { Double(messages) / seconds }
    var cpuSeconds: Double { threads.reduce(0) { $0 + $1.seconds } }

    /// Seconds that a pass may take.
    static let limit = 180.0

    /// The moment the clock starts: messages are there.
    struct Start: Sendable {
        var messages: Int
        var threads = ThreadTimes()
        var time = ContinuousClock.now
    }

    /// Frames of a whole pass.
    struct LogFigures: Sendable {
        var frames = 0
        /// How often one was refused and handed over again.
        var refusals = 0
        /// Seconds from handing one over until it was on disk, together.
        var seconds = 0.0
    }

    init(_ start: Start, messages: Int, log: LogFigures? = nil) {
        self.log = log
        self.messages = messages - start.messages
        seconds = start.time.duration(to: .now).seconds
        threads = ThreadTimes().since(start.threads)
    }

    // MARK: Messages thrown away

    /// Takes all messages with a client as `KafkaIngest`'s, batch by batch as it does, and throws them away.
    static func empty(_ topic: KafkaBenchTopic, _ settings: ClusterSettings) throws -> KafkaBenchPass {
        let configuration = rd_kafka_conf_new()
        let properties =
            [("client.id", "meterd"), ("check.crcs", "true")] + settings.properties + [
                ("bootstrap.servers", settings.brokers.joined(separator: ",")), ("group.id", settings.group),
                ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                ("enable.partition.eof", "true"), ("auto.offset.reset", "error"),
            ]
        for (name, value) in properties
        where rd_kafka_conf_set(configuration, name, value, nil, 0) != RD_KAFKA_CONF_OK {
            throw BenchFailure("librdkafka does not take the property \(name)")
        }
        guard let client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, nil, 0) else {
            throw BenchFailure("librdkafka makes no consumer")
        }
        defer { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
        rd_kafka_poll_set_consumer(client)
        let queue = rd_kafka_queue_get_consumer(client)
        defer { rd_kafka_queue_destroy(queue) }
        let list = rd_kafka_topic_partition_list_new(Int32(topic.partitions))
        for partition in 0..<topic.partitions {
            rd_kafka_topic_partition_list_add(list, topic.name, Int32(partition)).pointee.offset = 0
        }
        rd_kafka_error_destroy(rd_kafka_incremental_assign(client, list))
        rd_kafka_topic_partition_list_destroy(list)

        var batch = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: 10_000)
        var taken = 0
        var start: Start?
        let deadline = ContinuousClock.now + .seconds(limit)
        while taken < topic.events {
            let count = max(0, rd_kafka_consume_batch_queue(queue, 50, &batch, batch.count))
            for message in batch[..<count] {
                if let message, message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR { taken += 1 }
                rd_kafka_message_destroy(message)
            }
            if start == nil, taken > 0 { start = Start(messages: taken) }
            guard ContinuousClock.now < deadline else { throw BenchFailure("only \(taken) messages came") }
        }
        guard let start, start.messages < taken else { throw BenchFailure("--events are too few to measure") }
        return KafkaBenchPass(start, messages: taken)
    }

    // MARK: Messages into totals

    /// Consumes the topic with a new engine until the totals hold everything, and checks them.
    static func totals(
        _ topic: KafkaBenchTopic,
        _ settings: ClusterSettings,
        directory: String
    ) throws -> KafkaBenchPass {
        let engine = try Engine(benchmarking: EngineSettings(directory: directory))
        defer { engine.stop() }
        let log = WatchedLog(engine)
        let consumer = ClusterConsumer(
            settings,
            log: log,
            registry: MetricsRegistry(),
            logger: Logger(label: "meterd-bench") { _ in SwiftLogNoOpLogHandler() }
        )
        try consumer.start()
        defer { consumer.stop() }
        let deadline = ContinuousClock.now + .seconds(limit)
        while log.durable < topic.events || engine.health.applyLagEvents > 0 {
            usleep(500)
            guard ContinuousClock.now < deadline else {
                throw BenchFailure("only \(log.durable) events came: \(consumer.health.detail)")
            }
        }
        guard let start = log.start else { throw BenchFailure("nothing came") }
        let pass = KafkaBenchPass(start, messages: topic.events, log: log.figures)
        try check(topic, engine)
        return pass
    }

    private static func check(_ topic: KafkaBenchTopic, _ engine: Engine) throws {
        let answer = Mutex<Result<UsageResult, any Error>?>(nil)
        let answered = DispatchSemaphore(value: 0)
        // Queries are asynchronous; this thread has nothing else to do.
        Task {
            let result: Result<UsageResult, any Error>
            do {
                result = .success(try await engine.query(UsageQuery(meter: Engine.benchMeter, groupBy: ["subject"])))
            } catch {
                result = .failure(error)
            }
            answer.withLock { $0 = result }
            answered.signal()
        }
        answered.wait()
        guard let result = try answer.withLock({ try $0?.get() }) else { throw BenchFailure("the query has no answer") }
        let found = Dictionary(result.rows.map { ($0.subject ?? "", $0.value.description) }) { first, _ in first }
        for (number, tokens) in topic.tokens.enumerated() {
            let subject = GeneratedEvent.subject(number)
            guard found[subject] ?? "0" == "\(tokens)" else {
                throw BenchFailure("the totals are wrong: \(subject) has \(found[subject] ?? "none"), not \(tokens)")
            }
        }
    }
}

/// An engine's log that takes note of when the first messages come, and of how many are on disk.
private final class WatchedLog: MessageLog {
    private let engine: Engine
    private let state = Mutex(State())

    private struct State {
        var start: KafkaBenchPass.Start?
        var durable = 0
        var figures = KafkaBenchPass.LogFigures()
    }

    init(_ engine: Engine) { self.engine = engine }

    var start: KafkaBenchPass.Start? { state.withLock { $0.start } }
    var durable: Int { state.withLock { $0.durable } }
    var figures: KafkaBenchPass.LogFigures { state.withLock { $0.figures } }

    func makeDecoder() -> EventDecoder { engine.makeDecoder() }

    var positions: [PositionKey: Int64] { engine.positions }

    func append(
        _ batch: EventBatch,
        rejected: [RejectedMessage],
        positions: [SourcePosition],
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        let count = batch.count
        // The first take is over: what it held is not counted, as in the empty loop.
        state.withLock { if $0.start == nil, count > 0 { $0.start = KafkaBenchPass.Start(messages: count) } }
        let began = ContinuousClock.now
        engine.append(batch, rejected: rejected, positions: positions, origin: origin) { [self] outcome in
            let seconds = began.duration(to: .now).seconds
            state.withLock { state in
                guard case .success = outcome else {
                    state.figures.refusals += 1
                    return
                }
                state.durable += count
                state.figures.frames += 1
                state.figures.seconds += seconds
            }
            completion(outcome)
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

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
