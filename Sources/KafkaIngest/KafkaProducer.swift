internal import CRdKafka
public import Logging

/// A librdkafka producer, for the one thread that makes it: what became of messages, and what librdkafka has to say, is
/// learned in its calls `poll`, `flush` and `finish`, never beside them.
///
/// Every message it takes is accounted for in `counts`. Unless the properties say otherwise, all in-sync replicas confirm
/// a message, none is stored twice or out of order by a retry (`enable.idempotence`), and a key goes to the partition that
/// Java producers choose for it (`murmur2_random`).
public final class KafkaProducer {
    /// What the cluster is called in errors.
    public let cluster: String
    private let reports: DeliveryReports
    private let handle: OpaquePointer
    /// The topic of the last message: librdkafka need not look it up by its name each time.
    private var topic: (name: String, handle: OpaquePointer)?
    private let call: UnsafeMutablePointer<rd_kafka_vu_t>

    /// Kilobytes of messages that librdkafka holds at most, beside its own limit of 100,000 messages
    /// (`queue.buffering.max.messages`).
    private static let queueKilobytes = 64 << 10
    /// Milliseconds to wait for more messages to a partition before what there is goes out.
    private static let lingerMilliseconds = 20
    /// Arguments of one call: topic, partition, flags, key, value, headers.
    private static let arguments = 6

