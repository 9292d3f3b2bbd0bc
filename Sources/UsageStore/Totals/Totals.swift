public import Metering

/// The part of the totals that is in memory: what changed since the last checkpoint, and the buckets used lately.
///
/// One thread at a time uses it (the engine holds it behind a lock). Everything in it follows from the log alone, so a
/// crash loses nothing that replay does not bring back.
public final class Totals {
    /// Totals in memory beyond which pages that did not change are given back at a checkpoint.
    public static let residentTotals = 400_000

    /// Totals taken from the store since the last checkpoint beyond which the next one comes early.
    public static let loadedTotals = 1_000_000

    let store: UsageStore
    let source: PageSource
    var meters: [Int32: MeterTotals]
    let ledger: LedgerBook
    let blocks: EventBlocks
    var meterLedger: [MeterLedgerKey: MeterLedgerCounts] = [:]
    var invalidEvents: [InvalidEvent] = []
    var conflicts: [EventConflict] = []
    var corrections: [CorrectionRow] = []
    var rejectedFrames: [RejectedFrame] = []
    var positions: [PositionKey: Int64] = [:]
    @exclusivity(unchecked) var slots: [MeterTotals] = []

    /// Counts what changes the past since the process started: applied corrections, meters that come, go, or are counted anew.
    /// Who reads the log and the totals for a while finds the same number at the end, or begins again.
    public internal(set) var edition: UInt64 = 0

    init(store: UsageStore, source: PageSource, meters: [Int32: MeterTotals]) {
        self.store = store
        self.source = source
        self.meters = meters
        ledger = LedgerBook(store: store)
        blocks = EventBlocks(store: store)
    }

    /// Counts checkpoints; a reader that finds another number in the store than here looks again.
    public var generation: UInt64 { source.generation }

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
    ///   - key: the series' key, as `SeriesKey` defines it.
    ///   - value: the measured value; 1 for COUNT and UNIQUE_COUNT. Percentiles take their cell from it, WEIGHTED_SUM its
    ///     level.
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
        try slots[slot.index].add(key: key, value: value, unique: unique, time: time, sequence: sequence)
    }

    /// Many totals were taken into memory since the last checkpoint: it is time for the next, which gives them back.
    public var isCrowded: Bool { source.loaded > Self.loadedTotals }

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
    public var residentCount: Int { meters.values.reduce(0) { $0 + $1.residentCount } }

    /// After a checkpoint: nothing is dirty, and pages that have not been used since the checkpoint before are given back
    /// once there are many.
    func settle() {
        let crowded = residentCount > Self.residentTotals
        for totals in meters.values {
            totals.settle()
            if crowded { totals.pages = totals.pages.filter { $0.value.usedIn == generation } }
        }
        ledger.settle()
        blocks.settle()
        meterLedger.removeAll()
        invalidEvents.removeAll()
        conflicts.removeAll()
        corrections.removeAll()
        rejectedFrames.removeAll()
        positions.removeAll()
        source.generation += 1
        source.loaded = 0
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
