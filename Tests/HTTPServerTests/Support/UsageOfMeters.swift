import CloudEvents
import Engine
import Metering
import Synchronization

/// Meters with usage that a test makes up.
final class UsageOfMeters: Sendable {
    /// Of one series, numbers as text.
    struct Series: Sendable {
        var subject: String
        var dimensions: [String] = []
        /// This month's.
        var month: String
        /// Today's; nil without any.
        var today: String?
    }

    let series: Mutex<[String: [Series]]>
    let errors = Mutex<[String: QueryError]>([:])
    /// Queries that are being answered, and the most there ever were.
    private let counts = Mutex((now: 0, most: 0))

    init(_ series: [String: [Series]]) {
        self.series = Mutex(series)
    }

    /// The most queries that were ever being answered at a time.
    var most: Int { counts.withLock(\.most) }

    /// Answers for today when a day is asked for, and otherwise for the month.
    func answer(_ query: UsageQuery) async throws -> UsageResult {
        counts.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
        defer { counts.withLock { $0.now -= 1 } }
        // Others get a chance to ask meanwhile.
        await Task.yield()
        if let error = errors.withLock({ $0[query.meter] }) { throw error }
        let start = query.from ?? Timestamp(microseconds: 0)
        let end = query.to ?? start
        let isDay = end.microseconds - start.microseconds == 86_400_000_000
        let rows = try series.withLock { $0[query.meter] ?? [] }.compactMap { series in
            try (isDay ? series.today : series.month).map {
                UsageRow(
                    window: TimeWindow(start: start, end: end),
                    subject: series.subject,
                    dimensions: series.dimensions,
                    value: try ExactDecimal($0)
                )
            }
        }
        return UsageResult(
            from: query.from,
            to: query.to,
            windowSize: nil,
            dimensionNames: query.dimensionNames,
            rows: rows
        )
    }

    /// An engine with these meters.
    func engine(_ meters: [Meter]) -> ScriptedEngine {
        ScriptedEngine(
            meters: meters.map {
                MeterRecord(
                    id: $0.slug,
                    meter: $0,
                    createdAt: Timestamp(microseconds: 0),
                    updatedAt: Timestamp(microseconds: 0)
                )
            },
            answering: { try await self.answer($0) }
        )
    }
}

extension Meter {
    /// A meter for tests.
    static func made(_ slug: String, _ aggregation: Aggregation = .sum, by dimensions: String...) throws -> Meter {
        try Meter(
            slug: slug,
            eventType: "t",
            aggregation: aggregation,
            valueProperty: aggregation.measuresValue ? ValuePath("$.v") : nil,
            groupBy: dimensions.map { Dimension(name: $0, path: try ValuePath("$.d.\($0)")) }
        )
    }
}
