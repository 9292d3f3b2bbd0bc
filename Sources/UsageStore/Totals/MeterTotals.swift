import Metering

/// What the store knows of a bucket besides its totals.
struct BucketRecord: Sendable, Hashable {
    /// The least sequence number of the events that were counted in it.
    var firstSequence: UInt64
    /// The sequence number of the last change.
    var lastSequence: UInt64
    /// Totals of events below this sequence number were regrouped from other dimensions, which are not all known any more.
    var projectedBelow: UInt64 = 0
}

/// The part of one meter's totals that is in memory: its series, the list of its buckets, and the pages that changed since the
/// last checkpoint or were used lately.
final class MeterTotals {
    /// What an aggregation keeps beside the accumulators.
    private enum Detail {
        case none
        case cells
        case levels
    }

    let meter: StoredMeter
    let source: PageSource
    // As in `BucketPage`: one thread, and no way back here while it is changed.
    @exclusivity(unchecked) var series: SeriesTable
    /// How many of the series have a row in the store.
    var persistedSeries: Int
    /// The buckets that have rows in the store, by their starts.
    var persistedBuckets: [Int64: BucketRecord]
    var pages: [Int64: BucketPage] = [:]
    var levels = LevelChanges()
    private let detail: Detail
    private let aggregation: Aggregation
    private let width: Int64
    /// Pages used lately, by the lowest bits of their bucket's number, to find them without hashing.
    @exclusivity(unchecked) private var recent: [BucketPage?] = Array(repeating: nil, count: MeterTotals.recentPages)
    /// A power of two: ten days of hours.
    private static let recentPages = 256

    init(
        meter: StoredMeter,
        source: PageSource,
        series: SeriesTable = SeriesTable(),
        persistedBuckets: [Int64: BucketRecord] = [:]
    ) {
        self.meter = meter
        self.source = source
        self.series = series
        persistedSeries = series.count
        self.persistedBuckets = persistedBuckets
        aggregation = meter.meter.aggregation
        detail = aggregation.keepsCells ? .cells : aggregation.keepsLevels ? .levels : .none
        width = meter.bucketSeconds
    }

    /// The same totals of a meter whose name, description or metadata changed, or of a regrouped one that is live now.
    init(_ totals: MeterTotals, as meter: StoredMeter, source: PageSource) {
        self.meter = meter
        self.source = source
        series = totals.series
        persistedSeries = totals.persistedSeries
        persistedBuckets = totals.persistedBuckets
        pages = totals.pages
        levels = totals.levels
        detail = totals.detail
        aggregation = totals.aggregation
        width = totals.width
    }

    /// Counts one event; see `Totals.add`.
    @inline(__always)
    func add(
        key: UnsafeRawBufferPointer,
        value: ExactDecimal,
        unique: UniqueHash?,
        time: Int64,
        sequence: UInt64
    ) throws(TotalsError) {
        let number = Self.floorDivide(time, by: width &* 1_000_000)
        let start = number &* width
        let page: BucketPage
        if let recent = recentPage(number: number, start: start) {
            page = recent
        } else {
            page = try self.page(start)
            remember(page, number: number)
        }
        let series = series.number(of: key)
        do {
            try page.add(series: series, value, aggregation: aggregation, time: time, sequence: sequence)
        } catch {
            throw .overflow
        }
        if let unique { page.addUnique(series: series, hash: unique) }
        switch detail {
        case .none: break
        case .cells: page.addCell(series: series, QuantileCell(value), count: 1)
        case .levels: levels.add(LevelPoint(series: series, time: time, sequence: sequence, value: value))
        }
    }

    /// The start of the bucket that a time is in; seconds of microseconds.
    func bucketStart(of time: Int64) -> Int64 { time.floored(to: width &* 1_000_000) / 1_000_000 }

    @inline(__always)
    private static func floorDivide(_ value: Int64, by width: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: width)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The page of a bucket, taken from the store when there is one.
    func page(_ start: Int64) throws(TotalsError) -> BucketPage {
        if let page = pages[start] {
            page.usedIn = source.generation
            return page
        }
        let record = persistedBuckets[start]
        let page = BucketPage(start: start, record: record, usedIn: source.generation)
        if record != nil {
            do {
                try source.store.load(page, meter: meter.number)
            } catch {
                throw .store(error)
            }
        }
        pages[start] = page
        source.loaded += page.entries.count
        return page
    }

    /// What is known of a bucket; nil when nothing was ever counted in it.
    func record(of start: Int64) -> BucketRecord? {
        if let page = pages[start], page.dirty { return page.record }
        return persistedBuckets[start]
    }

    /// What is known of all buckets, by their starts.
    var records: [Int64: BucketRecord] {
        var records = persistedBuckets
        for page in pages.values where page.dirty { records[page.start] = page.record }
        return records
    }

    /// Totals in memory.
    var residentCount: Int { pages.values.reduce(0) { $0 + $1.entries.count } }

    /// The store holds everything now.
    func settle() {
        for page in pages.values {
            if page.dirty { persistedBuckets[page.start] = page.record }
            page.clean()
        }
        persistedSeries = series.count
        levels = LevelChanges()
        forgetRecentPages()
    }

    /// The page of a bucket, when it was used lately.
    @inline(__always)
    private func recentPage(number: Int64, start: Int64) -> BucketPage? {
        guard let page = recent[Int(number) & (Self.recentPages - 1)], page.start == start else { return nil }
        return page
    }

    private func remember(_ page: BucketPage, number: Int64) { recent[Int(number) & (Self.recentPages - 1)] = page }

    private func forgetRecentPages() { recent = Array(repeating: nil, count: Self.recentPages) }
}
