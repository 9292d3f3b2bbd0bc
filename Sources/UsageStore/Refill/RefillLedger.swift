/// What moves between the columns of the ledger when a refilled meter becomes live, by line.
///
/// Which line an event is in is known only when the lines of its day are all there. Days with few sources are settled at the
/// end, when apply has made all their lines. A day with more sources than lines can be is settled as soon as its lines are
/// full, so that memory is bounded: no further ones come then.
final class RefillLedger {
    private struct DayKey: Hashable {
        var origin: UInt8
        var day: Int32
    }

    private struct Day {
        var counts: [[UInt8]: LedgerCounts] = [:]
        /// The sources with lines, once there can be no more of them.
        var lines: Set<[UInt8]>?
        /// Sources at which the store is looked at again.
        var nextLook = 2 * LedgerKey.sourcesADay
    }

    private let store: UsageStore
    private var days: [DayKey: Day] = [:]

    init(store: UsageStore) {
        self.store = store
    }

    func add(
        _ counts: LedgerCounts,
        origin: UInt8,
        day: Int32,
        source: UnsafeRawBufferPointer,
        event sequence: UInt64
    ) throws(UsageStoreError) {
        let key = DayKey(origin: origin, day: day)
        var source = Array(source)
        if sequence < store.explainedFrom { source = [] }
        if let lines = days[key]?.lines, !lines.contains(source) { source = [] }
        days[key, default: Day()].counts[source, default: LedgerCounts()].add(counts)
        if let found = days[key], found.lines == nil, found.counts.count >= found.nextLook { try settle(key) }
    }

    /// All of it, by what the sources of the events are; the line without a source where a source has none.
    var changes: [(origin: UInt8, day: Int32, source: [UInt8], counts: LedgerCounts)] {
        days.flatMap { key, day in
            day.counts.map { (origin: key.origin, day: key.day, source: $0.key, counts: $0.value) }
        }
    }

    private func settle(_ key: DayKey) throws(UsageStoreError) {
        guard var day = days[key] else { return }
        day.nextLook *= 2
        let sources = try store.sources(origin: key.origin, day: key.day).filter { !$0.isEmpty }
        if sources.count >= LedgerKey.sourcesADay {
            let lines = Set(sources.map { Array($0.utf8) })
            var settled: [[UInt8]: LedgerCounts] = [:]
            for (source, counts) in day.counts {
                settled[lines.contains(source) ? source : [], default: LedgerCounts()].add(counts)
            }
            day.counts = settled
            day.lines = lines
        }
        days[key] = day
    }
}