    /// A producer that begins to connect.
    ///
    /// - Parameters:
    ///   - brokers: `host:port` of brokers to begin with.
    ///   - properties: settings of librdkafka by their names. Those of consumers do nothing.
    ///   - logger: takes librdkafka's own lines, for debugging.
    /// - Throws: `KafkaError.properties` when librdkafka does not take them. No broker is asked for anything yet.
    public init(
        cluster: String,
        brokers: [String],
        properties: [(name: String, value: String)] = [],
        logger: Logger
    ) throws(KafkaError) {
        guard !properties.contains(where: { $0.name == "transactional.id" }) else {
            throw .properties(cluster: cluster, reason: "transactional.id is for transactions, and none is begun here")
        }
        let reports = DeliveryReports(logger: logger)
        let configuration = try ClientProperties(pairs: Self.pairs(brokers, properties))
            .makeConfiguration(cluster: cluster)
        reports.connect(to: configuration)
        var reason = [CChar](repeating: 0, count: 512)
        guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            throw .properties(cluster: cluster, reason: text(reason))
        }
        rd_kafka_set_log_queue(handle, nil)
        self.cluster = cluster
        self.reports = reports
        self.handle = handle
        call = .allocate(capacity: Self.arguments)
        call.initialize(repeating: rd_kafka_vu_t(), count: Self.arguments)
    }

    deinit {
        if let topic { rd_kafka_topic_destroy(topic.handle) }
        rd_kafka_destroy(handle)
        call.deallocate()
    }

    /// Ours, then the user's, then those that the counting rests on.
    private static func pairs(
        _ brokers: [String],
        _ properties: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        var pairs = [
            ("client.id", "meterd"), ("partitioner", "murmur2_random"), ("linger.ms", "\(lingerMilliseconds)"),
            ("queue.buffering.max.kbytes", "\(queueKilobytes)"),
        ]
        if !properties.contains(where: { forbidsIdempotence($0.name, $0.value) }) {
            pairs.append(("enable.idempotence", "true"))
        }
        return pairs + properties + [
            ("bootstrap.servers", brokers.joined(separator: ",")),
            ("delivery.report.only.error", "false"),
            ("log.queue", "true"),
        ]
    }

    /// Whether librdkafka refuses a setting beside `enable.idempotence`: who asks for that one gets that one.
    private static func forbidsIdempotence(_ name: String, _ value: String) -> Bool {
        switch name {
        case "acks", "request.required.acks": value != "all" && value != "-1"
        case "retries", "message.send.max.retries": value == "0"
        case "max.in.flight", "max.in.flight.requests.per.connection": Int(value).map { $0 > 5 } ?? false
        case "queuing.strategy": value == "lifo"
        case "queue.buffering.backpressure.threshold": value != "1"
        default: false
        }
    }

    // MARK: Messages

    /// Hands a message to librdkafka, which copies it; never waits. A key or value of nil is null, which is not the same as
    /// empty.
    ///
    /// - Parameter partition: nil lets the key choose.
    /// - Throws: `KafkaError.full` when librdkafka holds as much as it may: `poll`, then try again or give up.
    ///   `KafkaError.refused` when this message cannot be produced, as one that is too large. `KafkaError.call` when none
    ///   can any more. What it throws for is in no count.
    public func produce(
        topic name: String,
        partition: Int32? = nil,
        key: UnsafeRawBufferPointer?,
        headers: OutgoingHeaders? = nil,
        value: UnsafeRawBufferPointer?
    ) throws(KafkaError) {
        let topic = try open(name)
        call[0].vtype = RD_KAFKA_VTYPE_RKT
        call[0].u.rkt = topic
        call[1].vtype = RD_KAFKA_VTYPE_PARTITION
        call[1].u.i32 = partition ?? RD_KAFKA_PARTITION_UA
        call[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        call[2].u.i = RD_KAFKA_MSG_F_COPY
        call[3].vtype = RD_KAFKA_VTYPE_KEY
        call[3].u.mem = memory(key)
        call[4].vtype = RD_KAFKA_VTYPE_VALUE
        call[4].u.mem = memory(value)
        call[5].vtype = RD_KAFKA_VTYPE_HEADERS
        call[5].u.headers = headers?.handle
        let count = headers?.handle == nil ? Self.arguments - 1 : Self.arguments
        guard let error = rd_kafka_produceva(handle, call, count) else {
            headers?.handOver()
            reports.counts.accepted += 1
            return
        }
        defer { rd_kafka_error_destroy(error) }
        switch rd_kafka_error_code(error) {
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
            throw .full(cluster: cluster)
        case RD_KAFKA_RESP_ERR__FATAL:
            throw .call("producing", cluster: cluster, reason: fatalReason ?? words(of: error))
        default:
            throw .refused(topic: name, reason: words(for: rd_kafka_error_code(error)))
        }
    }

    private func open(_ name: String) throws(KafkaError) -> OpaquePointer {
        if let topic, topic.name == name { return topic.handle }
        guard !name.isEmpty, !name.utf8.contains(0), let made = rd_kafka_topic_new(handle, name, nil) else {
            throw .refused(topic: name, reason: "this cannot be the name of a topic")
        }
        if let topic { rd_kafka_topic_destroy(topic.handle) }
        topic = (name, made)
        return made
    }

    /// What is empty points somewhere all the same: no pointer would be null.
    private func memory(_ bytes: UnsafeRawBufferPointer?) -> rd_kafka_vu_s.__Unnamed_union_u.__Unnamed_struct_mem {
        guard let bytes else { return .init(ptr: nil, size: 0) }
        return .init(
            ptr: bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) } ?? UnsafeMutableRawPointer(call),
            size: bytes.count
        )
    }

    /// Why an idempotent producer has given up for good.
    private var fatalReason: String? {
        var reason = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(handle, &reason, reason.count)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : text(reason)
    }

    // MARK: Delivery

    /// What became of the messages so far, as of the last `poll`, `flush` or `finish`.
    public var counts: DeliveryCounts { reports.counts }

    /// What stands between here and the brokers; nil after a message was delivered. It may pass by itself.
    public var trouble: String? { reports.trouble }

    /// Learns what became of messages; waits for news at most so long.
    public func poll(milliseconds: Int32 = 0) {
        rd_kafka_poll(handle, milliseconds)
    }

    /// Sends what there is now, and waits until everything is delivered or has failed.
    ///
    /// - Returns: whether that was so in time. Each message fails by itself after `message.timeout.ms`.
    public func flush(seconds: Double) -> Bool {
        let milliseconds = Int32(max(0, min(seconds * 1000, Double(Int32.max))))
        return rd_kafka_flush(handle, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Flushes, and gives up what is still open after so long: all that was accepted is counted then.
    @discardableResult
    public func finish(seconds: Double) -> DeliveryCounts {
        if !flush(seconds: seconds) {
            rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            _ = flush(seconds: Self.purgeSeconds)
        }
        return counts
    }

    /// How long the reports of what was given up may take; they come from this process.
    private static let purgeSeconds = 5.0

    // MARK: Topics

    /// Asks the brokers how many partitions a topic has. Brokers that make topics by themselves make a missing one.
    ///
    /// - Throws: `KafkaError.noTopic`, also for a topic that is just being made; `KafkaError.call` when no broker answers
    ///   in time.
    public func partitionCount(of name: String, milliseconds: Int32) throws(KafkaError) -> Int {
        let topic = try open(name)
        var found: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle, 0, topic, &found, milliseconds)
        poll()
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let found else {
            throw .call("asking for the topic \(name)", cluster: cluster, reason: trouble ?? words(for: code))
        }
        defer { rd_kafka_metadata_destroy(found) }
        guard found.pointee.topic_cnt == 1 else { throw .noTopic(cluster: cluster, topic: name) }
        switch found.pointee.topics[0].err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return Int(found.pointee.topics[0].partition_cnt)
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
            throw .noTopic(cluster: cluster, topic: name)
        case let code:
            throw .call("asking for the topic \(name)", cluster: cluster, reason: words(for: code))
        }
    }
}

private func words(of error: OpaquePointer) -> String { String(cString: rd_kafka_error_string(error)) }

/// Text that C wrote into a buffer.
private func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
