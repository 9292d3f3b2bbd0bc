import CRdKafka
import KafkaIngest
import Logging
import Synchronization
import TestServers
import Testing

/// Against librdkafka's mock cluster, a real broker protocol on a loopback port.
@Suite("A producer accounts for every message", .blocking)
struct KafkaProducerTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// Longer than anything here takes; nothing waits for it to pass.
    private static let patience = 30.0

    private func makeProducer(
        _ brokers: String,
        _ properties: [(name: String, value: String)] = []
    ) throws -> KafkaProducer {
        try KafkaProducer(cluster: "main", brokers: [brokers], properties: properties, logger: Self.silent)
    }

    private func produce(_ producer: KafkaProducer, to topic: String, key: String? = "customer-1", value: String?)
        throws
    {
        try with(key) { key in
            try with(value) { try producer.produce(topic: topic, key: key, value: $0) }
        }
    }

    private func with(_ text: String?, _ body: (UnsafeRawBufferPointer?) throws -> Void) rethrows {
        guard let text else { return try body(nil) }
        try Array(text.utf8).withUnsafeBytes { try body($0) }
    }

    @Test("key, headers and value arrive as they were given, and what is null is not what is empty")
    func arrives() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        let producer = try makeProducer(cluster.bootstrapServers)
        let headers = OutgoingHeaders()
        headers.append(name: "ce_id", value: "1")
        headers.append(name: "ce_id", value: "2")
        headers.append(name: "null", value: nil)
        headers.append(name: "empty", value: [])
        let nowhere = UnsafeRawBufferPointer(start: nil, count: 0)
        headers.append(name: nowhere, value: nowhere)
        let (key, value) = (Array("customer-ü".utf8), [UInt8](0...255))
        try key.withUnsafeBytes { key in
            try value.withUnsafeBytes { value in
                try producer.produce(topic: "events", key: key, headers: headers, value: value)
            }
        }
        try produce(producer, to: "events", key: nil, value: nil)
        try producer.produce(topic: "events", key: nowhere, value: nowhere)
        let counts = producer.finish(seconds: Self.patience)
        #expect(counts.accepted == 3 && counts.delivered == 3 && counts.failed == 0 && counts.open == 0)
        #expect(counts.error == nil)
        var found = try TestConsumer(bootstrapServers: cluster.bootstrapServers).messages(topic: "events", partition: 0)
        for index in found.indices { found[index].time = nil }
        let names: [TestMessage.Header] = [
            .init("ce_id", Array("1".utf8)), .init("ce_id", Array("2".utf8)), .init("null", nil), .init("empty", []),
            .init("", []),
        ]
        try #require(found.count == 3)
        #expect(found[0] == TestMessage(key: key, headers: names, value: value))
        #expect(found[1] == TestMessage(key: nil as [UInt8]?, headers: [], value: nil))
        #expect(found[2] == TestMessage(key: [], headers: [], value: []))
    }

    @Test("a key goes to the partition that Java producers choose for it")
    func partitioner() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 8)
        let producer = try makeProducer(cluster.bootstrapServers)
        let keys = (0..<64).map { "customer-\($0)" }
        for key in keys { try produce(producer, to: "events", key: key, value: "x") }
        #expect(producer.finish(seconds: Self.patience).delivered == keys.count)
        let consumer = try TestConsumer(bootstrapServers: cluster.bootstrapServers)
        for partition in 0..<8 {
            let found = try consumer.messages(topic: "events", partition: Int32(partition))
            let expected = keys.filter { Int(Murmur2.hash(Array($0.utf8)) & 0x7FFF_FFFF) % 8 == partition }
            #expect(found.compactMap(\.key).map { String(decoding: $0, as: UTF8.self) } == expected)
        }
    }

    @Test("a full queue refuses at once, counts nothing, and takes messages again when there is room")
    func fullQueue() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        try cluster.stop()
        let producer = try makeProducer(cluster.bootstrapServers, [("queue.buffering.max.messages", "5")])
        for _ in 0..<5 { try produce(producer, to: "events", value: "x") }
        #expect(throws: KafkaError.full(cluster: "main")) { try produce(producer, to: "events", value: "x") }
        #expect(producer.counts.accepted == 5 && producer.counts.open == 5)
        try cluster.restart()
        #expect(producer.flush(seconds: Self.patience))
        try produce(producer, to: "events", value: "x")
        #expect(producer.finish(seconds: Self.patience).delivered == 6)
        #expect(try cluster.watermarks(topic: "events", partition: 0) == 0..<6)
    }

    @Test("a message that is too large is refused alone")
    func tooLarge() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        let producer = try makeProducer(cluster.bootstrapServers, [("message.max.bytes", "2000")])
        #expect {
            try produce(producer, to: "events", value: String(repeating: "x", count: 3_000))
        } throws: { error in
            guard case .refused(topic: "events", let reason) = error as? KafkaError else { return false }
            return reason.contains("Message size too large")
        }
        try produce(producer, to: "events", value: "x")
        let counts = producer.finish(seconds: Self.patience)
        #expect(counts.accepted == 1 && counts.delivered == 1)
    }

    @Test("what a broker refuses is counted with the first reason and its topic")
    func brokerRefuses() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        cluster.fail(.produce, with: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        let producer = try makeProducer(cluster.bootstrapServers)
        try produce(producer, to: "events", value: "x")
        #expect(producer.flush(seconds: Self.patience))
        for _ in 0..<2 { try produce(producer, to: "events", value: "x") }
        let counts = producer.finish(seconds: Self.patience)
        #expect(counts.delivered == 2 && counts.failed == 1 && counts.open == 0, "\(counts)")
        #expect(counts.firstFailure?.topic == "events")
        #expect(counts.firstFailure?.reason.contains("Message size too large") == true)
        #expect(counts.error?.description.hasPrefix("1 message was not delivered to the topic events: ") == true)
    }

    @Test("a retry delivers once")
    func retry() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        cluster.fail(.produce, with: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, times: 2)
        let producer = try makeProducer(cluster.bootstrapServers, [("retry.backoff.ms", "1")])
        try produce(producer, to: "events", value: "x")
        #expect(producer.finish(seconds: Self.patience).delivered == 1)
        #expect(try cluster.watermarks(topic: "events", partition: 0) == 0..<1)
    }

    @Test("brokers that are down: what is given up is counted as failed, and why is told")
    func brokersDown() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        try cluster.stop()
        let producer = try makeProducer(cluster.bootstrapServers)
        for _ in 0..<10 { try produce(producer, to: "events", value: "x") }
        while producer.trouble == nil { producer.poll(milliseconds: 100) }
        #expect(!producer.flush(seconds: 0.01))
        let counts = producer.finish(seconds: 0.01)
        #expect(counts.delivered == 0 && counts.failed == 10 && counts.uncertain == 0 && counts.open == 0)
        #expect(counts.firstFailure?.reason.contains("Connect") == true, "\(String(describing: counts.firstFailure))")
    }

    @Test("what was sent and never confirmed may have arrived, and is told apart")
    func uncertain() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        cluster.fail(.produce, with: RD_KAFKA_RESP_ERR__TRANSPORT)
        let producer = try makeProducer(cluster.bootstrapServers, [("retries", "0")])
        try produce(producer, to: "events", value: "x")
        let counts = producer.finish(seconds: Self.patience)
        #expect(counts.delivered == 0 && counts.failed == 1 && counts.uncertain == 1 && counts.open == 0)
    }

    @Test("trouble is over when a message was delivered")
    func troubleEnds() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        try cluster.stop()
        let producer = try makeProducer(
            cluster.bootstrapServers,
            [("reconnect.backoff.ms", "10"), ("reconnect.backoff.max.ms", "50")]
        )
        while producer.trouble == nil { producer.poll(milliseconds: 100) }
        try cluster.restart()
        try produce(producer, to: "events", value: "x")
        #expect(producer.finish(seconds: Self.patience).delivered == 1)
        #expect(producer.trouble == nil)
    }

    @Test("a topic that the brokers do not have is told by name, and one they have by its partitions")
    func topics() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 3)
        try cluster.createTopic("gone", partitions: 1)
        try cluster.hide(topic: "gone")
        let producer = try makeProducer(cluster.bootstrapServers)
        #expect(try producer.partitionCount(of: "events", milliseconds: 10_000) == 3)
        #expect(throws: KafkaError.noTopic(cluster: "main", topic: "gone")) {
            try producer.partitionCount(of: "gone", milliseconds: 10_000)
        }
        #expect(throws: KafkaError.self) { try producer.partitionCount(of: "", milliseconds: 10_000) }
        #expect(throws: KafkaError.self) { try produce(producer, to: "a\0b", value: "x") }
    }

    @Test(
        "settings that librdkafka refuses beside idempotence switch it off, since the user asked for them",
        arguments: [
            ("acks", "1"), ("request.required.acks", "0"), ("retries", "0"), ("queuing.strategy", "lifo"),
            ("max.in.flight.requests.per.connection", "100"), ("queue.buffering.backpressure.threshold", "10"),
            ("acks", "all"), ("enable.idempotence", "false"),
        ]
    )
    func idempotence(name: String, value: String) throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        let producer = try makeProducer(cluster.bootstrapServers, [(name, value)])
        try produce(producer, to: "events", value: "x")
        #expect(producer.finish(seconds: Self.patience).delivered == 1)
    }

    @Test("a setting that would hide deliveries does not")
    func deliveryReports() throws {
        let cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 1)
        let producer = try makeProducer(cluster.bootstrapServers, [("delivery.report.only.error", "true")])
        try produce(producer, to: "events", value: "x")
        #expect(producer.finish(seconds: Self.patience).delivered == 1)
    }

    @Test("settings of consumers do nothing, and librdkafka's word about them is for debugging")
    func consumerSettings() throws {
        let recorder = LevelRecorder()
        var logger = Logger(label: "test") { _ in recorder }
        logger.logLevel = .trace
        let producer = try KafkaProducer(
            cluster: "main",
            brokers: ["127.0.0.1:1"],
            properties: [("fetch.wait.max.ms", "10"), ("queued.min.messages", "10")],
            logger: logger
        )
        while recorder.levels.isEmpty { producer.poll(milliseconds: 100) }
        #expect(Set(recorder.levels) == [.debug])
    }

    @Test("a wrong setting is told by its name, never by its value")
    func wrongSetting() {
        #expect {
            try makeProducer("127.0.0.1:1", [("acks", "secret")])
        } throws: { error in
            let text = "\(error)"
            return text.contains("acks") && !text.contains("secret")
        }
        #expect(throws: KafkaError.self) {
            try makeProducer("127.0.0.1:1", [("acks", "1"), ("enable.idempotence", "true")])
        }
    }
}

/// The hash of Kafka's default partitioner (MurmurHash2, seed 0x9747b28c), written from its definition.
private enum Murmur2 {
    static func hash(_ key: [UInt8]) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        var hash = 0x9747_B28C ^ UInt32(key.count)
        for start in stride(from: 0, to: key.count & ~3, by: 4) {
            var word = (0..<4).reduce(0) { $0 | UInt32(key[start + $1]) << UInt32($1 * 8) }
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash = hash &* multiplier ^ word
        }
        let rest = key[(key.count & ~3)...]
        for (place, byte) in rest.enumerated().reversed() { hash ^= UInt32(byte) << UInt32(place * 8) }
        if !rest.isEmpty { hash &*= multiplier }
        hash ^= hash >> 13
        hash &*= multiplier
        return hash ^ hash >> 15
    }
}

/// Keeps the levels of what is logged.
private struct LevelRecorder: LogHandler {
    private final class Store: Sendable {
        let levels = Mutex<[Logger.Level]>([])
    }

    private let store = Store()
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    var levels: [Logger.Level] { store.levels.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        store.levels.withLock { $0.append(event.level) }
    }
}
