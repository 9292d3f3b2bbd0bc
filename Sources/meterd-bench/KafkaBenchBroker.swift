import CRdKafka
import Foundation

/// The broker of a benchmark: librdkafka's mock cluster in this process, or one that is there already.
final class KafkaBenchBroker {
    let brokers: String
    private let client: OpaquePointer
    private let mock: OpaquePointer?

    /// Milliseconds that the broker has for one answer.
    private static let patience: Int32 = 30_000

    /// - Parameter brokers: `host:port,…` of a real one; nil makes a mock cluster.
    init(_ brokers: String?) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "log_level", "0", nil, 0)
        if let brokers { rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, nil, 0) }
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            throw BenchFailure("librdkafka makes no client of the brokers \(brokers ?? "")")
        }
        self.client = client
        mock = brokers == nil ? rd_kafka_mock_cluster_new(client, 1) : nil
        self.brokers = brokers ?? mock.map { String(cString: rd_kafka_mock_cluster_bootstraps($0)) } ?? ""
        if mock != nil { rd_kafka_brokers_add(client, self.brokers) }
    }

    deinit {
        if let mock { rd_kafka_mock_cluster_destroy(mock) }
        rd_kafka_destroy(client)
    }

    func create(topic: String, partitions: Int) throws {
        if let mock {
            let code = rd_kafka_mock_topic_create(mock, topic, Int32(partitions), 1)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BenchFailure(topic, code) }
            return
        }
        guard let wanted = rd_kafka_NewTopic_new(topic, Int32(partitions), -1, nil, 0) else {
            throw BenchFailure("\(topic) with \(partitions) partitions cannot be asked for")
        }
        defer { rd_kafka_NewTopic_destroy(wanted) }
        try administer("creating \(topic)") { answers in
            var topics: [OpaquePointer?] = [wanted]
            rd_kafka_CreateTopics(client, &topics, 1, nil, answers)
        } outcome: { event in
            var count = 0
            return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)?.pointee
        }
    }

    /// Takes a topic away from a real broker; the mock takes everything with it anyway.
    func delete(topic: String) throws {
        guard mock == nil, let wanted = rd_kafka_DeleteTopic_new(topic) else { return }
        defer { rd_kafka_DeleteTopic_destroy(wanted) }
        try administer("deleting \(topic)") { answers in
            var topics: [OpaquePointer?] = [wanted]
            rd_kafka_DeleteTopics(client, &topics, 1, nil, answers)
        } outcome: { event in
            var count = 0
            return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)?.pointee
        }
    }

    /// The offsets that a partition has.
    func offsets(topic: String, partition: Int) throws -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(client, topic, Int32(partition), &low, &high, Self.patience)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= low else {
            throw BenchFailure("\(topic) [\(partition)]", code)
        }
        return low..<high
    }

    private func administer(
        _ what: String,
        request: (OpaquePointer) -> Void,
        outcome: (OpaquePointer) -> OpaquePointer??
    ) throws {
        guard let answers = rd_kafka_queue_new(client) else { throw BenchFailure("no queue for answers") }
        defer { rd_kafka_queue_destroy(answers) }
        request(answers)
        guard let event = rd_kafka_queue_poll(answers, Self.patience) else {
            throw BenchFailure("\(what): no answer from \(brokers)")
        }
        defer { rd_kafka_event_destroy(event) }
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BenchFailure(what, rd_kafka_event_error(event))
        }
        if let result = outcome(event) ?? nil, rd_kafka_topic_result_error(result) != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw BenchFailure(what, rd_kafka_topic_result_error(result))
        }
    }
}

/// A benchmark cannot go on.
struct BenchFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ what: String, _ code: rd_kafka_resp_err_t) {
        description = "\(what): \(String(cString: rd_kafka_err2str(code)))"
    }
}
