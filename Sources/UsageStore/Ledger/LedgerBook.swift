import GRDB

/// What was added to the ledger since the last checkpoint.
final class LedgerBook {
    private struct DayKey: Hashable {
        var origin: UInt8
        var day: Int32
    }

    private let store: UsageStore
    private var days: [LedgerDay] = []
    private var numbers: [DayKey: Int] = [:]
    /// Place of the day asked for last, among `days`.
    private var recent = -1

    init(store: UsageStore) {
        self.store = store
    }

    @inline(__always)
    func slot(origin: UInt8, day: Int32, source: UnsafeRawBufferPointer) throws(UsageStoreError) -> LedgerSlot {
        let number = number(origin: origin, day: day)
        return LedgerSlot(day: number, line: try days[number].line(of: source, store: store))
    }

    func existingSlot(
        origin: UInt8,
        day: Int32,
        source: UnsafeRawBufferPointer
    ) throws(UsageStoreError) -> LedgerSlot {
        let number = number(origin: origin, day: day)
        return LedgerSlot(day: number, line: try days[number].existingLine(of: source, store: store))
    }

    /// The line without a source.
    func slot(origin: UInt8, day: Int32) -> LedgerSlot { LedgerSlot(day: number(origin: origin, day: day), line: 0) }

    @inline(__always)
    func add(_ counts: LedgerCounts, at slot: LedgerSlot) { days[slot.day].add(counts, to: slot.line) }

    /// Everything that was added to since the last checkpoint.
    var changes: [(key: LedgerKey, counts: LedgerCounts)] { days.flatMap(\.changes) }

    /// The store holds everything now; days that were not asked for go.
    func settle() {
        days.removeAll { !$0.isUsed }
        for day in days { day.settle() }
        numbers.removeAll(keepingCapacity: true)
        for (number, day) in days.enumerated() { numbers[DayKey(origin: day.origin, day: day.day)] = number }
        recent = -1
    }

    @inline(__always)
    private func number(origin: UInt8, day: Int32) -> Int {
        if recent >= 0, days[recent].day == day, days[recent].origin == origin { return recent }
        return find(DayKey(origin: origin, day: day))
    }

    private func find(_ key: DayKey) -> Int {
        let number: Int
        if let known = numbers[key] {
            number = known
            days[known].isUsed = true
        } else {
            number = days.count
            days.append(LedgerDay(origin: key.origin, day: key.day))
            numbers[key] = number
        }
        recent = number
        return number
    }
}

/// A handle for `Totals.record`, valid until the next checkpoint.
public struct LedgerSlot: Sendable, Hashable {
    let day: Int
    let line: Int
}

extension UsageStore {
    /// The sources that have lines of a day, over the connection that only apply uses.
    func sources(origin: UInt8, day: Int32) throws(UsageStoreError) -> [String] {
        try perform("read sources") {
            try pool.writeWithoutTransaction { database in
                try String.fetchAll(
                    database,
                    sql: "SELECT source FROM ledger WHERE origin = ? AND day = ?",
                    arguments: [origin, day]
                )
            }
        }
    }
}

extension Totals {
    /// The line of an event's source, made if the day has room for it; the line without a source otherwise.
    ///
    /// - Parameters:
    ///   - day: whole UTC days since 1970-01-01, of the arrival.
    ///   - source: bytes of UTF-8; none for what has no source.
    public func ledgerLine(
        origin: UInt8,
        day: Int32,
        source: UnsafeRawBufferPointer
    ) throws(UsageStoreError) -> LedgerSlot {
        try ledger.slot(origin: origin, day: day, source: source)
    }

    /// The line that an event was counted in when it was applied.
    public func correctionLine(
        origin: UInt8,
        day: Int32,
        source: UnsafeRawBufferPointer,
        event sequence: UInt64
    ) throws(UsageStoreError) -> LedgerSlot {
        // Lines had no sources then.
        let source = sequence < store.explainedFrom ? UnsafeRawBufferPointer(start: nil, count: 0) : source
        return try ledger.existingSlot(origin: origin, day: day, source: source)
    }

    /// Adds a frame's counts to a line of the ledger.
    @inline(__always)
    public func record(_ counts: LedgerCounts, at slot: LedgerSlot) { ledger.add(counts, at: slot) }

    /// Adds counts to the line without a source: what was refused before it had one.
    public func record(_ counts: LedgerCounts, origin: UInt8, day: Int32) {
        ledger.add(counts, at: ledger.slot(origin: origin, day: day))
    }

    /// Adds counts to the line without a source.
    public func record(_ counts: LedgerCounts, at key: LedgerKey) {
        record(counts, origin: key.origin, day: key.day)
    }
}
