public import Metering

/// The part of the totals that is in memory: what changed since the last checkpoint, and the buckets used lately.
///
/// One thread at a time uses it (the engine holds it behind a lock). Everything in it follows from the log alone, so a
/// crash loses nothing that replay does not bring back.
public final class Totals {
    /// A meter's series, pages and persisted buckets.
    final class MeterTotals {
        let meter: StoredMeter
        var series: SeriesTable
        /// How many of the series have a row in the store.
        var persistedSeries: Int
        /// Start of each bucket that has rows in the store, with its last sequence number.
        var persistedBuckets: [Int64: UInt64]
        var pages: [Int64: BucketPage] = [:]
        /// Pages used lately, by the lowest bits of their bucket's number, to find them without hashing.
        private var recent: [BucketPage?] = Array(repeating: nil, count: MeterTotals.recentPages)
        /// A power of two: ten days of hours.
        private static let recentPages = 256

        init(meter: StoredMeter, series: SeriesTable, persistedBuckets: [Int64: UInt64]) {
            self.meter = meter
            self.series = series
            self.persistedSeries = series.count
            self.persistedBuckets = persistedBuckets
        }

        /// The page of a bucket, when it was used lately.
        @inline(__always)
        func recentPage(number: Int64, start: Int64) -> BucketPage? {
            guard let page = recent[Int(number) & (Self.recentPages - 1)], page.start == start else { return nil }
            return page
        }

        func remember(_ page: BucketPage, number: Int64) { recent[Int(number) & (Self.recentPages - 1)] = page }

        func forgetRecentPages() { recent = Array(repeating: nil, count: Self.recentPages) }
    }

    /// Totals in memory beyond which pages that did not change are given back at a checkpoint.
    public static let residentTotals = 400_000

    /// Totals taken from the store since the last checkpoint beyond which the next one comes early.
    public static let loadedTotals = 1_000_000

    let store: UsageStore
    var meters: [Int32: MeterTotals]
    private var loaded = 0
    var ledger: [LedgerKey: LedgerCounts] = [:]
    var meterLedger: [MeterLedgerKey: MeterLedgerCounts] = [:]
    var invalidEvents: [InvalidEvent] = []
    var conflicts: [EventConflict] = []
    var rejectedFrames: [RejectedFrame] = []
    var positions: [PositionKey: Int64] = [:]
    /// Counts checkpoints; a reader that finds another number in the store than here looks again.
    var generation: UInt64
    var slots: [MeterTotals] = []

    init(store: UsageStore, meters: [Int32: MeterTotals], generation: UInt64) {
        self.store = store
        self.meters = meters
        self.generation = generation
    }

    /// A handle for `add`, valid until the meters change.
    public struct Slot: Sendable, Hashable {
        let index: Int
    }

    /// The slot of a meter the store has installed.
    public func slot(of meter: StoredMeter) -> Slot? {
        guard let totals = meters[meter.number] else { return nil }
        if let index = slots.firstIndex(where: { $0 === totals }) { return Slot(index: index) }
        slots.append(totals)
        return Slot(index: slots.count - 1)
    }

    /// Counts one event for one meter.
    ///
    /// - Parameters:
    ///   - key: the series' key, as `SeriesTable` defines it.
    ///   - value: the measured value; 1 for COUNT and UNIQUE_COUNT.
    ///   - unique: the value's hash, for UNIQUE_COUNT only.
    ///   - time: the event's time in microseconds since 1970-01-01T00:00:00Z.
    /// - Throws: `TotalsError.overflow` when the bucket's total would not be exact; nothing is changed then.
    ///   `TotalsError.store` when the store cannot be read.
    @inline(__always)
    public func add(
        _ slot: Slot,
        key: UnsafeRawBufferPointer,
        value: ExactDecimal,
        unique: UniqueHash?,
        time: Int64,
        sequence: UInt64
    ) throws(TotalsError) {
        let totals = slots[slot.index]
        let width = totals.meter.bucketSeconds
        let number = Self.floorDivide(time, by: width &* 1_000_000)
        let start = number &* width
        let page: BucketPage
        if let recent = totals.recentPage(number: number, start: start) {
            page = recent
        } else {
            page = try self.page(start, of: totals)
            totals.remember(page, number: number)
        }
        let series = totals.series.number(of: key)
        do {
            try page.add(
                series: series,
                value,
                aggregation: totals.meter.meter.aggregation,
                time: time,
                sequence: sequence
            )
        } catch {
            throw .overflow
        }
        if let unique { page.addUnique(series: series, hash: unique) }
    }

