import Metering

/// What was in memory for one meter and a range of buckets at one moment, and which state of the store goes with it.
public struct TotalsSnapshot: Sendable {
    let meter: StoredMeter
    let generation: UInt64
    let series: SeriesTable
    let range: Range<Int64>
    let pages: [Page]
    let levels: LevelChanges
    private let persistedBuckets: [Int64: BucketRecord]

    struct Page: Sendable {
        var start: Int64
        var record: BucketRecord
        var dirty: Bool
        var entries: [BucketPage.Entry]
        var newUniqueValues: Set<BucketPage.UniqueValue>
        var recountedSeries: Set<UInt32>
        var cellChanges: [BucketPage.SketchCell: Int64]

        init(_ page: BucketPage) {
            start = page.start
            record = page.record
            dirty = page.dirty
            entries = page.entries
            newUniqueValues = page.newUniqueValues
            recountedSeries = page.recountedSeries
            cellChanges = page.cellChanges
        }
    }

    fileprivate init(_ totals: MeterTotals, generation: UInt64, range: Range<Int64>) {
        meter = totals.meter
        self.generation = generation
        series = totals.series
        self.range = range
        pages = totals.pages.values.filter { range.contains($0.start) }.map(Page.init).sorted { $0.start < $1.start }
        levels = totals.levels
        persistedBuckets = totals.persistedBuckets
    }

    /// What is known of the buckets of the range, in order of time.
    public var buckets: [BucketFacts] {
        var records = persistedBuckets.filter { range.contains($0.key) }
        for page in pages where page.dirty { records[page.start] = page.record }
        return records.map { BucketFacts(start: $0.key, width: meter.bucketSeconds, $0.value) }
            .sorted { $0.start < $1.start }
    }
}

extension Totals {
    /// Copies what is in memory of a meter's buckets that start within `range` (seconds since 1970-01-01T00:00:00Z).
    public func snapshot(of meter: StoredMeter, buckets range: Range<Int64>) -> TotalsSnapshot? {
        meters[meter.number].map { TotalsSnapshot($0, generation: generation, range: range) }
    }
}
