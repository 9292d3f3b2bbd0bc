import EventLog
import Metering
import Synchronization
public import UsageStore

extension Engine {
    /// What came of all events that were acknowledged before, by origin and UTC day of arrival.
    ///
    /// - Throws: `QueryError`.
    public func ledger() async throws -> [LedgerKey: LedgerCounts] {
        try await waitForApply()
        return try state.withLock { try $0.applier.totals.currentLedger() }
    }

    /// A meter's own ledger by UTC day of arrival (whole days since 1970-01-01).
    ///
    /// - Throws: `QueryError`.
    public func ledger(ofMeter slug: String) async throws -> [Int32: MeterLedgerCounts] {
        try await waitForApply()
        let meter = try meter(slug)
        return try state.withLock { try $0.applier.totals.currentLedger(of: meter) }
    }

    /// Events that a meter could not use, with the reason each, in the order of the log.
    ///
    /// - Throws: `QueryError`.
    public func invalidEvents() async throws -> [InvalidEvent] {
        try await waitForApply()
        return try state.withLock { try $0.applier.totals.currentInvalidEvents() }
    }

    /// Waits until every event that was on disk at the call is in the totals.
    func waitForApply() async throws(QueryError) {
        guard await applied.wait(for: log.syncedThrough, timeout: Self.applyTimeout) else {
            throw .unavailable("the totals are behind the log; try again")
        }
    }
}
