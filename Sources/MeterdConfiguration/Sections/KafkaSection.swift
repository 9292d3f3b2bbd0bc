/// One entry of the `kafka:` section.
enum KafkaSection {
    static let name = Key<String>(
        "name",
        .matching(.cluster),
        .required,
        "the cluster's unique name here; positions are kept under it, so another name reads the topics again"
    )
    static let brokers = Key<[String]>(
        "brokers",
        .brokers,
        .required,
        "host:port of some of the cluster's brokers, the port 9092 where it is left out"
    )
    static let topics = Key<[Placed<String>]>(
        "topics",
        .topics,
        .required,
        "what is read: names, or regular expressions that begin with ^"
    )
    static let group = Key<String>(
        "group",
        .text("a consumer group", upTo: 249),
        .standard("meterd"),
        "the consumer group that offsets are committed under, for tools that show lag"
    )
    static let offsetReset = Key<KafkaCluster.OffsetReset>(
        "offsetReset",
        .choice("an offset reset"),
        .standard("error"),
        "what happens where messages that were not read yet are gone from the broker: error stops the partition, "
            + "earliest and latest go on at its beginning or end"
    )
    static let deadLetterTopic = Key<String>(
        "deadLetterTopic",
        .matching(.topic),
        .optional,
        "the topic rejected messages are produced to as well; not one that is read"
    )
    static let stallAfter = Key<Int?>(
        "stallAfter",
        .durationOrNever(1...31 * 86_400, "1s to 31d, or never"),
        .standard("5m"),
        "how long a partition may lag without progress before /readyz turns red; or never"
    )
    static let properties = Key<[KafkaProperty]>(
        "properties",
        .clientProperties,
        .section,
        "settings of librdkafka by their own names, such as security.protocol"
    )

    static let rule = Rule<KafkaDraft>.object(
        "a Kafka cluster whose topics are read",
        keys: [name, brokers, topics, group, offsetReset, deadLetterTopic, stallAfter, properties],
        build: KafkaDraft.init
    )
}

/// A cluster as far as it could be read.
struct KafkaDraft: Sendable {
    var name: Placed<String>?
    var topics: [Placed<String>]
    var deadLetterTopic: Placed<String>?
    /// nil when something is wrong with one of its keys.
    var cluster: KafkaCluster?

    init(_ fields: Fields) {
        name = fields.placed(KafkaSection.name)
        let brokers = fields(KafkaSection.brokers)
        let topics = fields(KafkaSection.topics)
        self.topics = topics ?? []
        let group = fields(KafkaSection.group)
        let offsetReset = fields(KafkaSection.offsetReset)
        deadLetterTopic = fields.placed(KafkaSection.deadLetterTopic)
        let stallSeconds = fields(KafkaSection.stallAfter)
        let properties = fields(KafkaSection.properties)
        guard let name, let brokers, let topics, let group, let offsetReset, let stallSeconds, let properties else {
            return
        }
        cluster = KafkaCluster(
            name: name.value,
            brokers: brokers,
            topics: topics.map(\.value),
            group: group,
            offsetReset: offsetReset,
            deadLetterTopic: deadLetterTopic?.value,
            stallSeconds: stallSeconds,
            properties: properties
        )
    }
}
