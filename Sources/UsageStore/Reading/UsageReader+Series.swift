import GRDB
import Metering

extension UsageReader {
    /// The different texts that one part of the series has that counted in some buckets.
    ///
    /// - Parameters:
    ///   - part: 0 for the subject, then the dimensions in the order of their names.
    ///   - ranges: starts of the buckets, seconds since 1970-01-01T00:00:00Z; they do not overlap.
    ///   - limit: the most texts.
    /// - Returns: bytes of UTF-8; nil when the store has moved on since the snapshot was taken.
    /// - Throws: `UsageReadError`, `UsageStoreError`.
    public func parts(at part: Int, ranges: [Range<Int64>], limit: Int) throws -> Set<[UInt8]>? {
        var groups = SeriesGroups(snapshot: snapshot, query: query)
        var deadline = ReadDeadline(deadline, now: { .now })
        var seen = [Bool](repeating: false, count: snapshot.series.count)
        var found: Set<[UInt8]> = []
        func see(_ series: UInt32) throws(UsageReadError) {
            try deadline.pass()
            guard !seen[Int(series)] else { return }
            seen[Int(series)] = true
            guard groups.number(ofSeries: series) != nil else { return }
            found.insert(snapshot.series.parts(of: series)[part])
            if found.count > limit { throw .tooManyRows(found.count) }
        }
        let inMemory = Set(snapshot.pages.map(\.start))
        let read: Void? = try store.read("read series", at: snapshot.generation) { database in
            for range in ranges {
                let rows = try Row.fetchCursor(
                    database,
                    sql: "SELECT bucket, series FROM total WHERE meter = ? AND bucket >= ? AND bucket < ?",
                    arguments: arguments(range)
                )
                while let row = try rows.next() {
                    if !inMemory.contains(row[0]) { try see(row[1]) }
                }
            }
        }
        guard read != nil else { return nil }
        for page in snapshot.pages where ranges.contains(where: { $0.contains(page.start) }) {
            for entry in page.entries where entry.total.count > 0 { try see(entry.series) }
        }
        return found
    }
}
