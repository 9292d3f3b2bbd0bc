import CloudEvents
import Metering
import UsageStore

/// Which part of an answer the totals hold, and which has to be read from the log.
///
/// A bucket is taken whole when it lies within the asked range and within one window. Of the others the events are read: of
/// the first and the last one when `from` and `to` cut them, of every one that a window's border cuts, and of all when the
/// windows are minutes or the query names places in the data that the totals do not hold.
struct QueryPlan: Hashable {
    /// A bucket of the meter that has been counted into.
    struct Bucket: Hashable, Sendable {
        /// In seconds since 1970-01-01T00:00:00Z.
        var start: Int64
        /// The first and the last event counted in it.
        var firstSequence: UInt64
        var lastSequence: UInt64
    }

    /// Starts of buckets to be taken whole, in seconds since 1970-01-01T00:00:00Z.
    private(set) var whole: [Range<Int64>] = []
    /// What to read from the log, ordered by time; neighbours are one.
    private(set) var cut: [EventSpan] = []
    /// The end of the last bucket that would have to be read and has events the log does not have any more, in seconds.
    private(set) var unreadableBelow: Int64?

    /// - Parameters:
    ///   - buckets: the meter's buckets, ordered by time.
    ///   - width: of a bucket, in seconds.
    ///   - logBegins: the first event that can be read.
    init(_ query: UsageQuery, buckets: [Bucket], width: Int64, logBegins: UInt64) {
        let from = query.from?.microseconds ?? .min
        let to = query.to?.microseconds ?? .max
        let readsAll = query.windowSize == .minute || query.readsData
        var windows = WindowWalk(query)
        for bucket in buckets {
            let start = bucket.start * 1_000_000
            let end = start + width * 1_000_000
            guard start < to, from < end else { continue }
            if !readsAll, from <= start, end <= to, windows.holds(start, end) {
                takeWhole(bucket.start, width: width)
            } else {
                read(bucket, times: max(start, from)..<min(end, to), logBegins: logBegins, width: width)
            }
        }
    }

    /// The bucket that the log does not hold whole any more would have to be read, and is not the meter's last word.
    private mutating func read(_ bucket: Bucket, times: Range<Int64>, logBegins: UInt64, width: Int64) {
        // A bucket that corrections have emptied may never have had an event of its own.
        guard bucket.firstSequence <= bucket.lastSequence else { return }
        if bucket.firstSequence < logBegins { unreadableBelow = bucket.start + width }
        let sequences = bucket.firstSequence..<bucket.lastSequence + 1
        if let last = cut.last, last.times.upperBound == times.lowerBound {
            cut[cut.count - 1].times = last.times.lowerBound..<times.upperBound
            cut[cut.count - 1].sequences =
                min(
                    last.sequences.lowerBound,
                    sequences.lowerBound
                )..<max(last.sequences.upperBound, sequences.upperBound)
        } else {
            cut.append(EventSpan(times: times, sequences: sequences))
        }
    }

    private mutating func takeWhole(_ start: Int64, width: Int64) {
        if let last = whole.last, last.upperBound == start {
            whole[whole.count - 1] = last.lowerBound..<start + width
        } else {
            whole.append(start..<start + width)
        }
    }
}

/// The windows of a query, asked for in the order of time.
private struct WindowWalk {
    private let size: WindowSize?
    private let zone: Zone
    private var last: TimeWindow?

    init(_ query: UsageQuery) {
        size = query.windowSize
        zone = query.zone
    }

    /// Whether a stretch of time (µs since 1970) lies within one window.
    mutating func holds(_ start: Int64, _ end: Int64) -> Bool {
        guard let size else { return true }
        let first = Timestamp(microseconds: start)
        let window: TimeWindow
        if let last, last.contains(first) { window = last } else { window = size.window(containing: first, in: zone) }
        last = window
        return end <= window.end.microseconds
    }
}

extension UsageQuery {
    /// Whether it groups or filters by places in the data that are no dimensions.
    var readsData: Bool { groupBy.contains(where: Self.isPath) || filters.keys.contains(where: Self.isPath) }

    /// Whether a name is a path in the data and not a dimension.
    static func isPath(_ name: String) -> Bool { name.utf8.first == UInt8(ascii: "$") }
}
