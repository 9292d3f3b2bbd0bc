internal import CRdKafka
internal import Synchronization

/// A plain librdkafka producer for tests, for any broker that the linked librdkafka can talk to.
///
/// Its calls block until the broker has answered. Messages of one call keep their order in each partition.
/// A connection cut while it produces may make it send a batch twice, as it would a producer of users.
package final class TestProducer: @unchecked Sendable {
    // Unchecked: librdkafka's handle is safe to use from any thread.
    private let handle: OpaquePointer
    private let knownTopics = Mutex<Set<String>>([])

    /// How long the broker may take to confirm what one call produced, in milliseconds.
    private static let deliveryLimit: Int32 = 60_000
    /// How long a question (watermarks, partitions) may take, in milliseconds.
    private static let questionLimit: Int32 = 10_000
    /// How long to wait for room when librdkafka's queue is full, in milliseconds.
    private static let roomWait: Int32 = 10

    /// - Parameter properties: librdkafka's, over the ones chosen here.
    package init(bootstrapServers: String, properties: [String: String] = [:]) throws(BrokerFailure) {
        let defaults = [
            "bootstrap.servers": bootstrapServers,
            "log_level": "0",
            "linger.ms": "5",
            // Batches as large as the broker's default takes: the mock answers a fetch with one batch a partition.
            "batch.num.messages": "10000",
            "queue.buffering.max.messages": "1000000",
            // One request under way, so that a retry overtakes nothing.
            "max.in.flight.requests.per.connection": "1",
            // The partition that other clients, the Java one included, choose for a key.
            "partitioner": "murmur2_random",
            "message.timeout.ms": "30000",
            "reconnect.backoff.max.ms": "1000",
        ]
        let configuration = try clientConfiguration(defaults.merging(properties) { $1 })
        rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, _ in
            guard let message, let opaque = message.pointee._private else { return }
            Unmanaged<Delivery>.fromOpaque(opaque).takeUnretainedValue().finished(message.pointee)
        }
        handle = try newClient(RD_KAFKA_PRODUCER, configuration)
    }

    deinit {
        destroyClient(handle)
    }

    /// One message, confirmed by the broker.
    ///
    /// - Returns: its offset.
    @discardableResult
    package func produce(topic: String, partition: Int32, _ message: TestMessage) throws(BrokerFailure) -> Int64 {
        try deliver(topic: topic, partition: partition, CollectionOfOne(message)).lastOffset
    }

    /// Messages in their order, all confirmed by the broker.
    ///
    /// - Parameter partition: nil lets each message's key choose.
    /// - Returns: how many.
    @discardableResult
    package func produce(
        topic: String,
        partition: Int32? = nil,
        _ messages: some Sequence<TestMessage>
    ) throws(BrokerFailure) -> Int {
        try deliver(topic: topic, partition: partition ?? RD_KAFKA_PARTITION_UA, messages).delivered
    }

    private func deliver(
        topic: String,
        partition: Int32,
        _ messages: some Sequence<TestMessage>
    ) throws(BrokerFailure) -> Delivery.Outcome {
        // librdkafka asks for the leaders of a topic that is new to it once a second, unless it is asked about the topic.
        if knownTopics.withLock({ $0.insert(topic).inserted }) { _ = try? partitionCount(topic: topic) }
        let delivery = Delivery()
        var refused: rd_kafka_resp_err_t?
        topic.withCString { name in
            var call = ProduceCall(
                topic: name,
                partition: partition,
                delivery: Unmanaged.passUnretained(delivery).toOpaque()
            )
            for message in messages {
                refused = enqueue(message, &call)
                if refused != nil { break }
            }
        }
        // The delivery is told of every message before this function ends, so no callback comes to it later.
        if rd_kafka_flush(handle, Self.deliveryLimit) != RD_KAFKA_RESP_ERR_NO_ERROR {
            rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            rd_kafka_flush(handle, -1)
        }
        let outcome = delivery.outcome
        if let error = refused ?? outcome.error {
            throw BrokerFailure("\(topic): not all was delivered (\(outcome.delivered) were): \(words(for: error))")
        }
        return outcome
    }

    /// Hands one message to librdkafka, waiting for room in its queue.
    private func enqueue(_ message: TestMessage, _ call: inout ProduceCall) -> rd_kafka_resp_err_t? {
        while true {
            let error = call.make(handle, message)
            if error == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
            guard error == RD_KAFKA_RESP_ERR__QUEUE_FULL else { return error }
            rd_kafka_poll(handle, Self.roomWait)
        }
    }

    /// The first offset that a partition still has, and the one that its next message gets.
    package func watermarks(topic: String, partition: Int32) throws(BrokerFailure) -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        let error = rd_kafka_query_watermark_offsets(handle, topic, partition, &low, &high, Self.questionLimit)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerFailure("\(topic) [\(partition)]: watermarks: \(words(for: error))")
        }
        return low..<max(low, high)
    }

    /// How many partitions a topic has. A broker that makes topics by itself makes a missing one.
    package func partitionCount(topic: String) throws(BrokerFailure) -> Int32 {
        guard let local = rd_kafka_topic_new(handle, topic, nil) else {
            throw BrokerFailure("\(topic): \(words(for: rd_kafka_last_error()))")
        }
        defer { rd_kafka_topic_destroy(local) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(handle, 0, local, &answer, Self.questionLimit)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw BrokerFailure("\(topic): metadata: \(words(for: error))")
        }
        defer { rd_kafka_metadata_destroy(answer) }
        guard answer.pointee.topic_cnt == 1 else { throw BrokerFailure("\(topic): no metadata of it") }
        let found = answer.pointee.topics[0]
        guard found.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BrokerFailure("\(topic): \(words(for: found.err))") }
        return found.partition_cnt
    }
}

