import CloudEvents
import Foundation
public import Metering
import Synchronization
import UsageStore

extension Engine {
    /// How long a query waits for apply to reach what was on disk when it began.
    static let applyTimeout: Duration = .seconds(30)
    /// How often a query is asked again when checkpoints and corrections fall in between.
    static let readAttempts = 8
    /// How long one answer may take once it has begun.
    static let readTime: Duration = .seconds(30)
    /// Events of the log that one answer may read.
    static let readEvents = 20_000_000

    /// Answers exactly, with every event in it that was acknowledged before the query began: whole buckets from the
    /// totals, what they do not hold from the log.
    ///
    /// - Throws: `QueryError`.
    public func query(_ query: UsageQuery) async throws -> UsageResult {
        try await self.query(query, rowLimit: UsageReader.usualRowLimit)
    }

    /// The same with a limit of one's own on the rows of the answer.
    public func query(_ query: UsageQuery, rowLimit: Int) async throws -> UsageResult {
        try await waitForApply()
        return try await Self.offCooperativeThreads { [self] () throws(QueryError) in
            try retrying { limits throws(QueryError) in
                // Asked for anew each time: a count with other dimensions may have taken its place.
                let meter = try meter(query.meter)
                let question = try Question(query, of: meter)
                let answering = Answering(engine: self, question: question, rowLimit: rowLimit, limits: limits)
                return try answering.rows().map { result($0, of: query, meter: meter) }
            }
        }
    }

    /// Each bucket of a meter with the sequence number of the last event that changed it, and the position all of them
    /// are current to.
    public func bucketRevisions(
        meter slug: String
    ) async throws -> (through: UInt64, buckets: [(window: TimeWindow, lastSequence: UInt64)]) {
        try await waitForApply()
        let meter = try meter(slug)
        let now = clock.wall()
        let (through, revisions) = state.withLock { state in
            (state.applier.nextSequence, state.applier.totals.bucketRevisions(of: meter, now: now))
        }
        let buckets = revisions.map { bucket in
            (
                window: TimeWindow(
                    start: Timestamp(microseconds: bucket.start * 1_000_000),
                    end: Timestamp(microseconds: (bucket.start + meter.bucketSeconds) * 1_000_000)
                ),
                lastSequence: bucket.lastSequence
            )
        }
        return (through: through, buckets: buckets)
    }

    /// Reads until nothing fell in between: nil from `read` is another attempt.
    func retrying<R>(_ read: (ScanLimits) throws(QueryError) -> R?) throws(QueryError) -> R {
        let limits = ScanLimits(events: Self.readEvents, deadline: .now + Self.readTime)
        for _ in 0..<Self.readAttempts {
            if let answer = try read(limits) { return answer }
        }
        throw .unavailable("checkpoints and corrections came faster than the totals could be read; try again")
    }

    private func result(_ rows: [UsageRow], of query: UsageQuery, meter: StoredMeter) -> UsageResult {
        var rows = rows
        let counts = [.count, .uniqueCount].contains(meter.meter.aggregation)
        let grouped = !query.groupBy.isEmpty || !query.subjects.isEmpty
        if rows.isEmpty, counts, query.windowSize == nil, !grouped {
            let start = query.from ?? Timestamp(microseconds: meter.createdAt)
            let end = query.to ?? Timestamp(microseconds: max(clock.wall(), start.microseconds))
            rows = [
                UsageRow(
                    window: TimeWindow(start: start, end: end),
                    subject: nil,
                    dimensions: [],
                    value: ExactDecimal.zero
                )
            ]
        }
        return UsageResult(
            from: query.from,
            to: query.to,
            windowSize: query.windowSize,
            dimensionNames: query.dimensionNames,
            rows: rows
        )
    }
}

/// The threads that read for answers.
extension Engine {
    /// Queries that read at a time, and that may wait for their turn.
    static let queriesAtOnce = 3
    static let queriesWaiting = 64

    private static let readers = ReadingThreads(atOnce: queriesAtOnce, mostWaiting: queriesWaiting)

    /// Runs a read off the cooperative threads, which must not block on the disk.
    static func offCooperativeThreads<R: Sendable>(
        _ read: @escaping @Sendable () throws(QueryError) -> R
    ) async throws(QueryError) -> R {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<R, QueryError>, Never>) in
            let isTaken = readers.run { continuation.resume(returning: Result(catching: read)) }
            if !isTaken {
                continuation.resume(
                    returning: .failure(.unavailable("\(queriesWaiting) queries wait already; try again"))
                )
            }
        }
        return try outcome.get()
    }
}
