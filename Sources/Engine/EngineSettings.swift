public import CloudEvents
import EventLog

/// How an engine is to run.
public struct EngineSettings: Sendable {
    /// Everything the engine writes is below this directory.
    public var directory: String
    /// What decoders accept.
    public var profile: Profile
    /// Limits of one request's events.
    public var limits: DecodeLimits
    /// Days after its first arrival in which a source and id count once.
    public var dedupeWindowDays: Int
    /// Seconds after which log segments below the checkpoint are deleted.
    public var retentionSeconds: Int64
    /// Bytes of disk to keep free: below, events are refused.
    public var reserveBytes: Int64
    /// Seconds between checkpoints while events come.
    public var checkpointSeconds: Double = 10
    /// Bytes of events applied after which a checkpoint is made early, so that replay stays short.
    public var checkpointBytes = 512 << 20
    /// Bytes of events on disk but not in the totals beyond which new ones are refused for a moment.
    public var applyBacklogBytes = 128 << 20
    /// Sequence numbers that a count from the log reads at a time, with the facts of one moment; some tenths of a second.
    var refillStretch: UInt64 = 262_144
    /// How the log is laid out; what it keeps free and who watches it is the engine's.
    var log = LogOptions()

    /// Settings with the defaults of the configuration.
    public init(
        directory: String,
        profile: Profile = .openmeter,
        limits: DecodeLimits = DecodeLimits(events: 10_000, event: 256 << 10),
        dedupeWindowDays: Int = 32,
        retentionSeconds: Int64 = 35 * 86_400,
        reserveBytes: Int64 = 512 << 20
    ) {
        self.directory = directory
        self.profile = profile
        self.limits = limits
        self.dedupeWindowDays = dedupeWindowDays
        self.retentionSeconds = retentionSeconds
        self.reserveBytes = reserveBytes
    }
}
