public import CloudEvents

/// What the HTTP server listens on and takes.
public struct ServerSettings: Sendable, Hashable {
    /// Where it answers.
    public var listen: ListenAddress
    /// Which events are good.
    public var profile: Profile
    /// What it refuses as too large.
    public var limits: Limits
    /// Usage for Prometheus.
    public var usageMetrics: UsageMetrics
    /// Who may do what.
    public var access: Access
    /// How connections are encrypted; nil: they are not.
    public var tls: TLS?

    /// Limits of one request.
    public struct Limits: Sendable, Hashable {
        /// The largest body, in bytes, after decompression too.
        public var body: Int
        /// The most events of one batch.
        public var events: Int
        /// The largest event, in bytes; not more than `body`.
        public var event: Int

        /// Makes limits.
        public init(body: Int, events: Int, event: Int) {
            self.body = body
            self.events = events
            self.event = event
        }
    }

    /// The page `/metrics/usage`.
    public struct UsageMetrics: Sendable, Hashable {
        /// The most series on the page; 0: there is no such page.
        public var seriesLimit: Int

        /// Makes settings of the page.
        public init(seriesLimit: Int = 10_000) {
            self.seriesLimit = seriesLimit
        }
    }

    /// Makes settings.
    public init(
        listen: ListenAddress,
        profile: Profile,
        limits: Limits,
        usageMetrics: UsageMetrics = UsageMetrics(),
        access: Access = Access(),
        tls: TLS? = nil
    ) {
        self.listen = listen
        self.profile = profile
        self.limits = limits
        self.usageMetrics = usageMetrics
        self.access = access
        self.tls = tls
    }
}

/// A host and a port to listen on.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    public var host: String
    /// 0 lets the system choose one.
    public var port: Int

    /// Makes an address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Where events and totals are kept, and for how long.
public struct StorageSettings: Sendable, Hashable {
    /// Relative to the directory meterd is started in.
    public var directory: String
    /// How long log segments are kept, in seconds. Not less than the dedupe window: what a repeated event is a repetition
    /// of has to be found in the log, and the dedupe index is rebuilt from it.
    public var retentionSeconds: Int
    /// Free disk space below which events are refused, in bytes.
    public var reserveBytes: Int
    /// How long an event is remembered, counted from its first arrival, in days.
    public var dedupeWindowDays: Int

    /// Makes settings.
    public init(directory: String, retentionSeconds: Int, reserveBytes: Int, dedupeWindowDays: Int) {
        self.directory = directory
        self.retentionSeconds = retentionSeconds
        self.reserveBytes = reserveBytes
        self.dedupeWindowDays = dedupeWindowDays
    }
}

/// What log lines look like and which are written.
public struct LogSettings: Sendable, Hashable {
    /// What lines look like.
    public var format: Format
    /// Which lines are written.
    public var level: Level

    /// What log lines look like.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case text, json
    }

    /// The least a line must matter to be written; the raw values are swift-log's.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// Makes settings.
    public init(format: Format, level: Level) {
        self.format = format
        self.level = level
    }
}
