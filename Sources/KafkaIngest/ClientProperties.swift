internal import CRdKafka

/// Settings of a librdkafka client by their names in its documentation (CONFIGURATION.md of librdkafka 2.0).
struct ClientProperties {
    /// In the order they are set; a later one wins.
    var pairs: [(name: String, value: String)]

    /// A configuration for `rd_kafka_new`, which takes it over; whoever does not hand it on destroys it.
    ///
    /// - Throws: `KafkaError.properties`, naming the property but never a value, which may be a secret.
    func makeConfiguration(cluster: String) throws(KafkaError) -> OpaquePointer {
        guard let made = rd_kafka_conf_new() else {
            throw .call("rd_kafka_conf_new", cluster: cluster, reason: "no memory")
        }
        for (name, value) in pairs {
            switch rd_kafka_conf_set(made, name, value, nil, 0) {
            case RD_KAFKA_CONF_OK: continue
            case RD_KAFKA_CONF_UNKNOWN:
                rd_kafka_conf_destroy(made)
                throw .properties(cluster: cluster, reason: "librdkafka has no property \(name)")
            default:
                rd_kafka_conf_destroy(made)
                throw .properties(
                    cluster: cluster,
                    reason: "librdkafka does not take this value of the property \(name)"
                )
            }
        }
        return made
    }
}
