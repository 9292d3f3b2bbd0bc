import Metering

/// What was in memory for one meter and a range of buckets at one moment, and which state of the store goes with it.
public struct TotalsSnapshot: Sendable {
    let meter: StoredMeter
    let generation: UInt64
    let series: SeriesTable
    let pages: [Page]

    struct Page: Sendable {
        var start: Int64
        var entries: [BucketPage.Entry]
        var newUniqueValues: Set<BucketPage.UniqueValue>
    }
}

extension Totals {
    /// Copies what is in memory of a meter's buckets that start within `range` (seconds since 1970-01-01T00:00:00Z).
    public func snapshot(of meter: StoredMeter, buckets range: Range<Int64>) -> TotalsSnapshot? {
        guard let totals = meters[meter.number] else { return nil }
        let pages = totals.pages.values.filter { range.contains($0.start) }.map {
            TotalsSnapshot.Page(start: $0.start, entries: $0.entries, newUniqueValues: $0.newUniqueValues)
        }
        return TotalsSnapshot(
            meter: totals.meter,
            generation: generation,
            series: totals.series,
            pages: pages.sorted { $0.start < $1.start }
        )
    }

    /// Each bucket of a meter with the sequence number of the last event that changed it, in order of time.
    public func bucketRevisions(of meter: StoredMeter) -> [(start: Int64, lastSequence: UInt64)] {
        guard let totals = meters[meter.number] else { return [] }
        var revisions = totals.persistedBuckets
        for page in totals.pages.values where page.dirty { revisions[page.start] = page.lastSequence }
        return revisions.map { (start: $0.key, lastSequence: $0.value) }.sorted { $0.start < $1.start }
    }
}
