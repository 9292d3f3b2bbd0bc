public import Metering

/// Changes of totals that are made all at once or not at all, for a correction that touches several meters and buckets.
///
/// Everything is tried on copies; `Totals.apply` then puts them in place and cannot fail. Between the two the totals must not
/// change. Sequence numbers are those of the event, as when it was counted; the buckets' last sequence number becomes the
/// correction's.
public struct TotalsEdit {
    /// A series in a bucket.
    struct Place: Hashable {
        var slot: Int
        var start: Int64
        var series: UInt32
    }

    /// What becomes of a place.
    struct Change {
        var total: Accumulator
        /// The least sequence number of the events that are put in.
        var firstSequence = UInt64.max
        var cells: [QuantileCell: Int64] = [:]
        var newUniqueValues: Set<UniqueHash> = []
        /// `newUniqueValues` are all there are.
        var isRecounted = false
        var removedLevels: [LevelKey] = []
        var addedLevels: [LevelPoint] = []
    }

    private let slots: [MeterTotals]
    let revision: UInt64
    private(set) var changes: [Place: Change] = [:]

    init(slots: [MeterTotals], revision: UInt64) {
        self.slots = slots
        self.revision = revision
    }

    /// Takes an event out of a SUM, COUNT, AVG, percentile or WEIGHTED_SUM that counted it.
    ///
    /// - Parameters:
    ///   - key: of the series, as when it was counted.
    ///   - sequence: the event's.
    /// - Throws: `TotalsEditError`; nothing is changed then.
    public mutating func subtract(
        _ slot: Totals.Slot,
        key: UnsafeRawBufferPointer,
        value: ExactDecimal,
        time: Int64,
        sequence: UInt64
    ) throws(TotalsEditError) {
        let place = place(slot, key, time)
        var change = try change(at: place)
        guard change.total.count > 0 else { throw .missing }
        let aggregation = slots[slot.index].meter.meter.aggregation
        do {
            try change.total.subtract(value, aggregation: aggregation)
        } catch {
            throw .overflow
        }
        if aggregation.keepsCells { change.cells[QuantileCell(value), default: 0] -= 1 }
        if aggregation.keepsLevels {
            let key = LevelKey(series: place.series, time: time, sequence: sequence)
            change.addedLevels.removeAll { $0.key == key }
            change.removedLevels.append(key)
        }
        changes[place] = change
    }

    /// Puts an event into a total.
    ///
    /// - Parameter sequence: the event's, which for LATEST decides between events of one time.
    /// - Throws: `TotalsEditError`; nothing is changed then.
    public mutating func add(
        _ slot: Totals.Slot,
        key: UnsafeRawBufferPointer,
        value: ExactDecimal,
        unique: UniqueHash?,
        time: Int64,
        sequence: UInt64
    ) throws(TotalsEditError) {
        let place = place(slot, key, time)
        var change = try change(at: place)
        let aggregation = slots[slot.index].meter.meter.aggregation
        do {
            try change.total.add(value, aggregation: aggregation, time: time, sequence: sequence)
        } catch {
            throw .overflow
        }
        change.firstSequence = min(change.firstSequence, sequence)
        if let unique { change.newUniqueValues.insert(unique) }
        if aggregation.keepsCells { change.cells[QuantileCell(value), default: 0] += 1 }
        if aggregation.keepsLevels {
            change.addedLevels.append(
                LevelPoint(series: place.series, time: time, sequence: sequence, value: value)
            )
        }
        changes[place] = change
    }

    /// Takes an event out of a MIN, MAX or LATEST whose value is another event's: only the count changes.
    ///
    /// - Throws: `TotalsEditError`; nothing is changed then.
    public mutating func drop(
        _ slot: Totals.Slot,
        key: UnsafeRawBufferPointer,
        time: Int64
    ) throws(TotalsEditError) {
        let place = place(slot, key, time)
        var change = try change(at: place)
        guard change.total.count > 1 else { throw .missing }
        change.total.count -= 1
        changes[place] = change
    }

