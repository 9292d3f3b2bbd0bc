import CloudEvents
public import Metering

/// Adds up usage by window and group: totals of whole buckets, single events of the log, and levels over time, in any order.
///
/// Subjects and dimension values are compared as bytes: Swift takes canonically equivalent strings for equal, but they are
/// different subjects.
public struct UsageAggregation {
    /// A group in a window.
    struct Place: Hashable {
        var window: Int64
        var group: UInt32
    }

    /// A cell of a group in a window.
    private struct PlacedCell: Hashable {
        var place: Place
        var cell: QuantileCell
    }

    private static let minute: Int64 = 60_000_000

    private let query: UsageQuery
    private let rowLimit: Int
    private let aggregation: Aggregation
    private let bucketSeconds: Int64
    private let now: Int64
    private(set) var deadline: ReadDeadline

    private var groups: SeriesGroups
    private var totals: [Place: Accumulator] = [:]
    private var uniqueValues: [Place: Set<UniqueHash>] = [:]
    private var uniqueCount = 0
    private var cells: [PlacedCell: Int64] = [:]
    private var levels: [Place: LevelSum] = [:]
    private var windows: [Int64: TimeWindow] = [:]
    private var lastWindow: TimeWindow?
    /// Of everything that was added, in microseconds: bounds of buckets, minutes of events.
    private var firstTime = Int64.max
    private var lastTime = Int64.min

    /// Starts of the first and the last bucket whose totals were added; seconds since 1970-01-01T00:00:00Z.
    public private(set) var seenBuckets: ClosedRange<Int64>?

    /// An aggregation of nothing so far.
    ///
    /// - Parameters:
    ///   - snapshot: of the meter.
    ///   - rowLimit: rows the answer may have.
    ///   - deadline: when it has to be done; nil for no limit.
    ///   - now: microseconds since 1970-01-01T00:00:00Z, where levels that go on end.
    ///   - clock: what the deadline is compared with.
    public init(
        snapshot: TotalsSnapshot,
        query: UsageQuery,
        rowLimit: Int,
        deadline: ContinuousClock.Instant? = nil,
        now: Int64 = .max,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.query = query
        self.rowLimit = rowLimit
        self.now = now
        self.deadline = ReadDeadline(deadline, now: clock)
        aggregation = snapshot.meter.meter.aggregation
        bucketSeconds = snapshot.meter.bucketSeconds
        groups = SeriesGroups(snapshot: snapshot, query: query)
    }

    /// Adds an event of the log that the meter counted and the query asks for.
    ///
    /// - Parameters:
    ///   - time: microseconds since 1970-01-01T00:00:00Z.
    ///   - sequence: the event's, which for LATEST decides between events of one time.
    ///   - group: a key as `SeriesKey` defines it: the subject where `query.groupsBySubject`, then what
    ///     `query.dimensionNames` names.
    ///   - value: 1 for COUNT and UNIQUE_COUNT.
    ///   - unique: for UNIQUE_COUNT.
    ///   - cell: for percentiles.
    public mutating func add(
        time: Int64,
        sequence: UInt64,
        group: UnsafeRawBufferPointer,
        value: ExactDecimal,
        unique: UniqueHash?,
        cell: QuantileCell?
    ) throws(UsageReadError) {
        try deadline.pass()
        let minute = time.floored(to: Self.minute)
        see(minute, minute + Self.minute)
        let place = Place(window: window(containing: time), group: groups.number(of: group))
        do {
            try totals[place, default: Accumulator()].add(
                value,
                aggregation: aggregation,
                time: time,
                sequence: sequence
            )
        } catch {
            throw .overflow
        }
        try checkRows()
        if let unique { try add(unique, at: place) }
        if let cell { try add(cell, count: 1, at: place) }
    }

    /// Adds what the levels of a group come to in a window, and the events that set them in it.
    ///
    /// - Parameter group: as of `add(time:…)`.
    public mutating func add(
        integral: LevelSum,
        window: TimeWindow,
        group: UnsafeRawBufferPointer,
        events: UInt64
    ) throws(UsageReadError) {
        try deadline.pass()
        see(window.start.microseconds, min(window.end.microseconds, now))
        let place = Place(
            window: self.window(containing: window.start.microseconds),
            group: groups.number(of: group)
        )
        try add(integral, events: events, at: place)
    }

    /// The rows, in no order.
    ///
    /// - Parameter bounds: the window shown where the query has no windows; where it is nil, the query's bounds, and the
    ///   earliest and latest bucket, or minute of an event, where it names none.
    public func rows(bounds: TimeWindow? = nil) throws(UsageReadError) -> [UsageRow] {
        var deadline = deadline
        try deadline.check()
        var rows: [UsageRow] = []
        rows.reserveCapacity(totals.count)
        var sketches: [Place: QuantileSketch] = [:]
        for (cell, count) in cells { sketches[cell.place, default: QuantileSketch()].add(cell.cell, count: count) }
        for (place, total) in totals {
            try deadline.pass()
            guard let value = try value(of: total, at: place, sketches[place]) else { continue }
            var parts = groups.parts(of: place.group)[...]
            rows.append(
                UsageRow(
                    window: window(of: place, bounds: bounds),
                    subject: query.groupsBySubject ? parts.popFirst().map { String(decoding: $0, as: UTF8.self) } : nil,
                    dimensions: parts.map { String(decoding: $0, as: UTF8.self) },
                    value: value,
                    events: total.count
                )
            )
        }
        return rows
    }

