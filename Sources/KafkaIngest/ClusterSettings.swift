/// A Kafka cluster to read, and how.
public struct ClusterSettings: Sendable {
    /// Part of the identity of every position in the log: `name/topic`.
    public var name: String
    /// `host:port` of brokers to begin with.
    public var brokers: [String]
    /// Names of topics, or regular expressions (POSIX extended) that begin with `^`.
    public var topics: [String]
    /// The consumer group under which offsets are committed, for tools that show the lag.
    public var group: String
    /// What happens where the offset to go on from is no longer on the broker.
    public var offsetReset: OffsetReset
    /// Where rejected messages are produced too.
    public var deadLetterTopic: String?
    /// Seconds of trouble, or of lag without progress, after which readiness turns red; nil for never.
    public var stallSeconds: Int?
    /// Further settings of librdkafka by their names; those that meterd needs for its promises win over them.
    public var properties: [(name: String, value: String)]
    /// How often things are done.
    public var intervals = ConsumerIntervals()

    /// Makes settings.
    public init(
        name: String,
        brokers: [String],
        topics: [String],
        group: String = "meterd",
        offsetReset: OffsetReset = .error,
        deadLetterTopic: String? = nil,
        stallSeconds: Int? = 300,
        properties: [(name: String, value: String)] = []
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

/// What happens where the offset to go on from is no longer on the broker, or where there is none yet.
public enum OffsetReset: String, Sendable, Hashable, CaseIterable {
    /// The partition stops and says which offsets are lost. One that was never read begins at its beginning.
    case error
    /// Goes on at the oldest message there is, and says which offsets are lost.
    case earliest
    /// Goes on behind the newest message, and says which offsets are left out. A topic that was never read begins there.
    case latest
}

/// How often a consumer does what it does now and then.
public struct ConsumerIntervals: Sendable, Hashable {
    /// Between two looks at the topics and partitions there are.
    public var discovery: Duration = .seconds(20)
    /// Between two commits of offsets to the broker.
    public var commit: Duration = .seconds(5)
    /// Between two looks at the lag.
    public var lag: Duration = .seconds(1)
    /// Between two lines about the same trouble.
    public var reminder: Duration = .seconds(60)

    /// The usual intervals.
    public init() {}
}
