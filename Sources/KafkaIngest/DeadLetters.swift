import CloudEvents
import Logging
import Observability

/// Produces rejected messages, whole and as they came, to a topic for people or programs that mend them.
///
/// It is a copy for convenience: what was rejected is in the log, and the partition does not wait for this topic. A message
/// is handed over before its frame is on disk, so a crash may leave it there twice, or, when it comes before the broker
/// has it, not at all.
final class DeadLetters {
    private let topic: String
    private let producer: KafkaProducer
    private let delivered: Counter
    private let failed: Counter
    private var counted = DeliveryCounts()
    /// Why the last message could not be handed over.
    private var lastRefusal: KafkaError?

    /// Names of the headers that are added to the message's own.
    enum Header {
        static let reason = "meterd.rejected.reason"
        static let topic = "meterd.rejected.topic"
        static let partition = "meterd.rejected.partition"
        static let offset = "meterd.rejected.offset"
    }

    /// Seconds to get rid of what is left at the end.
    private static let farewellSeconds = 2.0

    init(
        topic: String,
        settings: ClusterSettings,
        registry: MetricsRegistry,
        logger: Logger
    ) throws(KafkaError) {
        self.topic = topic
        producer = try KafkaProducer(
            cluster: settings.name,
            brokers: settings.brokers,
            properties: settings.properties,
            logger: logger
        )
        func counter(_ outcome: String) -> Counter {
            registry.counter(
                "meterd_kafka_dead_letters_total",
                help: "Rejected messages produced to the dead-letter topic, by what became of them, since the start.",
                labels: [("cluster", settings.name), ("outcome", outcome)]
            )
        }
        delivered = counter("delivered")
        failed = counter("failed")
    }

    /// Why messages do not reach the topic at the moment; nil when they do.
    var failure: String? {
        if let lastRefusal { return "rejected messages do not reach the topic \(topic): \(lastRefusal)" }
        guard counted.open > 0 || counted.failed > 0, let trouble = producer.trouble else { return nil }
        return "rejected messages do not reach the topic \(topic): \(trouble)"
    }

    /// Hands a message over; never waits.
    func send(
        _ message: BorrowedMessage,
        of partition: Partition,
        headers: UnsafeBufferPointer<MessageHeader>,
        reason: String
    ) {
        let outgoing = OutgoingHeaders()
        for header in headers { outgoing.append(name: header.name, value: header.value) }
        outgoing.append(name: Header.reason, value: reason)
        outgoing.append(name: Header.topic, value: partition.id.topic)
        outgoing.append(name: Header.partition, value: "\(partition.id.number)")
        outgoing.append(name: Header.offset, value: "\(message.offset)")
        do throws(KafkaError) {
            try producer.produce(topic: topic, key: message.key, headers: outgoing, value: message.value)
            lastRefusal = nil
        } catch {
            lastRefusal = error
            failed.increment()
        }
    }

    /// Learns what became of messages.
    func poll() {
        producer.poll()
        count()
        if counted.open == 0, counted.delivered > 0, producer.trouble == nil { lastRefusal = nil }
    }

    /// Waits for what is still open, not long. What to say of messages that were given up then.
    func close() -> String? {
        let failedBefore = producer.counts.failed
        let failed = producer.finish(seconds: Self.farewellSeconds).failed - failedBefore
        count()
        return failed > 0 ? "rejected messages given up on their way to the topic \(topic): \(failed)" : nil
    }

    private func count() {
        let now = producer.counts
        delivered.increment(by: now.delivered - counted.delivered)
        failed.increment(by: now.failed - counted.failed)
        counted = now
    }
}
