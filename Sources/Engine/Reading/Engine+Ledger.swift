import CloudEvents
import EventLog
public import Metering
import Synchronization
public import UsageStore

extension Engine {
    /// What came of all events that were acknowledged before, by origin, UTC day of arrival and source.
    ///
    /// - Throws: `QueryError`.
    public func ledger() async throws -> [LedgerKey: LedgerCounts] {
        try await ledger(numbers: nil)
    }

    /// The same as lines, ordered by day, then origin, then the bytes of the source.
    ///
    /// - Parameter days: UTC days of arrival; nil for all.
    /// - Throws: `QueryError`.
    public func ledger(days: Range<LocalDay>?) async throws -> [LedgerLine] {
        let lines = try await ledger(numbers: days.map { $0.lowerBound.utcNumber..<$0.upperBound.utcNumber })
        let ordered = lines.sorted { left, right in
            if left.key.day != right.key.day { return left.key.day < right.key.day }
            if left.key.origin != right.key.origin { return left.key.origin < right.key.origin }
            return left.key.source.precedesBytewise(right.key.source)
        }
        return ordered.compactMap { key, counts in
            IngestOrigin(rawValue: key.origin).map { origin in
                LedgerLine(
                    day: LocalDay(utcNumber: key.day),
                    origin: origin,
                    source: key.source.isEmpty ? nil : key.source,
                    counts: counts
                )
            }
        }
    }

    /// A meter's own ledger by UTC day of arrival (whole days since 1970-01-01).
    ///
    /// - Throws: `QueryError`.
    public func ledger(ofMeter slug: String) async throws -> [Int32: MeterLedgerCounts] {
        try await waitForApply()
        let meter = try meter(slug)
        return try await listing {
            $0.applier.totals.meterLedgerSnapshot(of: meter)
        } _: { [store] in
            try $0.load(from: store)
        }
    }

    /// Events that a meter could not use, with the reason each, in the order of the log.
    ///
    /// - Throws: `QueryError`.
    public func invalidEvents() async throws -> [InvalidEvent] {
        try await listing {
            $0.applier.totals.invalidSnapshot(in: 0..<UInt64.max)
        } _: { [store] in
            try $0.load(from: store)
        }
    }

    private func ledger(numbers days: Range<Int32>?) async throws -> [LedgerKey: LedgerCounts] {
        try await listing {
            $0.applier.totals.ledgerSnapshot(days: days)
        } _: { [store] in
            try $0.load(from: store)
        }
    }

    /// Waits until every event that was on disk at the call is in the totals.
    func waitForApply() async throws(QueryError) {
        guard await applied.wait(for: log.syncedThrough, timeout: Self.applyTimeout) else {
            throw .unavailable("the totals are behind the log; try again")
        }
    }
}

extension LocalDay {
    private static let microseconds: Int64 = 86_400_000_000

    /// The day so many whole UTC days after 1970-01-01.
    init(utcNumber number: Int32) {
        self.init(containing: Timestamp(microseconds: Int64(number) * Self.microseconds), in: .utc)
    }

    /// Whole UTC days since 1970-01-01.
    var utcNumber: Int32 { Int32(clamping: start(in: .utc).microseconds.flooredQuotient(Self.microseconds)) }
}
