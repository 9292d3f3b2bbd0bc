import CloudEvents
import Metering

/// What a query should answer.
extension Model {
    /// Where values are added up.
    struct Cell: Hashable {
        var window: TimeWindow
        var subject: [UInt8]?
        var dimensions: [[UInt8]]
    }

    /// What a meter counted: each event with the content that counts in its place.
    typealias Counted = [(contribution: Contribution, event: ModelEvent)]

    /// What a meter counted, in the order of the log.
    func counted(by meter: ModelMeter) -> Counted {
        entries.compactMap { entry in
            guard meter.isActive(at: entry.sequence), let content = entry.content else { return nil }
            return Contribution(of: content, sequence: entry.sequence, to: meter).map { ($0, content.event) }
        }
    }

    /// The rows of an answer, in their order; of every aggregation but WEIGHTED_SUM.
    static func rows(_ query: UsageQuery, of meter: ModelMeter, _ counted: Counted) throws -> [UsageRow] {
        let counted = counted.filter { contribution, event in
            (query.from?.microseconds ?? .min) <= contribution.time
                && contribution.time < (query.to?.microseconds ?? .max)
                && (query.subjects.isEmpty || query.subjects.contains { $0.utf8.elementsEqual(event.subject.utf8) })
                && query.filters.allSatisfy { ModelCondition.holds($0.value, for: meter.text($0.key, of: event)) }
        }
        let times = counted.map(\.contribution.time)
        guard let first = times.min(), let last = times.max() else { return [] }
        let windows = try query.windowSize.map { try ModelWindows($0, zone: query.zone.identifier) }
        let minute: Int64 = 60_000_000
        let whole = TimeWindow(
            start: query.from ?? Timestamp(microseconds: first / minute * minute),
            end: query.to ?? Timestamp(microseconds: (last / minute + 1) * minute)
        )
        var cells: [Cell: [Contribution]] = [:]
        for (contribution, event) in counted {
            let cell = Cell(
                window: try windows?.window(containing: contribution.time) ?? whole,
                subject: query.groupsBySubject ? Array(event.subject.utf8) : nil,
                dimensions: query.dimensionNames.map { Array(meter.text($0, of: event).utf8) }
            )
            cells[cell, default: []].append(contribution)
        }
        return try cells.map { cell, contributions in
            try row(cell, value: result(contributions, meter.aggregation), events: contributions.count)
        }.sorted(by: UsageRow.precedes)
    }

    static func row(_ cell: Cell, value: Fraction, events: Int) throws -> UsageRow {
        UsageRow(
            window: cell.window,
            subject: cell.subject.map { String(decoding: $0, as: UTF8.self) },
            dimensions: cell.dimensions.map { String(decoding: $0, as: UTF8.self) },
            value: try ExactDecimal(value.text),
            events: UInt64(events)
        )
    }

    private static func result(_ contributions: [Contribution], _ aggregation: Aggregation) -> Fraction {
        let sum = contributions.reduce(Fraction.zero) { $0 + $1.value }
        let sorted = contributions.map(\.value).sorted()
        func percentile(_ percent: Int) -> Fraction {
            // The first value that so many percent of all are not above.
            let rank = (1...sorted.count).first { $0 * 100 >= percent * sorted.count } ?? sorted.count
            return sorted[rank - 1].cutToThreeDigits
        }
        switch aggregation {
        case .sum: return sum
        case .count: return Fraction(Int128(contributions.count), 1)
        case .uniqueCount: return Fraction(Int128(Set(contributions.map(\.unique)).count), 1)
        case .avg: return sum / contributions.count
        case .min: return sorted[0]
        case .max: return sorted[sorted.count - 1]
        case .latest: return contributions.max { ($0.time, $0.sequence) < ($1.time, $1.sequence) }?.value ?? .zero
        case .p50: return percentile(50)
        case .p90: return percentile(90)
        case .p95: return percentile(95)
        case .p99: return percentile(99)
        case .weightedSum: preconditionFailure("levels are added up elsewhere")
        }
    }
}
