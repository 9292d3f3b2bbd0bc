import CloudEvents
import Metering

/// What a query of a WEIGHTED_SUM meter should answer.
extension Model {
    /// The rows of an answer; some may be 0 and without events, which an answer may leave out.
    ///
    /// - Parameter now: where windows that are still open end.
    static func levelRows(
        _ query: UsageQuery,
        of meter: ModelMeter,
        _ counted: Counted,
        now: Int64
    ) throws -> [UsageRow] {
        let from = query.from?.microseconds ?? .min
        let to = min(query.to?.microseconds ?? .max, now)
        let windows = try query.windowSize.map { try ModelWindows($0, zone: query.zone.identifier) }
        let whole = TimeWindow(
            start: query.from ?? Timestamp(microseconds: 0),
            end: query.to ?? Timestamp(microseconds: now)
        )
        func window(at time: Int64) throws -> TimeWindow { try windows?.window(containing: time) ?? whole }
        var sums: [Cell: Fraction] = [:]
        var events: [Cell: Int] = [:]
        for points in series(of: meter, counted, for: query).values {
            let sorted = points.sorted { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
            for (index, point) in sorted.enumerated() {
                func cell(_ window: TimeWindow) -> Cell {
                    Cell(
                        window: window,
                        subject: query.groupsBySubject ? point.series[0] : nil,
                        dimensions: query.dimensionNames.map { name in
                            point.series[1 + (meter.dimensions.firstIndex { $0.name == name } ?? 0)]
                        }
                    )
                }
                if from <= point.time, point.time < to { events[cell(try window(at: point.time)), default: 0] += 1 }
                var start = max(point.time, from)
                let end = min(index + 1 < sorted.count ? sorted[index + 1].time : .max, to)
                while start < end {
                    let window = try window(at: start)
                    let stop = min(end, windows == nil ? end : window.end.microseconds)
                    sums[cell(window), default: .zero] =
                        sums[cell(window), default: .zero] + point.value * Fraction(Int128(stop - start), 1)
                    start = stop
                }
            }
        }
        return try Set(sums.keys).union(events.keys).map { cell in
            try row(cell, value: (sums[cell] ?? .zero) / 3_600_000_000, events: events[cell] ?? 0)
        }.sorted(by: UsageRow.precedes)
    }

    private static func series(
        of meter: ModelMeter,
        _ counted: Counted,
        for query: UsageQuery
    ) -> [[[UInt8]]: [Contribution]] {
        let counted = counted.filter { _, event in
            (query.subjects.isEmpty || query.subjects.contains { $0.utf8.elementsEqual(event.subject.utf8) })
                && query.filters.allSatisfy { ModelCondition.holds($0.value, for: meter.text($0.key, of: event)) }
        }
        return Dictionary(grouping: counted.map(\.contribution), by: \.series)
    }
}
