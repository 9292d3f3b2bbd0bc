/// A Kafka cluster whose topics are read.
public struct KafkaCluster: Sendable, Hashable {
    /// What the cluster is called here: letters, digits, `.`, `_` and `-`, at most 64; names differ. Positions are kept
    /// under `name/topic`, so another name reads the topics again.
    public var name: String
    /// `host:port`, at least one; an IPv6 address stands in brackets.
    public var brokers: [String]
    /// What is read: names, or POSIX extended regular expressions, which begin with `^`. At least one; they differ.
    public var topics: [String]
    /// The consumer group that offsets are committed under, for tools that show lag.
    public var group: String
    /// What happens where a partition's next message is no longer on the broker.
    public var offsetReset: OffsetReset
    /// Where rejected messages are produced to, beside being kept here. None of `topics` is or matches it.
    public var deadLetterTopic: String?
    /// A partition that lags and makes no progress for so many seconds makes meterd unready; nil: never.
    public var stallSeconds: Int?
    /// Settings of librdkafka, by name; each is known to it and breaks no promise.
    public var properties: [KafkaProperty]

    /// What happens where a partition's next message is no longer on the broker.
    public enum OffsetReset: String, Sendable, Hashable, CaseIterable {
        /// The partition stops, and the lost range is told.
        case error
        /// Reading goes on at the oldest message there is; the lost range is recorded.
        case earliest
        /// Reading goes on at the end; the lost range is recorded.
        case latest
    }

    /// Makes a cluster.
    public init(
        name: String,
        brokers: [String],
        topics: [String],
        group: String = "meterd",
        offsetReset: OffsetReset = .error,
        deadLetterTopic: String? = nil,
        stallSeconds: Int? = 300,
        properties: [KafkaProperty] = []
    ) {
        self.name = name
        self.brokers = brokers
        self.topics = topics
        self.group = group
        self.offsetReset = offsetReset
        self.deadLetterTopic = deadLetterTopic
        self.stallSeconds = stallSeconds
        self.properties = properties
    }
}

/// A setting of librdkafka (https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md).
public struct KafkaProperty: Sendable, Hashable {
    /// Such as `sasl.username`.
    public var name: String
    /// As written, with the environment filled in: it may be a secret and is never logged.
    public var value: String

    /// Makes a setting.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension KafkaProperty: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name alone, so that no secret gets into a log.
    public var description: String { "the property \(name)" }
    /// As ``description``.
    public var debugDescription: String { description }
    /// As ``description``, for `dump` and for types that hold properties.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
