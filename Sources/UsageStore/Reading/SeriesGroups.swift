import Metering

/// Which group of the answer each series belongs to, and which series the query asks for at all.
struct SeriesGroups {
    private let snapshot: TotalsSnapshot
    /// Indexes into a series' parts of what the query groups by; nil for what no total holds.
    private let parts: [Int?]
    private let conditions: [(part: Int, matcher: TextMatcher)]
    /// The groups by their keys.
    private var groups = SeriesTable()
    private var groupOfSeries: [Group]

    private enum Group {
        case unknown
        case none
        case number(UInt32)
    }

    init(snapshot: TotalsSnapshot, query: UsageQuery) {
        self.snapshot = snapshot
        let dimensions = snapshot.meter.meter.groupBy.map(\.name)
        func part(_ name: String) -> Int? {
            if name == "subject" { return 0 }
            return dimensions.firstIndex(of: name).map { $0 + 1 }
        }
        parts = (query.groupsBySubject ? [0] : []) + query.dimensionNames.map(part)
        var conditions = query.filters.compactMap { name, condition in
            part(name).map { (part: $0, matcher: TextMatcher(condition)) }
        }
        if !query.subjects.isEmpty { conditions.append((0, TextMatcher(.oneOf(query.subjects)))) }
        self.conditions = conditions
        groupOfSeries = Array(repeating: .unknown, count: snapshot.series.count)
    }

    /// The number of a group with this key.
    mutating func number(of key: UnsafeRawBufferPointer) -> UInt32 { groups.number(of: key) }

    /// Whether nobody has asked for the group of a series yet.
    func isNew(series: UInt32) -> Bool {
        if case .unknown = groupOfSeries[Int(series)] { true } else { false }
    }

    /// The number of a series' group; nil when the query does not ask for the series.
    mutating func number(ofSeries series: UInt32) -> UInt32? {
        switch groupOfSeries[Int(series)] {
        case .number(let number): return number
        case .none: return nil
        case .unknown: break
        }
        let texts = snapshot.series.parts(of: series)
        guard conditions.allSatisfy({ $0.matcher.matches(texts[$0.part]) }) else {
            groupOfSeries[Int(series)] = .none
            return nil
        }
        let key = SeriesKey.key(of: parts.map { $0.map { texts[$0] } ?? [] })
        let number = key.withUnsafeBytes { groups.number(of: $0) }
        groupOfSeries[Int(series)] = .number(number)
        return number
    }

    /// The parts of a group's key.
    func parts(of group: UInt32) -> [[UInt8]] { groups.parts(of: group) }
}
