internal import CRdKafka

/// Requests of Kafka's Admin interface to a broker that takes them; librdkafka's mock cluster does not.
package final class TestAdmin: @unchecked Sendable {
    // Unchecked: librdkafka's handles are safe to use from any thread.
    private let handle: OpaquePointer

    /// How long a broker may take to answer, in milliseconds.
    private static let patience: Int32 = 20_000

    package init(bootstrapServers: String, properties: [String: String] = [:]) throws(BrokerFailure) {
        let defaults = ["bootstrap.servers": bootstrapServers, "log_level": "0"]
        handle = try newClient(RD_KAFKA_PRODUCER, try clientConfiguration(defaults.merging(properties) { $1 }))
    }

    deinit {
        rd_kafka_destroy(handle)
    }

    package func createTopic(_ topic: String, partitions: Int32) throws(BrokerFailure) {
        var request = rd_kafka_NewTopic_new(topic, partitions, 1, nil, 0)
        defer { rd_kafka_NewTopic_destroy(request) }
        try ask("creating \(topic)") {
            rd_kafka_CreateTopics(handle, &request, 1, nil, $0)
        } answer: {
            topicError($0, rd_kafka_CreateTopics_result_topics)
        }
    }

    /// The topic has `partitions` partitions from now on, more than before.
    package func setPartitions(_ topic: String, to partitions: Int) throws(BrokerFailure) {
        var request = rd_kafka_NewPartitions_new(topic, partitions, nil, 0)
        defer { rd_kafka_NewPartitions_destroy(request) }
        try ask("adding partitions to \(topic)") {
            rd_kafka_CreatePartitions(handle, &request, 1, nil, $0)
        } answer: {
            topicError($0, rd_kafka_CreatePartitions_result_topics)
        }
    }

    package func deleteTopic(_ topic: String) throws(BrokerFailure) {
        var request = rd_kafka_DeleteTopic_new(topic)
        defer { rd_kafka_DeleteTopic_destroy(request) }
        try ask("deleting \(topic)") {
            rd_kafka_DeleteTopics(handle, &request, 1, nil, $0)
        } answer: {
            topicError($0, rd_kafka_DeleteTopics_result_topics)
        }
    }

    /// The partition begins at `offset` from now on.
    package func deleteRecords(topic: String, partition: Int32, before offset: Int64) throws(BrokerFailure) {
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, partition).pointee.offset = offset
        var request = rd_kafka_DeleteRecords_new(list)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        try ask("deleting records of \(topic) [\(partition)]") {
            rd_kafka_DeleteRecords(handle, &request, 1, nil, $0)
        } answer: {
            rd_kafka_DeleteRecords_result_offsets($0)?.pointee.elems[0].err ?? RD_KAFKA_RESP_ERR__FAIL
        }
    }

    /// Sends a request and waits for its answer, which says what became of the one thing that was asked for.
    private func ask(
        _ what: String,
        _ send: (OpaquePointer) -> Void,
        answer: (OpaquePointer) -> rd_kafka_resp_err_t
    ) throws(BrokerFailure) {
        guard let queue = rd_kafka_queue_new(handle) else { throw BrokerFailure("\(what): no memory") }
        defer { rd_kafka_queue_destroy(queue) }
        send(queue)
        guard let event = rd_kafka_queue_poll(queue, Self.patience) else { throw BrokerFailure("\(what): no answer") }
        defer { rd_kafka_event_destroy(event) }
        var error = rd_kafka_event_error(event)
        // Every result of the Admin interface is the event itself, under another name.
        if error == RD_KAFKA_RESP_ERR_NO_ERROR { error = answer(event) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BrokerFailure("\(what): \(words(for: error))") }
    }

    private func topicError(
        _ answer: OpaquePointer,
        _ topics: (OpaquePointer, UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) -> rd_kafka_resp_err_t {
        var count = 0
        guard let results = topics(answer, &count), count == 1 else { return RD_KAFKA_RESP_ERR__FAIL }
        return rd_kafka_topic_result_error(results[0])
    }
}
