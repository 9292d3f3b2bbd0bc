import CloudEvents
import Foundation
import KafkaIngest
import Logging

/// A topic full of generated events, and what they add up to.
struct KafkaBenchTopic {
    let name: String
    let partitions: Int
    let events: Int
    /// Bytes of the events' JSON texts.
    private(set) var bytes = 0
    /// Tokens by subject.
    private(set) var tokens: [Int]

    /// How long the broker may take to confirm everything, in seconds.
    private static let patience = 120.0

    /// Makes the topic and fills it, each subject in one partition.
    ///
    /// - Throws: also when the broker has not kept everything, as the mock cluster does with more than 5 MiB or 100,000
    ///   batches in a partition.
    init(_ broker: KafkaBenchBroker, partitions: Int, events: Int, mode: MessageMode, seed: UInt64) throws {
        name = "meterd-bench-\(UUID().uuidString)"
        self.partitions = partitions
        self.events = events
        tokens = Array(repeating: 0, count: 1_000)
        try broker.create(topic: name, partitions: partitions)
        let producer = try KafkaProducer(
            cluster: "bench",
            brokers: [broker.brokers],
            // Large batches: the mock cluster answers a fetch with one a partition.
            properties: [("batch.num.messages", "10000"), ("linger.ms", "200")],
            logger: Logger(label: "meterd-bench") { _ in SwiftLogNoOpLogHandler() }
        )
        let decoder = EventDecoder(profile: .openmeter)
        var generator = EventGenerator(seed: seed)
        for _ in 0..<events {
            let event = generator.event()
            bytes += event.bytes.count
            tokens[event.subject] += event.tokens
            let batch = try event.bytes.withUnsafeBytes { try decoder.decode($0, envelope: .single) }
            try Self.send(batch.message(mode, of: 0), to: name, partition: event.subject % partitions, producer)
        }
        let counts = producer.finish(seconds: Self.patience)
        guard counts.delivered == events else {
            throw BenchFailure("\(counts.delivered) of \(events) events reached the topic: \(counts)")
        }
        try check(broker)
    }

    private static func send(
        _ message: EventMessage,
        to topic: String,
        partition: Int,
        _ producer: KafkaProducer
    ) throws {
        let headers = OutgoingHeaders()
        for header in message.headers { headers.append(name: header.name, value: header.value) }
        try (message.key ?? []).withUnsafeBytes { key in
            try (message.value ?? []).withUnsafeBytes { value in
                while true {
                    do throws(KafkaError) {
                        return try producer.produce(
                            topic: topic,
                            partition: Int32(partition),
                            key: key,
                            headers: headers,
                            value: value
                        )
                    } catch .full {
                        producer.poll(milliseconds: 10)
                    }
                }
            }
        }
    }

    private func check(_ broker: KafkaBenchBroker) throws {
        var kept: Int64 = 0
        for partition in 0..<partitions {
            let offsets = try broker.offsets(topic: name, partition: partition)
            guard offsets.lowerBound == 0 else {
                throw BenchFailure("the broker dropped \(offsets.lowerBound) events: more --partitions hold more")
            }
            kept += offsets.upperBound
        }
        guard kept == events else { throw BenchFailure("the topic has \(kept) messages, not \(events)") }
    }
}
