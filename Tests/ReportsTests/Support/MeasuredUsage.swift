import CloudEvents
import Metering
import ReportDefinitions
import Reports
import Synchronization

/// An engine in memory: sums of events, found by looking at all of them.
final class MeasuredUsage: UsageService {
    struct Event: Sendable {
        var meter = "tokens_total"
        var time: Timestamp
        var subject: String
        var dimensions: [String: String] = [:]
        var value: ExactDecimal
    }

    struct Fault: Error {}

    private let state = Mutex<(events: [Event], fails: Bool, queries: Int)>(([], false, 0))

    func add(_ events: Event...) {
        state.withLock { $0.events += events }
    }

    /// Counts an event of the meter `tokens_total`.
    func add(_ time: String, _ subject: String, _ value: String, _ dimensions: [String: String] = [:]) throws {
        guard let time = Timestamp(time) else { throw Fault() }
        add(Event(time: time, subject: subject, dimensions: dimensions, value: try ExactDecimal(value)))
    }

    /// Whether every query fails.
    var fails: Bool {
        get { state.withLock { $0.fails } }
        set { state.withLock { $0.fails = newValue } }
    }

    /// Queries answered so far.
    var queries: Int { state.withLock { $0.queries } }

    func query(_ query: UsageQuery) async throws -> UsageResult {
        let events = try state.withLock { state in
            if state.fails { throw Fault() }
            state.queries += 1
            return state.events
        }
        var sums: [UsageRow: (value: ExactDecimal, events: UInt64)] = [:]
        for event in events where event.meter == query.meter {
            guard query.from.map({ $0 <= event.time }) ?? true, query.to.map({ event.time < $0 }) ?? true else {
                continue
            }
            let row = UsageRow(
                window: window(of: event.time, query),
                subject: query.groupsBySubject ? event.subject : nil,
                dimensions: query.dimensionNames.map { event.dimensions[$0] ?? "" },
                value: .zero
            )
            let sum = sums[row] ?? (.zero, 0)
            do {
                sums[row] = (try sum.value.adding(event.value), sum.events + 1)
            } catch {
                throw UsageRefusal.overflow
            }
        }
        let rows = sums.map { row, sum in
            UsageRow(
                window: row.window,
                subject: row.subject,
                dimensions: row.dimensions,
                value: sum.value,
                events: sum.events
            )
        }
        return UsageResult(
            from: query.from,
            to: query.to,
            windowSize: query.windowSize,
            dimensionNames: query.dimensionNames,
            rows: rows.shuffled()
        )
    }

    /// The whole range where no window size is asked for, as the engine has it.
    private func window(of time: Timestamp, _ query: UsageQuery) -> TimeWindow {
        guard query.windowSize == nil, let from = query.from, let to = query.to else {
            return (query.windowSize ?? .day).window(containing: time, in: query.zone)
        }
        return TimeWindow(start: from, end: to)
    }

    func bucketRevisions(meter slug: String) async throws -> BucketRevisions {
        let events = try state.withLock { state in
            if state.fails { throw Fault() }
            return state.events
        }
        var buckets: [Timestamp: BucketRevision] = [:]
        let quarter: Int64 = 900_000_000
        for (sequence, event) in events.enumerated() where event.meter == slug {
            let start = event.time.microseconds - (event.time.microseconds % quarter + quarter) % quarter
            let window = TimeWindow(
                start: Timestamp(microseconds: start),
                end: Timestamp(microseconds: start + quarter)
            )
            buckets[window.start] = BucketRevision(window: window, lastSequence: UInt64(sequence))
        }
        return BucketRevisions(
            through: UInt64(events.count),
            buckets: buckets.values.sorted { $0.window.start < $1.window.start }
        )
    }
}