    @inline(__always)
    private static func floorDivide(_ value: Int64, by width: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: width)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private func page(_ start: Int64, of totals: MeterTotals) throws(TotalsError) -> BucketPage {
        if let page = totals.pages[start] {
            page.usedIn = generation
            return page
        }
        let page = BucketPage(start: start, lastSequence: totals.persistedBuckets[start] ?? 0, usedIn: generation)
        if totals.persistedBuckets[start] != nil {
            do {
                try store.load(page, meter: totals.meter.number)
            } catch {
                throw .store(error)
            }
        }
        totals.pages[start] = page
        loaded += page.entries.count
        return page
    }

    /// Many totals were taken into memory since the last checkpoint: it is time for the next, which gives them back.
    public var isCrowded: Bool { loaded > Self.loadedTotals }

    /// Adds a frame's counts to the ledger.
    public func record(_ counts: LedgerCounts, at key: LedgerKey) {
        ledger[key, default: LedgerCounts()].add(counts)
    }

    /// Adds a frame's counts to a meter's ledger.
    public func record(_ counts: MeterLedgerCounts, meter: StoredMeter, day: Int32) {
        meterLedger[MeterLedgerKey(meter: meter.number, day: day), default: MeterLedgerCounts()].add(counts)
    }

    /// Lists an event that a meter could not use.
    public func record(_ event: InvalidEvent) { invalidEvents.append(event) }

    /// Lists an event that contradicts an earlier one.
    public func record(_ conflict: EventConflict) { conflicts.append(conflict) }

    /// Notes where rejected messages are.
    public func record(_ frame: RejectedFrame) {
        rejectedFrames.append(frame)
        if rejectedFrames.count >= 2 * RejectedFrame.kept {
            rejectedFrames.removeFirst(rejectedFrames.count - RejectedFrame.kept)
        }
    }

    /// Keeps the next offset to take from a partition.
    public func record(_ position: PositionKey, nextOffset: Int64) { positions[position] = nextOffset }

    /// Totals in memory.
    public var residentCount: Int {
        meters.values.reduce(0) { $0 + $1.pages.values.reduce(0) { $0 + $1.entries.count } }
    }

    /// After a checkpoint: nothing is dirty, and pages that have not been used since the checkpoint before are given back
    /// once there are many.
    func settle() {
        let crowded = residentCount > Self.residentTotals
        for totals in meters.values {
            for page in totals.pages.values {
                if page.dirty { totals.persistedBuckets[page.start] = page.lastSequence }
                page.clean()
            }
            totals.persistedSeries = totals.series.count
            totals.forgetRecentPages()
            if crowded { totals.pages = totals.pages.filter { $0.value.usedIn == generation } }
        }
        ledger.removeAll()
        meterLedger.removeAll()
        invalidEvents.removeAll()
        conflicts.removeAll()
        rejectedFrames.removeAll()
        positions.removeAll()
        generation += 1
        loaded = 0
        // With many buckets in use at once even those used lately go: the store has them all.
        if residentCount > 4 * Self.residentTotals { for totals in meters.values { totals.pages.removeAll() } }
    }
}

/// Why an event could not be added to the totals.
public enum TotalsError: Error, Sendable {
    /// The bucket's total would need more than 38 digits: bad input, recorded as invalid.
    case overflow
    /// The store cannot be read: a broken disk, the process stops.
    case store(UsageStoreError)
}
