internal import CRdKafka

/// What went wrong between meterd and a Kafka cluster.
public enum KafkaError: Error, Sendable, Hashable {
    /// librdkafka does not take the properties; `reason` is its own words and never holds a value.
    case properties(cluster: String, reason: String)
    /// A call to librdkafka failed.
    case call(String, cluster: String, reason: String)
    /// librdkafka holds as many messages as it may; there is room again after a while.
    case full(cluster: String)
    /// A message cannot be produced to its topic.
    case refused(topic: String, reason: String)
    /// The cluster does not have the topic, or not yet.
    case noTopic(cluster: String, topic: String)
    /// Messages were not delivered to their topic; `reason` is the first one's.
    case notDelivered(count: Int, topic: String, reason: String)
}

extension KafkaError: CustomStringConvertible {
    /// One sentence: what failed, where, and why.
    public var description: String {
        switch self {
        case .properties(let cluster, let reason):
            "the Kafka cluster \(cluster) cannot be used as configured: \(reason)"
        case .call(let call, let cluster, let reason):
            "the Kafka cluster \(cluster): \(call) failed: \(reason)"
        case .full(let cluster):
            "the Kafka cluster \(cluster): too many messages wait to be sent"
        case .refused(let topic, let reason):
            "a message for the topic \(topic) cannot be produced: \(reason)"
        case .noTopic(let cluster, let topic):
            "the Kafka cluster \(cluster) has no topic \(topic), and does not make one by itself; create it first"
        case .notDelivered(let count, let topic, let reason):
            "\(count) \(count == 1 ? "message was" : "messages were") not delivered to the topic \(topic): \(reason)"
        }
    }
}

/// librdkafka's words for an error code.
func words(for code: rd_kafka_resp_err_t) -> String {
    String(cString: rd_kafka_err2str(code))
}