    /// Puts what was counted again from the log in the place of a total.
    ///
    /// - Parameters:
    ///   - total: of no events when there are none left.
    ///   - uniqueValues: for UNIQUE_COUNT, all of them.
    ///   - firstSequence: the least sequence number of what was counted; the greatest there is when nothing was.
    public mutating func replace(
        _ slot: Totals.Slot,
        key: UnsafeRawBufferPointer,
        time: Int64,
        total: Accumulator,
        uniqueValues: Set<UniqueHash>,
        firstSequence: UInt64 = .max
    ) throws(TotalsEditError) {
        let place = place(slot, key, time)
        var change = try change(at: place)
        change.total = total.count > 0 ? total : Accumulator()
        change.newUniqueValues = uniqueValues
        change.firstSequence = min(change.firstSequence, firstSequence)
        change.isRecounted = slots[slot.index].meter.meter.aggregation == .uniqueCount
        changes[place] = change
    }

    /// The total of a series in the bucket of a time, as it is so far; nil when it has none.
    public func total(
        _ slot: Totals.Slot,
        key: UnsafeRawBufferPointer,
        time: Int64
    ) throws(TotalsEditError) -> Accumulator? {
        let total = try change(at: place(slot, key, time)).total
        return total.count > 0 ? total : nil
    }

    /// What is known of the bucket of a time; nil when nothing was ever counted in it.
    public func bucket(_ slot: Totals.Slot, time: Int64) -> BucketFacts? {
        let totals = slots[slot.index]
        let start = totals.bucketStart(of: time)
        return totals.record(of: start).map { BucketFacts(start: start, width: totals.meter.bucketSeconds, $0) }
    }

    private func place(_ slot: Totals.Slot, _ key: UnsafeRawBufferPointer, _ time: Int64) -> Place {
        let totals = slots[slot.index]
        return Place(slot: slot.index, start: totals.bucketStart(of: time), series: totals.series.number(of: key))
    }

    private func change(at place: Place) throws(TotalsEditError) -> Change {
        if let change = changes[place] { return change }
        do {
            let page = try slots[place.slot].page(place.start)
            return Change(total: page.total(of: place.series) ?? Accumulator())
        } catch {
            throw switch error {
            case .overflow: .overflow
            case .store(let error): .store(error)
            }
        }
    }

    /// Puts the changes in place.
    func apply() {
        for (place, change) in changes {
            let totals = slots[place.slot]
            guard let page = totals.pages[place.start] else {
                preconditionFailure("an edit is applied before pages are given back")
            }
            if change.isRecounted { page.forgetUniqueValues(of: place.series) }
            for hash in change.newUniqueValues { page.addUnique(series: place.series, hash: hash) }
            for (cell, count) in change.cells where count != 0 {
                page.addCell(series: place.series, cell, count: count)
            }
            for key in change.removedLevels { totals.levels.remove(key) }
            for point in change.addedLevels { totals.levels.add(point) }
            page.replace(
                series: place.series,
                total: change.total.count > 0 ? change.total : Accumulator(),
                firstSequence: change.firstSequence,
                revision: revision
            )
        }
    }
}

/// What is known of a bucket besides its totals. Times are seconds since 1970-01-01T00:00:00Z.
public struct BucketFacts: Sendable, Hashable {
    /// Its first second.
    public let start: Int64
    /// The first second after it.
    public let end: Int64
    /// The least sequence number of the events counted in it; 0 in buckets of an older meterd. It can be counted again where the
    /// log begins at it or before.
    public let firstSequence: UInt64
    /// The sequence number of the event or correction that changed it last.
    public let lastSequence: UInt64
    /// Events below this sequence number are in it under "" for dimensions that came later; they cannot be taken out.
    public let projectedBelow: UInt64

    init(start: Int64, width: Int64, _ record: BucketRecord) {
        self.start = start
        end = start + width
        firstSequence = record.firstSequence
        lastSequence = record.lastSequence
        projectedBelow = record.projectedBelow
    }
}

/// Why an edit cannot be made; the totals are as they were.
public enum TotalsEditError: Error, Sendable {
    /// A total would need more than 38 digits.
    case overflow
    /// The total does not have the event: it was counted otherwise.
    case missing
    /// The store cannot be read: a broken disk, the process stops.
    case store(UsageStoreError)
}

extension Totals {
    /// An edit of these totals.
    /// - Parameter revision: the correction's sequence number.
    public func edit(revision: UInt64) -> TotalsEdit { TotalsEdit(slots: slots, revision: revision) }

    /// Puts an edit in place.
    public func apply(_ edit: TotalsEdit) { edit.apply() }
}
