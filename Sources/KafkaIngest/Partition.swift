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
    /// `end` when librdkafka last came to the end: what an open transaction holds back is not there to take.
    var endWhenReached: Int64?
    /// When `durable` last changed, or when there was last nothing to take.
    var movedAt: ContinuousClock.Instant
    /// librdkafka fetches it.
    var isFetched = false
    /// It was fetched once.
    var hasBegun = false
    /// It cannot go on: its offset is not on the broker.
    var isLost = false
    /// Its topic was not there for a while.
    var wasGone = false
    /// That is in the log.
    var goneIsStored = false
    /// Where a batch begins that was given up as damaged.
    var damagedFrom: Int64?
    /// How often the message at `next` could not be read.
    var readTries = 0

    /// Messages on the broker that are not on disk here, at most; nil as long as nothing is known of the broker.
    var lag: Int64? {
        guard let end else { return nil }
        return endWhenReached == end && next == durable ? 0 : max(0, end - durable)
    }

    /// Nothing is known of the broker any more.
    mutating func forgetLag() {
        end = nil
        endWhenReached = nil
        instruments.lag.set(0)
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
