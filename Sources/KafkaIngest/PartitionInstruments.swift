import Observability

/// What the metrics page shows of a partition.
struct PartitionInstruments: Sendable {
    let consumed: Counter
    let rejected: Counter
    let lost: Counter
    let position: Gauge
    let lag: Gauge

    init(_ partition: PartitionID, cluster: String, registry: MetricsRegistry) {
        let labels = [("cluster", cluster), ("topic", partition.topic), ("partition", "\(partition.number)")]
        consumed = registry.counter(
            "meterd_kafka_messages_total",
            help: "Messages taken from a partition and written to the log, rejected ones included, since the start.",
            labels: labels
        )
        rejected = registry.counter(
            "meterd_kafka_rejected_messages_total",
            help: "Messages that were no events meterd takes, since the start.",
            labels: labels
        )
        lost = registry.counter(
            "meterd_kafka_lost_messages_total",
            help: "Offsets that were no longer on the broker when their turn came, since the start.",
            labels: labels
        )
        position = registry.gauge(
            "meterd_kafka_position",
            help: "The offset behind the last message that is on disk.",
            labels: labels
        )
        lag = registry.gauge(
            "meterd_kafka_lag_messages",
            help: "Messages on the broker that are not on disk here yet.",
            labels: labels
        )
    }
}