/// What became of the messages of one call.
private final class Delivery: Sendable {
    struct Outcome {
        var delivered = 0
        var lastOffset: Int64 = -1
        var error: rd_kafka_resp_err_t?
    }

    private let state = Mutex(Outcome())

    var outcome: Outcome { state.withLock { $0 } }

    /// Called by whichever thread polls the producer.
    func finished(_ message: rd_kafka_message_t) {
        state.withLock {
            if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                $0.delivered += 1
                $0.lastOffset = message.offset
            } else if $0.error == nil {
                $0.error = message.err
            }
        }
    }
}

/// The arguments of `rd_kafka_produceva`, kept from message to message.
private struct ProduceCall {
    private var arguments: [rd_kafka_vu_t]
    /// Topic, partition, flags and the delivery's address.
    private static let fixed = 4

    init(topic: UnsafePointer<CChar>, partition: Int32, delivery: UnsafeMutableRawPointer) {
        arguments = Array(repeating: rd_kafka_vu_t(), count: Self.fixed + 4)
        arguments[0].vtype = RD_KAFKA_VTYPE_TOPIC
        arguments[0].u.cstr = topic
        arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION
        arguments[1].u.i32 = partition
        arguments[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        arguments[2].u.i = RD_KAFKA_MSG_F_COPY
        arguments[3].vtype = RD_KAFKA_VTYPE_OPAQUE
        arguments[3].u.ptr = delivery
    }

    mutating func make(_ handle: OpaquePointer, _ message: TestMessage) -> rd_kafka_resp_err_t {
        var count = Self.fixed
        var headers: OpaquePointer?
        if !message.headers.isEmpty {
            headers = rd_kafka_headers_new(message.headers.count)
            for header in message.headers {
                _ = withBytes(header.value) { rd_kafka_header_add(headers, header.name, -1, $0, $1) }
            }
            arguments[count].vtype = RD_KAFKA_VTYPE_HEADERS
            arguments[count].u.headers = headers
            count += 1
        }
        if let time = message.time {
            arguments[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP
            arguments[count].u.i64 = time
            count += 1
        }
        let keyIndex = count
        let valueIndex = count + 1
        count += 2
        let error = withBytes(message.key) { key, keySize in
            withBytes(message.value) { value, valueSize in
                arguments[keyIndex].vtype = RD_KAFKA_VTYPE_KEY
                arguments[keyIndex].u.mem = .init(ptr: key, size: keySize)
                arguments[valueIndex].vtype = RD_KAFKA_VTYPE_VALUE
                arguments[valueIndex].u.mem = .init(ptr: value, size: valueSize)
                let refusal = rd_kafka_produceva(handle, arguments, count)
                defer { rd_kafka_error_destroy(refusal) }
                return rd_kafka_error_code(refusal)
            }
        }
        // librdkafka took the headers over only if it took the message.
        if error != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
        return error
    }

    private func withBytes<R>(_ bytes: [UInt8]?, _ body: (UnsafeMutableRawPointer?, Int) -> R) -> R {
        guard let bytes else { return body(nil, 0) }
        // What is empty points somewhere all the same: no pointer would mean that there is nothing.
        return (bytes.isEmpty ? [0] : bytes).withUnsafeBytes {
            body(UnsafeMutableRawPointer(mutating: $0.baseAddress), bytes.count)
        }
    }
}
