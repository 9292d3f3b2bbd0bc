/// The log's limits and what it tells while it runs.
public struct LogOptions: Sendable {
    /// A segment's size in bytes, preallocated.
    public var segmentBytes: Int = 128 << 20
    /// Bytes of frames that may wait or be under way; one more frame is refused with `queueFull`.
    public var queueBytes: Int = 64 << 20
    /// Frames that may wait or be under way; one more is refused with `queueFull`.
    public var queueFrames: Int = 65_536
    /// Bytes written before a sync, so that a long queue does not make those at its head wait for its tail.
    public var commitBytes: Int = 8 << 20
    /// Frames written before a sync.
    public var commitFrames: Int = 8_192
    /// The largest frame in bytes, its header included; never more than fits an empty segment.
    public var frameBytes: Int = 64 << 20
    /// Free bytes kept on the disk for all else; below it submissions fail with `diskLow`.
    public var reserveBytes: Int64 = 512 << 20
    /// Seconds between two looks at the free space.
    public var reserveCheckSeconds: Double = 1
    /// What `queueFull` tells the sender to wait, in seconds.
    public var retryAfterSeconds: Int = 1
    /// Bytes a replaying cursor reads at once.
    public var readBytes: Int = 4 << 20
    /// Make the next segment ahead of time, on a thread of its own.
    public var preparesAhead: Bool = true
    /// What the log tells while it runs.
    public var observer = LogObserver()

    /// Makes the default options.
    public init() {}

    /// The largest frame this log takes, in bytes with its header.
    var largestFrame: Int { min(frameBytes, segmentBytes - SegmentHeader.byteCount) }
}

/// Closures the log calls, on its own threads; they must return at once.
public struct LogObserver: Sendable {
    /// After each write and sync.
    public var committed: @Sendable (CommitSample) -> Void = { _ in }
    /// Once, when a write or sync failed: the log takes nothing more and the process should exit non-zero.
    public var failed: @Sendable (EventLogError) -> Void = { _ in }
    /// When the disk went below the reserve (true) and when it came back (false).
    public var diskLow: @Sendable (Bool) -> Void = { _ in }

    /// Makes an observer that does nothing.
    public init() {}
}

/// One group commit, measured.
public struct CommitSample: Sendable, Hashable {
    /// Frames it wrote.
    public var frames: Int
    /// Their events.
    public var events: Int
    /// Bytes it wrote, headers and padding included.
    public var bytes: Int
    /// Seconds in the write calls.
    public var writeSeconds: Double
    /// Seconds in fdatasync.
    public var syncSeconds: Double
}

/// The log's numbers at one moment; the counts are since it was opened.
public struct LogStatistics: Sendable, Hashable {
    /// Writes with one sync each.
    public var commits: UInt64 = 0
    /// Frames written and synced.
    public var frames: UInt64 = 0
    /// Their events.
    public var events: UInt64 = 0
    /// Their bytes, headers and padding included.
    public var bytes: UInt64 = 0
    /// Frames that wait or are under way.
    public var queuedFrames: Int = 0
    /// Their bytes.
    public var queuedBytes: Int = 0
    /// Segments in the directory.
    public var segments: Int = 0
    /// The disk is below the reserve.
    public var diskLow: Bool = false
    /// Why the log takes no more, once it does not.
    public var failure: String?
}
