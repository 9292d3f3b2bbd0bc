/// A setting of librdkafka that would break a promise, or that belongs to meterd.
struct RefusedProperty: Sendable {
    /// All its names.
    var names: [String]
    /// Which values are refused, as the library writes them; nil for all.
    var isRefused: (@Sendable (String) -> Bool)?
    /// As in "enable.auto.commit would …".
    var reason: String
    var instead: String

    private init(
        _ names: String...,
        when isRefused: (@Sendable (String) -> Bool)? = nil,
        reason: String,
        instead: String
    ) {
        self.names = names
        self.isRefused = isRefused
        self.reason = reason
        self.instead = instead
    }

    /// By each of their names.
    static let byName: [String: RefusedProperty] = {
        let all = otherKeys + positions + delivery + process
        return Dictionary(uniqueKeysWithValues: all.flatMap { property in property.names.map { ($0, property) } })
    }()

    /// The names that are refused with every value.
    static let alwaysRefused = byName.filter { $0.value.isRefused == nil }.map(\.key).sorted()

    private static let isTrue: @Sendable (String) -> Bool = { $0 == "true" }
    private static let isFalse: @Sendable (String) -> Bool = { $0 == "false" }

    /// What has a key of its own.
    private static let otherKeys = [
        RefusedProperty(
            "bootstrap.servers",
            "metadata.broker.list",
            reason: "has a key of its own",
            instead: "write brokers beside properties"
        ),
        RefusedProperty(
            "test.mock.num.brokers",
            "test.mock.broker.rtt",
            reason: "would read an empty cluster inside meterd in place of the brokers",
            instead: "write brokers beside properties"
        ),
        RefusedProperty("group.id", reason: "has a key of its own", instead: "write group beside properties"),
        RefusedProperty(
            "auto.offset.reset",
            reason: "would jump over lost messages without a word",
            instead: "write offsetReset beside properties"
        ),
        RefusedProperty(
            "sasl.jaas.config",
            reason: "is for Java clients",
            instead: "write sasl.username and sasl.password"
        ),
        RefusedProperty(
            "ssl.truststore.location",
            "ssl.truststore.password",
            "ssl.truststore.type",
            reason: "is for Java clients",
            instead: "write ssl.ca.location with a file of PEM certificates"
        ),
    ]

    /// What would move or keep positions without the log.
    private static let positions = [
        RefusedProperty(
            "enable.auto.commit",
            "auto.commit.enable",
            when: isTrue,
            reason: "would commit messages whose events are not on disk yet",
            instead: "take it out, meterd commits what its log holds"
        ),
        RefusedProperty(
            "enable.auto.offset.store",
            when: isTrue,
            reason: "would mark messages as taken whose events are not on disk yet",
            instead: "take it out, positions are kept in the log together with their events"
        ),
        RefusedProperty(
            "auto.commit.interval.ms",
            reason: "would do nothing, since nothing is committed by the clock",
            instead: "take it out, meterd commits what its log holds"
        ),
        RefusedProperty(
            "offset.store.method",
            "offset.store.path",
            "offset.store.sync.interval.ms",
            reason: "would keep positions in a second place",
            instead: "take it out, positions are kept in the log together with their events"
        ),
        RefusedProperty(
            "group.instance.id",
            "partition.assignment.strategy",
            reason: "would let a group share out partitions",
            instead: "take it out, meterd reads all partitions from the positions in its log"
        ),
        RefusedProperty(
            "enable.partition.eof",
            reason: "is meterd's to decide, since it changes what a consumer is told",
            instead: "take it out"
        ),
        RefusedProperty(
            "topic.metadata.refresh.interval.ms",
            when: { Int($0).map { $0 < 1 || $0 > 60_000 } ?? true },
            reason: "would leave new topics and partitions unread for more than a minute",
            instead: "write 1 to 60000, or take it out"
        ),
        RefusedProperty(
            "allow.auto.create.topics",
            when: isTrue,
            reason: "would create a topic whose name is mistyped, so that nobody sees it is missing",
            instead: "create topics on the broker"
        ),
    ]

    /// What would count other than what was produced, or lose sight of dead letters.
    private static let delivery = [
        RefusedProperty(
            "isolation.level",
            when: { $0 == "read_uncommitted" },
            reason: "would count messages of aborted transactions",
            instead: "take it out, or write read_committed"
        ),
        RefusedProperty(
            "check.crcs",
            when: isFalse,
            reason: "would count messages that were damaged on their way",
            instead: "take it out, checksums are always checked"
        ),
        RefusedProperty(
            "api.version.request",
            when: isFalse,
            reason: "would make the broker leave out headers and the marks of transactions",
            instead: "take it out; brokers of Kafka 0.11 and later are read"
        ),
        RefusedProperty(
            "api.version.fallback.ms",
            when: { $0 != "0" },
            reason: "would make the broker leave out headers and the marks of transactions",
            instead: "take it out; brokers of Kafka 0.11 and later are read"
        ),
        RefusedProperty(
            "broker.version.fallback",
            when: { $0.hasPrefix("0.8") || $0.hasPrefix("0.9") },
            reason: "would make the broker leave out headers and the marks of transactions",
            instead: "take it out; brokers of Kafka 0.11 and later are read"
        ),
        RefusedProperty(
            "transactional.id",
            reason: "would stop dead letters, which are produced without transactions",
            instead: "take it out"
        ),
        RefusedProperty(
            "acks",
            "request.required.acks",
            when: { $0 != "-1" && $0 != "all" },
            reason: "would let messages pass for delivered that a broker can still lose",
            instead: "take it out, or write all"
        ),
        RefusedProperty(
            "delivery.report.only.error",
            when: isTrue,
            reason: "would hide which dead letters arrived",
            instead: "take it out"
        ),
        RefusedProperty(
            "enable.gapless.guarantee",
            when: isTrue,
            reason: "would stop dead letters for good when one is not delivered",
            instead: "take it out, enable.idempotence keeps their order"
        ),
    ]

    /// What would reach into the process.
    private static let process = [
        RefusedProperty(
            "plugin.library.paths",
            reason: "would run other code in meterd, which may change messages and offsets",
            instead: "take it out"
        ),
        RefusedProperty(
            "builtin.features",
            reason: "would change nothing, it is librdkafka's list of what it was built with",
            instead: "take it out"
        ),
        RefusedProperty(
            "internal.termination.signal",
            reason: "would take a signal away from meterd",
            instead: "take it out"
        ),
        RefusedProperty(
            "enabled_events",
            "enable_sasl_queue",
            "log.queue",
            reason: "would fill a queue that nobody reads",
            instead: "take it out, librdkafka's own messages are in meterd's log"
        ),
    ]
}
