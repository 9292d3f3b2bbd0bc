import CloudEvents
import Metering
import Synchronization
import UsageStore

/// One attempt at answering a query: whole buckets from the totals, the others' events from the log.
///
/// The totals are copied at one moment and the facts about events at a later one. Nothing that counts can differ between
/// the two but events that came in between, which are left out, and what changes history (corrections, meters counted
/// anew), which raises the totals' edition: then there is no answer, and another attempt is made.
struct Answering {
    let engine: Engine
    let question: Question
    let rowLimit: Int
    let limits: ScanLimits

    /// What was in memory at one moment.
    private struct View {
        var snapshot: TotalsSnapshot
        var moment: ReadingMoment
    }

    /// The rows; nil when something fell in between.
    func rows() throws(QueryError) -> [UsageRow]? {
        do {
            guard let view = view() else { return nil }
            return question.meter.meter.aggregation.keepsLevels ? try levels(view) : try rows(view)
        } catch {
            return try QueryError.attempt(error, rowLimit: rowLimit)
        }
    }

    /// The different texts of what the question groups by, as bytes; nil when something fell in between.
    func texts(of name: String) throws(QueryError) -> Set<[UInt8]>? {
        do {
            guard let view = view() else { return nil }
            let plan = try plan(view)
            let dimension = question.meter.meter.groupBy.firstIndex { $0.name == name }.map { $0 + 1 }
            // A path in the data has no part: its plan takes nothing from the totals.
            let part = dimension ?? 0
            guard var found = try reader(view).parts(at: part, ranges: plan.whole, limit: rowLimit) else { return nil }
            let scanned = try scan(plan.cut, view.moment) { _, _, group throws(UsageReadError) in
                found.insert(Array(group.dropFirst(4)))
                if found.count > rowLimit { throw .tooManyRows(found.count) }
            }
            return scanned ? found : nil
        } catch {
            return try QueryError.attempt(error, rowLimit: rowLimit)
        }
    }

    /// A level over time is kept point by point: nothing of it is read from the log.
    private func levels(_ view: View) throws -> [UsageRow]? {
        let from = question.query.from?.microseconds ?? .min
        let to = min(question.query.to?.microseconds ?? .max, now)
        guard from < to else { return [] }
        var aggregation = aggregation(view)
        guard try reader(view).readLevels(from: from, to: to, into: &aggregation) else { return nil }
        return try aggregation.rows(bounds: nil)
    }

    private func rows(_ view: View) throws -> [UsageRow]? {
        let plan = try plan(view)
        var aggregation = aggregation(view)
        guard try reader(view).read(plan.whole, into: &aggregation) else { return nil }
        var seen = SeenTimes()
        let keepsCells = question.meter.meter.aggregation.keepsCells
        let scanned = try scan(plan.cut, view.moment) { event, match, group throws(UsageReadError) in
            seen.add(event.time)
            try aggregation.add(
                time: event.time,
                sequence: event.sequence,
                group: group,
                value: match.value,
                unique: match.unique,
                cell: keepsCells ? QuantileCell(match.value) : nil
            )
        }
        guard scanned else { return nil }
        let query = question.query
        guard query.windowSize == nil, query.from == nil || query.to == nil else {
            return try aggregation.rows(bounds: nil)
        }
        let bounds = OpenBounds(
            engine: engine,
            question: question,
            snapshot: view.snapshot,
            moment: view.moment,
            deadline: limits.deadline
        )
        guard let window = try bounds.window(whole: aggregation.seenBuckets, seen: seen) else { return nil }
        return try aggregation.rows(bounds: window)
    }

    private var now: Int64 { engine.clock.wall() }

    private func aggregation(_ view: View) -> UsageAggregation {
        UsageAggregation(
            snapshot: view.snapshot,
            query: question.query,
            rowLimit: rowLimit,
            deadline: limits.deadline,
            now: now
        )
    }

    private func reader(_ view: View) -> UsageReader {
        UsageReader(
            store: engine.store,
            snapshot: view.snapshot,
            query: question.query,
            buckets: question.buckets,
            rowLimit: rowLimit
        )
    }

    private func plan(_ view: View) throws(QueryError) -> QueryPlan {
        let plan = QueryPlan(
            question.query,
            buckets: view.snapshot.buckets.map { bucket in
                QueryPlan.Bucket(
                    start: bucket.start,
                    firstSequence: bucket.firstSequence,
                    lastSequence: bucket.lastSequence
                )
            },
            width: question.meter.bucketSeconds,
            logBegins: view.moment.begins
        )
        if let below = plan.unreadableBelow { throw logTooShort(below, view.moment) }
        return plan
    }

    /// Nil when the meter is not there any more.
    private func view() -> View? {
        let (meter, buckets) = (question.meter, question.buckets)
        return engine.state.withLock { state in
            state.applier.totals.snapshot(of: meter, buckets: buckets).map {
                View(snapshot: $0, moment: ReadingMoment(state, store: engine.store))
            }
        }
    }

    /// Hands out the events of cut buckets that belong to the answer, each with its group; false when something fell in
    /// between.
    private func scan(
        _ spans: [EventSpan],
        _ moment: ReadingMoment,
        _ body: (ScannedEvent, LogMatching.Match, _ group: UnsafeRawBufferPointer) throws(UsageReadError) -> Void
    ) throws -> Bool {
        if spans.isEmpty { return true }
        guard let facts = try engine.facts(for: spans, of: question.meter, at: moment, limits: limits) else {
            return false
        }
        var matching = LogMatching(question, overflowed: facts.overflowed)
        try EventScan(log: engine.log, facts: facts.events, spans: spans, limits: limits).run { event in
            // A condition may take long over a long text, longer than the reading between two of the scan's own looks.
            if !question.query.filters.isEmpty, let deadline = limits.deadline, ContinuousClock.now > deadline {
                throw ScanError.tooLong
            }
            guard let match = matching.match(event) else { return true }
            try matching.group.withUnsafeBytes { try body(event, match, $0) }
            return true
        }
        return true
    }

    private func logTooShort(_ below: Int64, _ moment: ReadingMoment) -> QueryError {
        let first = Timestamp(microseconds: below * 1_000_000)
        let held = question.meter.bucketSeconds == 3600 ? "whole hours of UTC" : "quarters of an hour"
        return .logTooShort(
            "this is finer than the totals, which hold \(held) and the meter's own dimensions, and the log has not all of "
                + "its events any more: from \(first) on it can be answered" + moment.wayOut
        )
    }
}

/// The least and the greatest time of the events in an answer, in microseconds since 1970-01-01T00:00:00Z.
struct SeenTimes {
    private(set) var range: ClosedRange<Int64>?

    mutating func add(_ time: Int64) {
        guard let range else {
            self.range = time...time
            return
        }
        self.range = min(range.lowerBound, time)...max(range.upperBound, time)
    }
}
