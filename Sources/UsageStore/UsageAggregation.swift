import CloudEvents
import Metering

/// Sums by window and group.
///
/// Subjects and dimension values are compared as bytes: Swift takes canonically equivalent strings for equal, but they are
/// different subjects.
struct UsageAggregation {
    private struct Cell: Hashable {
        var window: Int64
        var group: Int32
    }

    private struct Group: Hashable {
        var subject: [UInt8]?
        var dimensions: [[UInt8]]
    }

    private let snapshot: TotalsSnapshot
    private let query: UsageQuery
    private let rowLimit: Int
    private let aggregation: Aggregation
    private let groupsSubject: Bool
    /// Index into a series' parts of each dimension asked for.
    private let dimensionParts: [Int]
    private let filterParts: [(part: Int, values: Set<[UInt8]>)]
    private let subjects: Set<[UInt8]>

    /// The group of each series: -1 not known yet, -2 filtered out.
    private var groupOfSeries: [Int32]
    private var groups: [Group] = []
    private var groupNumbers: [Group: Int32] = [:]
    private var cells: [Cell: Accumulator] = [:]
    private var uniqueValues: [Cell: Set<UniqueHash>] = [:]
    private var uniqueCount = 0
    private var windows: [Int64: TimeWindow] = [:]
    private var lastWindow: TimeWindow?
    private var firstBucket = Int64.max
    private var lastBucket = Int64.min

    init(snapshot: TotalsSnapshot, query: UsageQuery, rowLimit: Int) {
        self.snapshot = snapshot
        self.query = query
        self.rowLimit = rowLimit
        let meter = snapshot.meter.meter
        aggregation = meter.aggregation
        groupsSubject = query.groupsBySubject
        func part(_ name: String) -> Int? { meter.groupBy.firstIndex { $0.name == name }.map { $0 + 1 } }
        dimensionParts = query.dimensionNames.compactMap(part)
        filterParts = query.filters.compactMap { name, values in
            let values = Set(values.map { Array($0.utf8) })
            return name == "subject" ? (0, values) : part(name).map { ($0, values) }
        }
        subjects = Set(query.subjects.map { Array($0.utf8) })
        groupOfSeries = Array(repeating: -1, count: snapshot.series.count)
    }

    mutating func wants(series: UInt32) -> Bool { group(of: series) >= 0 }

    mutating func add(bucket: Int64, series: UInt32, total: Accumulator) throws {
        let group = group(of: series)
        guard group >= 0 else { return }
        let cell = Cell(window: windowStart(of: bucket), group: group)
        do {
            try cells[cell, default: Accumulator()].merge(total, aggregation: aggregation)
        } catch {
            throw UsageReadError.overflow
        }
        if cells.count > rowLimit { throw UsageReadError.tooManyRows(cells.count) }
    }

    mutating func add(bucket: Int64, series: UInt32, unique: UniqueHash) throws(UsageReadError) {
        let group = group(of: series)
        guard group >= 0 else { return }
        let cell = Cell(window: windowStart(of: bucket), group: group)
        guard uniqueValues[cell, default: []].insert(unique).inserted else { return }
        uniqueCount += 1
        if uniqueCount > UsageReader.maximumUniqueValues { throw .tooManyValues(uniqueCount) }
    }

    func rows() -> [UsageRow] {
        var rows: [UsageRow] = []
        rows.reserveCapacity(cells.count)
        for (cell, total) in cells {
            let group = groups[Int(cell.group)]
            let value: ExactDecimal?
            if aggregation == .uniqueCount {
                value = ExactDecimal(uniqueValues[cell]?.count ?? 0)
            } else {
                value = total.result(aggregation)
            }
            guard let value else { continue }
            rows.append(
                UsageRow(
                    window: window(of: cell),
                    subject: group.subject.map { String(decoding: $0, as: UTF8.self) },
                    dimensions: group.dimensions.map { String(decoding: $0, as: UTF8.self) },
                    value: value,
                    events: total.count
                )
            )
        }
        return rows
    }

    private func window(of cell: Cell) -> TimeWindow {
        if query.windowSize != nil, let window = windows[cell.window] { return window }
        return TimeWindow(
            start: query.from ?? Timestamp(microseconds: firstBucket * 1_000_000),
            end: query.to ?? Timestamp(microseconds: (lastBucket + snapshot.meter.bucketSeconds) * 1_000_000)
        )
    }

    private mutating func windowStart(of bucket: Int64) -> Int64 {
        firstBucket = min(firstBucket, bucket)
        lastBucket = max(lastBucket, bucket)
        guard let size = query.windowSize else { return 0 }
        let time = Timestamp(microseconds: bucket * 1_000_000)
        if let last = lastWindow, last.start <= time, time < last.end { return last.start.microseconds }
        let window = size.window(containing: time, in: query.zone)
        lastWindow = window
        windows[window.start.microseconds] = window
        return window.start.microseconds
    }

    private mutating func group(of series: UInt32) -> Int32 {
        let known = groupOfSeries[Int(series)]
        if known != -1 { return known }
        let group = makeGroup(of: series)
        groupOfSeries[Int(series)] = group
        return group
    }

    private mutating func makeGroup(of series: UInt32) -> Int32 {
        let parts = snapshot.series.parts(of: series)
        if !subjects.isEmpty, !subjects.contains(parts[0]) { return -2 }
        for filter in filterParts where !filter.values.contains(parts[filter.part]) { return -2 }
        let group = Group(subject: groupsSubject ? parts[0] : nil, dimensions: dimensionParts.map { parts[$0] })
        if let number = groupNumbers[group] { return number }
        let number = Int32(groups.count)
        groups.append(group)
        groupNumbers[group] = number
        return number
    }
}