    private func value(
        of total: Accumulator,
        at place: Place,
        _ sketch: QuantileSketch?
    ) throws(UsageReadError) -> ExactDecimal? {
        if aggregation == .uniqueCount { return ExactDecimal(uniqueValues[place]?.count ?? 0) }
        if let percent = aggregation.percentile { return sketch?.quantile(percent: percent) }
        if aggregation.keepsLevels {
            // A window in which no level was above or below 0, and no event came, is an empty one.
            guard let sum = levels[place], total.count > 0 || sum != LevelSum() else { return nil }
            do {
                return try sum.result
            } catch {
                throw .overflow
            }
        }
        return total.result(aggregation)
    }

    private func window(of place: Place, bounds: TimeWindow?) -> TimeWindow {
        if query.windowSize != nil, let window = windows[place.window] { return window }
        if let bounds { return bounds }
        return TimeWindow(
            start: query.from ?? Timestamp(microseconds: firstTime),
            end: query.to ?? Timestamp(microseconds: lastTime)
        )
    }

    private mutating func see(_ first: Int64, _ last: Int64) {
        firstTime = min(firstTime, first)
        lastTime = max(lastTime, last)
    }

    /// The start of the window that a time is in; 0 where the whole range is one.
    private mutating func window(containing time: Int64) -> Int64 {
        guard let size = query.windowSize else { return 0 }
        let time = Timestamp(microseconds: time)
        if let last = lastWindow, last.contains(time) { return last.start.microseconds }
        let window = size.window(containing: time, in: query.zone)
        lastWindow = window
        windows[window.start.microseconds] = window
        return window.start.microseconds
    }

    private func checkRows() throws(UsageReadError) {
        if totals.count > rowLimit { throw .tooManyRows(totals.count) }
    }

    private mutating func add(_ unique: UniqueHash, at place: Place) throws(UsageReadError) {
        guard uniqueValues[place, default: []].insert(unique).inserted else { return }
        uniqueCount += 1
        if uniqueCount > UsageReader.maximumUniqueValues { throw .tooManyValues(uniqueCount) }
    }

    private mutating func add(_ cell: QuantileCell, count: Int64, at place: Place) throws(UsageReadError) {
        cells[PlacedCell(place: place, cell: cell), default: 0] += count
        if cells.count > UsageReader.maximumCells { throw .tooManyValues(cells.count) }
    }

    private mutating func add(_ integral: LevelSum, events: UInt64, at place: Place) throws(UsageReadError) {
        do {
            try levels[place, default: LevelSum()].merge(integral)
        } catch {
            throw .overflow
        }
        totals[place, default: Accumulator()].count += events
        try checkRows()
    }
}

/// What the store's readers add.
extension UsageAggregation {
    /// Whether the query asks for a series of the snapshot; a row is passed over or added then.
    mutating func wants(series: UInt32) throws(UsageReadError) -> Bool {
        try deadline.pass()
        // A condition may take long over a long text, so the clock is looked at for each new one.
        if groups.isNew(series: series) { try deadline.check() }
        return groups.number(ofSeries: series) != nil
    }

    /// Adds a total of a whole bucket.
    mutating func add(bucket: Int64, series: UInt32, total: Accumulator) throws(UsageReadError) {
        guard try wants(series: series), let place = place(of: bucket, series) else { return }
        do {
            try totals[place, default: Accumulator()].merge(total, aggregation: aggregation)
        } catch {
            throw .overflow
        }
        try checkRows()
        seenBuckets = min(seenBuckets?.lowerBound ?? bucket, bucket)...max(seenBuckets?.upperBound ?? bucket, bucket)
    }

    /// Adds a unique value of a whole bucket.
    mutating func add(bucket: Int64, series: UInt32, unique: UniqueHash) throws(UsageReadError) {
        guard let place = place(of: bucket, series) else { return }
        try add(unique, at: place)
    }

    /// Adds a cell of a whole bucket.
    mutating func add(
        bucket: Int64,
        series: UInt32,
        cell: QuantileCell,
        count: Int64
    ) throws(UsageReadError) {
        guard let place = place(of: bucket, series) else { return }
        try add(cell, count: count, at: place)
    }

    /// Adds a level that a series had for a while, window by window.
    ///
    /// - Parameters:
    ///   - range: microseconds since 1970-01-01T00:00:00Z.
    ///   - isEvent: an event set it at the beginning of the range.
    mutating func add(
        level: ExactDecimal,
        during range: Range<Int64>,
        series: UInt32,
        isEvent: Bool
    ) throws(UsageReadError) {
        let holds = level != .zero
        guard holds || isEvent, let group = groups.number(ofSeries: series) else { return }
        var start = range.lowerBound
        var events: UInt64 = isEvent ? 1 : 0
        repeat {
            try deadline.pass()
            let place = Place(window: window(containing: start), group: group)
            let windowEnd = windows[place.window]?.end.microseconds ?? .max
            let end = holds ? min(windowEnd, range.upperBound) : range.upperBound
            var sum = LevelSum()
            do {
                try sum.add(level: level, microseconds: end - start)
            } catch {
                throw .overflow
            }
            try add(sum, events: events, at: place)
            events = 0
            start = end
        } while start < range.upperBound
        let minute = range.lowerBound.floored(to: Self.minute)
        see(minute, holds ? max(range.upperBound, minute + Self.minute) : minute + Self.minute)
    }

    private mutating func place(of bucket: Int64, _ series: UInt32) -> Place? {
        guard let group = groups.number(ofSeries: series) else { return nil }
        see(bucket * 1_000_000, (bucket + bucketSeconds) * 1_000_000)
        return Place(window: window(containing: bucket * 1_000_000), group: group)
    }
}
