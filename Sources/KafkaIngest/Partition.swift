import Observability

/// A partition that is read, and how far.
struct Partition {
    let id: PartitionID
    /// Its topic's name in the log: `cluster/topic`.
    let source: String
    let instruments: PartitionInstruments
    /// The offset of the next message to take.
    var next: Int64
    /// All messages below are on disk.
    var durable: Int64
    /// The offset last told to the broker.
    var committed: Int64?
    /// The offset behind the newest message, as far as it is known.
    var end: Int64?
    /// librdkafka came to the end at this offset; behind control records it is below `end`.
    var reachedEnd: Int64?
    /// When `durable` last changed, or when there was last nothing to take.
    var movedAt: ContinuousClock.Instant
    /// librdkafka fetches it.
    var isFetched = false
    /// It cannot go on: its offset is not on the broker.
    var isLost = false

    /// Messages on the broker that are not on disk here, at most; nil as long as nothing is known of the broker.
    var lag: Int64? {
        guard let end else { return nil }
        return reachedEnd == durable ? 0 : max(0, end - durable)
    }

    /// Everything below `offset` is on disk.
    mutating func reach(_ offset: Int64, now: ContinuousClock.Instant) {
        durable = offset
        movedAt = now
        instruments.position.set(Double(offset))
        showLag(now: now)
    }

    /// Shows the lag, and takes note when there is none.
    mutating func showLag(now: ContinuousClock.Instant) {
        guard let lag else { return }
        instruments.lag.set(Double(lag))
        if lag == 0 { movedAt = now }
    }
}
