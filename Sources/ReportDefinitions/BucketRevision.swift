public import Metering

/// How far each bucket of a meter has come, so that a report can tell which days have changed since it delivered them.
public struct BucketRevisions: Sendable, Hashable {
    /// The totals hold every event up to this sequence number.
    public var through: UInt64
    /// Every bucket that ever counted an event, in the order of their starts.
    public var buckets: [BucketRevision]

    /// Makes revisions.
    public init(through: UInt64, buckets: [BucketRevision]) {
        self.through = through
        self.buckets = buckets
    }
}

/// One bucket of a meter and the last event it counted.
public struct BucketRevision: Sendable, Hashable {
    /// The bucket: an hour, or a quarter of one.
    public var window: TimeWindow
    /// The sequence number of the last event that changed the bucket's totals.
    public var lastSequence: UInt64

    /// Makes a revision.
    public init(window: TimeWindow, lastSequence: UInt64) {
        self.window = window
        self.lastSequence = lastSequence
    }
}
