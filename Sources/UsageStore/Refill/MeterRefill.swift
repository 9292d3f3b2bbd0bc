import GRDB
public import Metering

/// One meter's totals while they are counted from the log, beside apply: the store's meter is `filling`, and nobody reads it.
///
/// The order is: `projectOldBuckets` until it is done, `add` and the notes for each event of the log, `flush` now and then, and
/// `Totals.commit(adopting:)` with the last events under the lock of the totals. One thread at a time uses it. What it writes
/// goes in transactions of its own, which a crash leaves behind for `purge`.
public final class MeterRefill {
    /// Changes in memory beyond which they are written.
    static let pendingChanges = 100_000
    /// Rows of one transaction, for which a checkpoint may have to wait.
    static let rowsATransaction = 20_000

    /// The meter that is being filled.
    public let meter: StoredMeter
    /// The first sequence number that is read again.
    public let fromSequence: UInt64
    /// For changed dimensions: the old totals were taken as they were after the events below this sequence number.
    public let throughSequence: UInt64
    let store: UsageStore
    let totals: MeterTotals
    let projection: Projection?
    let ledger: RefillLedger
    /// Events that are counted now and were not before, as bitmaps by the numbers of their blocks.
    private(set) var countedEvents: [UInt64: [UInt64]] = [:]
    private(set) var meterLedger: [Int32: MeterLedgerCounts] = [:]
    private var invalidEvents: [InvalidEvent] = []
    private var pending = 0

    init(
        store: UsageStore,
        meter: StoredMeter,
        fromSequence: UInt64,
        throughSequence: UInt64,
        projection: Projection?
    ) {
        self.store = store
        self.meter = meter
        self.fromSequence = fromSequence
        self.throughSequence = throughSequence
        self.projection = projection
        totals = MeterTotals(meter: meter, source: PageSource(store: store, generation: 0))
        ledger = RefillLedger(store: store)
    }

    /// Counts one event, unless it is in old totals that were taken over.
    ///
    /// - Parameters: as of `Totals.add`.
    /// - Returns: whether it was counted here.
    /// - Throws: as `Totals.add`.
    @discardableResult
    public func add(
        key: UnsafeRawBufferPointer,
        value: ExactDecimal,
        unique: UniqueHash?,
        time: Int64,
        sequence: UInt64
    ) throws(TotalsError) -> Bool {
        if holds(time: time, sequence: sequence) { return false }
        try totals.add(key: key, value: value, unique: unique, time: time, sequence: sequence)
        try note(1)
        return true
    }

    /// Whether an event is in old totals that were taken over, if it counted.
    public func holds(time: Int64, sequence: UInt64) -> Bool {
        guard let projection, sequence < throughSequence else { return false }
        precondition(projection.isDone, "old totals are taken over before events are added to them")
        return projection.buckets[totals.bucketStart(of: time)] != nil
    }

    /// Adds to the meter's ledger.
    /// - Parameter day: whole UTC days since 1970-01-01, of the arrival.
    public func record(_ counts: MeterLedgerCounts, day: Int32) {
        meterLedger[day, default: MeterLedgerCounts()].add(counts)
    }

    /// Lists an event that the meter cannot use.
    /// - Parameter sequence: the event's.
    public func recordInvalid(_ sequence: UInt64, reason: String) throws(TotalsError) {
        invalidEvents.append(InvalidEvent(sequence: sequence, meter: meter.number, reason: reason))
        try note(1)
    }

    /// Says that an event is another thing now than the ledger has it for.
    ///
    /// - Parameters:
    ///   - origin: of the event, as in the log's frames.
    ///   - day: whole UTC days since 1970-01-01, of its arrival.
    ///   - source: its CloudEvents source, bytes of UTF-8.
    public func move(
        event sequence: UInt64,
        origin: UInt8,
        day: Int32,
        source: UnsafeRawBufferPointer,
        from old: UncountedFate,
        to new: RefilledFate
    ) throws(UsageStoreError) {
        if new == .counted {
            EventBlock.set(sequence, in: &countedEvents[EventBlock.number(of: sequence), default: []])
        }
        var counts = LedgerCounts()
        switch old {
        case .unmatched: counts.unmatched -= 1
        case .invalid: counts.invalid -= 1
        }
        switch new {
        case .counted: counts.counted += 1
        case .invalid: counts.invalid += 1
        }
        try ledger.add(counts, origin: origin, day: day, source: source, event: sequence)
    }

    /// The slot for edits of this meter.
    public var slot: Totals.Slot { Totals.Slot(index: 0) }

    /// An edit of these totals, for a correction that is met in the log.
    /// - Parameter revision: the correction's sequence number.
    public func edit(revision: UInt64) -> TotalsEdit { TotalsEdit(slots: [totals], revision: revision) }

    /// Puts an edit in place.
    public func apply(_ edit: TotalsEdit) { edit.apply() }

    /// Writes what is in memory, in small transactions of its own.
    public func flush() throws(UsageStoreError) {
        try write()
        pending = 0
        totals.settle()
        if totals.residentCount > Totals.residentTotals { totals.pages.removeAll() }
    }

    func note(_ changes: Int) throws(TotalsError) {
        pending += changes
        guard pending >= Self.pendingChanges else { return }
        do throws(UsageStoreError) {
            try flush()
        } catch {
            throw .store(error)
        }
    }

    private func write() throws(UsageStoreError) {
        let series = totals.series
        try inPieces(totals.persistedSeries..<series.count) { writer, numbers in
            try writer.writeSeries(numbers, of: series)
        }
        for page in totals.pages.values.filter(\.dirty).sorted(by: { $0.start < $1.start }) {
            try inPieces(page.changedEntries[...]) { try $0.writeTotals($1, of: page) }
            try inPieces(page.sortedUniqueValues[...]) { try $0.writeUniqueValues($1, of: page) }
            try inPieces(page.sortedCellChanges[...]) { try $0.writeCells($1, of: page) }
            try inTransaction { writer in
                try writer.forgetUniqueValues(of: page)
                try writer.writeBucket(page)
            }
        }
        if !totals.levels.removed.isEmpty {
            try inTransaction { try $0.writeLevels(totals.levels) }
        } else {
            try inPieces(totals.levels.added[...]) { try $0.writeLevels($1) }
        }
        try inPieces(invalidEvents[...]) { try InvalidEventRow.write($1, $0.database) }
        invalidEvents.removeAll(keepingCapacity: true)
    }

    /// Writes rows with a transaction for each piece of them.
    private func inPieces<Rows: RandomAccessCollection>(
        _ rows: Rows,
        _ write: (PageWriter, Rows.SubSequence) throws -> Void
    ) throws(UsageStoreError) {
        var rest = rows[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.rowsATransaction)
            try inTransaction { try write($0, piece) }
            rest = rest.dropFirst(piece.count)
        }
    }

    private func inTransaction(_ write: (PageWriter) throws -> Void) throws(UsageStoreError) {
        try store.perform("fill meter") {
            try store.pool.write { try write(PageWriter(database: $0, meter: meter.number)) }
        }
    }

    /// Writes what is still in memory, in the caller's transaction.
    func writeRest(_ database: Database) throws {
        try PageWriter(database: database, meter: meter.number).write(totals)
        try InvalidEventRow.write(invalidEvents[...], database)
    }
}

/// What an event was before that a refilled meter has now.
public enum UncountedFate: Sendable, Hashable {
    /// No meter was for it.
    case unmatched
    /// No meter could use it.
    case invalid
}

/// What an event is since a meter was counted from the log.
public enum RefilledFate: Sendable, Hashable {
    case counted
    case invalid
}
