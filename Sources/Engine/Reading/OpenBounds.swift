import CloudEvents
import Metering
import UsageStore

/// What an answer without windows shows as its window where the query names no bounds: from the earliest minute with an
/// event to the latest.
///
/// The minutes come from the log. Where the log has not all of the first or the last bucket any more, or too much would
/// have to be read for it, the bucket's own bounds are shown.
struct OpenBounds {
    /// Events that may be read for one side.
    private static let events = 2_000_000
    private static let minute: Int64 = 60_000_000

    let engine: Engine
    let question: Question
    let snapshot: TotalsSnapshot
    let moment: ReadingMoment
    let deadline: ContinuousClock.Instant?

    private enum Edge {
        case time(Int64)
        case unknown
        case movedOn
    }

    /// The window; nil when something fell in between.
    /// - Parameters:
    ///   - whole: starts of the first and the last bucket taken from the totals, in seconds.
    ///   - seen: the events counted from the log.
    func window(whole: ClosedRange<Int64>?, seen: SeenTimes) throws -> TimeWindow? {
        let width = question.meter.bucketSeconds
        var start = seen.range.map { Self.floored($0.lowerBound) } ?? .max
        var end = seen.range.map { Self.floored($0.upperBound) + Self.minute } ?? .min
        if question.query.from == nil, let first = whole?.lowerBound, first * 1_000_000 < start {
            switch try edge(of: first, latest: false) {
            case .movedOn: return nil
            case .unknown: start = min(start, first * 1_000_000)
            case .time(let time): start = min(start, Self.floored(time))
            }
        }
        if question.query.to == nil, let last = whole?.upperBound, (last + width) * 1_000_000 > end {
            switch try edge(of: last, latest: true) {
            case .movedOn: return nil
            case .unknown: end = max(end, (last + width) * 1_000_000)
            case .time(let time): end = max(end, Self.floored(time) + Self.minute)
            }
        }
        let from = question.query.from ?? Timestamp(microseconds: start)
        return TimeWindow(start: from, end: question.query.to ?? Timestamp(microseconds: end))
    }

    private static func floored(_ time: Int64) -> Int64 { time.flooredQuotient(minute) * minute }

    /// The least or the greatest time of the answer's events in a bucket. Blocks are read in the order of their times, and
    /// only as long as there can be an earlier or a later one in the next.
    private func edge(of start: Int64, latest: Bool) throws -> Edge {
        guard let bucket = snapshot.buckets.first(where: { $0.start == start }),
            bucket.firstSequence >= moment.begins, bucket.firstSequence <= bucket.lastSequence
        else { return .unknown }
        let from = start * 1_000_000
        let span = EventSpan(
            times: from..<from + question.meter.bucketSeconds * 1_000_000,
            sequences: bucket.firstSequence..<bucket.lastSequence + 1
        )
        var limits = ScanLimits(events: Self.events, deadline: deadline)
        do {
            guard let facts = try engine.facts(for: [span], of: question.meter, at: moment, limits: limits) else {
                return .movedOn
            }
            var matching = LogMatching(question, overflowed: facts.overflowed)
            var found: Int64?
            let order = facts.events.blocks.sorted { left, right in
                latest ? left.maxTime > right.maxTime : left.minTime < right.minTime
            }
            for block in order {
                if let found, latest ? block.maxTime <= found : found <= block.minTime { break }
                var part = span
                part.sequences = span.sequences.clamped(to: block.sequences)
                let scan = EventScan(log: engine.log, facts: facts.events, spans: [part], limits: limits)
                limits.events -= try scan.run { event in
                    if let found, latest ? event.time <= found : found <= event.time { return true }
                    if matching.match(event) != nil { found = event.time }
                    return true
                }
            }
            return found.map(Edge.time) ?? .unknown
        } catch ScanError.tooManyEvents, ScanError.tooLong, UsageReadError.tooManyEvents {
            return .unknown
        }
    }
}
