import CloudEvents
import EventLog
import Foundation
public import Metering
import Synchronization
import UsageStore

extension Engine {
    /// How long a query waits for apply to reach what was on disk when it began.
    static let applyTimeout: Duration = .seconds(30)
    /// How often a query is asked again when checkpoints fall in between.
    static let readAttempts = 8

    /// Answers from the totals, with every event in them that was acknowledged before the query began.
    ///
    /// - Throws: `QueryError`.
    public func query(_ query: UsageQuery) async throws -> UsageResult {
        try await self.query(query, rowLimit: UsageReader.usualRowLimit)
    }

    /// The same with a limit of one's own on the rows of the answer.
    public func query(_ query: UsageQuery, rowLimit: Int) async throws -> UsageResult {
        try await waitForApply()
        let meter = try meter(query.meter)
        try check(query, for: meter)
        let range = buckets(of: query)
        for _ in 0..<Self.readAttempts {
            let snapshot = state.withLock { $0.applier.totals.snapshot(of: meter, buckets: range) }
            guard let snapshot else { throw QueryError.unknownMeter(query.meter) }
            let reader = UsageReader(
                store: store,
                snapshot: snapshot,
                query: query,
                buckets: range,
                rowLimit: rowLimit
            )
            let rows = try await Self.offCooperativeThreads { () throws(QueryError) in try Self.rows(of: reader) }
            if let rows { return result(rows, of: query, meter: meter) }
        }
        throw QueryError.unavailable("checkpoints came faster than the totals could be read; try again")
    }

    /// Each bucket of a meter with the sequence number of the last event that changed it, and the position all of them
    /// are current to.
    public func bucketRevisions(
        meter slug: String
    ) async throws -> (through: UInt64, buckets: [(window: TimeWindow, lastSequence: UInt64)]) {
        try await waitForApply()
        let meter = try meter(slug)
        return state.withLock { state in
            let buckets = state.applier.totals.bucketRevisions(of: meter).map { bucket in
                (
                    window: TimeWindow(
                        start: Timestamp(microseconds: bucket.start * 1_000_000),
                        end: Timestamp(microseconds: (bucket.start + meter.bucketSeconds) * 1_000_000)
                    ),
                    lastSequence: bucket.lastSequence
                )
            }
            return (through: state.applier.nextSequence, buckets: buckets)
        }
    }

    /// Queries that read at a time, and that may wait for their turn.
    static let queriesAtOnce = 3
    static let queriesWaiting = 64

    private static let readers: OperationQueue = {
        let queue = OperationQueue()
        queue.name = "meterd-query"
        queue.maxConcurrentOperationCount = queriesAtOnce
        return queue
    }()

    /// Runs a read off the cooperative threads, which must not block on the disk.
    static func offCooperativeThreads<R: Sendable>(
        _ read: @escaping @Sendable () throws(QueryError) -> R
    ) async throws(QueryError) -> R {
        guard readers.operationCount < queriesAtOnce + queriesWaiting else {
            throw .unavailable("\(queriesWaiting) queries wait already; try again")
        }
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<R, QueryError>, Never>) in
            readers.addOperation { continuation.resume(returning: Result(catching: read)) }
        }
        return try outcome.get()
    }

    private static func rows(of reader: UsageReader) throws(QueryError) -> [UsageRow]? {
        do {
            return try reader.rows()
        } catch UsageReadError.overflow {
            throw .overflow
        } catch UsageReadError.tooManyRows(let rows) {
            throw .tooLarge(rows: rows, limit: reader.rowLimit)
        } catch UsageReadError.tooManyValues(let values) {
            throw .tooLarge(rows: values, limit: UsageReader.maximumUniqueValues)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private func check(_ query: UsageQuery, for meter: StoredMeter) throws(QueryError) {
        let known = meter.meter.groupBy.map(\.name)
        for name in query.groupBy + Array(query.filters.keys) where name != "subject" && !known.contains(name) {
            throw .unknownDimension(name, known: known)
        }
        if let from = query.from, let to = query.to, from >= to {
            throw .invalidRange("from (\(from)) must be before to (\(to))")
        }
        let width = meter.bucketSeconds
        let held = width == 3600 ? "whole hours" : "quarters of an hour"
        for (name, time) in [("from", query.from), ("to", query.to)] {
            if let time, time.microseconds % (width * 1_000_000) != 0 {
                throw .invalidRange("\(name) (\(time)) is not on a boundary of the totals, which hold \(held)")
            }
        }
        if query.windowSize == .minute {
            throw .invalidRange(
                "windowSize MINUTE is finer than the totals, which hold \(held); ask for HOUR, DAY or MONTH"
            )
        }
        if query.windowSize != nil, width == 3600, !query.zone.isWholeHours {
            throw .invalidRange(
                "windows in \(query.zone.identifier) do not begin on whole hours of UTC, which are what the totals hold; "
                    + "a report in that time zone makes the meter count quarters of an hour"
            )
        }
    }

    private func buckets(of query: UsageQuery) -> Range<Int64> {
        let from = query.from.map { $0.microseconds / 1_000_000 } ?? Int64.min
        let to = query.to.map { $0.microseconds / 1_000_000 } ?? Int64.max
        return from..<to
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
