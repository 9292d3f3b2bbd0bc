internal import CRdKafka

/// What a broker has, as a plain librdkafka consumer reads it for a test.
///
/// Its calls block until the broker has answered. It remembers which topics were missing, so after one came back a new
/// consumer sees it sooner.
package final class TestConsumer: @unchecked Sendable {
    // Unchecked: librdkafka's handle is safe to use from any thread, and there is nothing else.
    private let handle: OpaquePointer

    /// How long the broker may take to answer one question or to send the next message, in milliseconds.
    private static let patience: Int32 = 20_000

    /// - Parameters:
    ///   - group: whose committed offsets are asked for.
    ///   - properties: librdkafka's, over the ones chosen here.
    package init(
        bootstrapServers: String,
        group: String = "test",
        properties: [String: String] = [:]
    ) throws(BrokerFailure) {
        let defaults = [
            "bootstrap.servers": bootstrapServers, "group.id": group, "log_level": "0", "enable.auto.commit": "false",
            "auto.offset.reset": "error", "fetch.wait.max.ms": "10", "fetch.error.backoff.ms": "20",
        ]
        let configuration = try clientConfiguration(defaults.merging(properties) { $1 })
        handle = try newClient(RD_KAFKA_CONSUMER, configuration)
        rd_kafka_poll_set_consumer(handle)
    }

    deinit {
        rd_kafka_consumer_close(handle)
        destroyClient(handle)
    }

    /// The offset that the group committed, nil when it has none.
    package func committedOffset(topic: String, partition: Int32) throws(BrokerFailure) -> Int64? {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, partition)
        var error = rd_kafka_committed(handle, list, Self.patience)
        guard let list, error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerFailure("\(topic) [\(partition)]: committed offset: \(words(for: error))")
        }
        error = list.pointee.elems[0].err
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerFailure("\(topic) [\(partition)]: committed offset: \(words(for: error))")
        }
        let offset = list.pointee.elems[0].offset
        return offset < 0 ? nil : offset
    }

    /// Everything that the partition has now, in the order of its offsets.
    package func messages(topic: String, partition: Int32) throws(BrokerFailure) -> [TestMessage] {
        var low: Int64 = 0
        var high: Int64 = 0
        let error = rd_kafka_query_watermark_offsets(handle, topic, partition, &low, &high, Self.patience)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerFailure("\(topic) [\(partition)]: watermarks: \(words(for: error))")
        }
        return try messages(topic: topic, partition: partition, offsets: low..<max(low, high))
    }

    /// The messages of these offsets, waiting for those that are still to come.
    package func messages(
        topic: String,
        partition: Int32,
        offsets: Range<Int64>
    ) throws(BrokerFailure) -> [TestMessage] {
        guard !offsets.isEmpty else { return [] }
        try assign(topic: topic, partition: partition, offset: offsets.lowerBound)
        defer { rd_kafka_assign(handle, nil) }
        var messages: [TestMessage] = []
        while true {
            guard let message = rd_kafka_consumer_poll(handle, Self.patience) else {
                throw BrokerFailure("\(topic) [\(partition)]: \(messages.count) messages came of \(offsets)")
            }
            defer { rd_kafka_message_destroy(message) }
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR: messages.append(TestMessage(reading: message))
            // The client goes on by itself when a broker comes back.
            case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: continue
            default: throw BrokerFailure("\(topic) [\(partition)]: \(words(for: message.pointee.err))")
            }
            if message.pointee.offset >= offsets.upperBound - 1 { return messages }
        }
    }

    private func assign(topic: String, partition: Int32, offset: Int64) throws(BrokerFailure) {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = offset
        let error = rd_kafka_assign(handle, list)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerFailure("\(topic) [\(partition)]: assign: \(words(for: error))")
        }
    }
}

extension TestMessage {
    /// Copies what librdkafka delivered.
    fileprivate init(reading message: UnsafeMutablePointer<rd_kafka_message_t>) {
        func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
            start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
        }
        var headers: [Header] = []
        var list: OpaquePointer?
        if rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let found = name
            {
                headers.append(Header(String(cString: found), bytes(value, size)))
            }
        }
        let time = rd_kafka_message_timestamp(message, nil)
        self.init(
            key: bytes(message.pointee.key, message.pointee.key_len),
            headers: headers,
            value: bytes(message.pointee.payload, message.pointee.len),
            time: time < 0 ? nil : time
        )
    }
}
