import CloudEvents
import Engine
import HTTPServer
import Metering
import Synchronization
import UsageStore

/// What a scripted engine answers to all that is not ingest, usage or rejected messages; each is an error or what a test
/// gives it.
struct ScriptedSurface: Sendable {
    /// Of a change: makes the record of what was asked.
    var changing: @Sendable (ScriptedEngine.Change) throws(MeterChangeError) -> MeterRecord = {
        change throws(MeterChangeError) in
        throw .unknownMeter("\(change)")
    }
    var correcting: @Sendable (CorrectionDraft) throws(CorrectionError) -> CorrectionRecord = {
        draft throws(CorrectionError) in
        throw .unknownEvent(source: draft.source, id: draft.id)
    }
    var texts: Result<[String], QueryError> = .success([])
    var events: Result<[StoredEvent], QueryError> = .success([])
    var conflicts: Result<[ConflictRecord], QueryError> = .success([])
    var corrections: Result<[CorrectionRecord], QueryError> = .success([])
    var ledger: Result<[LedgerLine], QueryError> = .success([])
    var meterLedger: Result<[Int32: MeterLedgerCounts], QueryError> = .success([:])
    var today: Result<Today, QueryError> = .success(Today())
    var secret: Result<[UInt8], EngineError> = .success(Array(0..<32))

    struct Today: Sendable {
        var bySubject: [(String, Int)] = []
        var others = 0
    }
}

extension ScriptedEngine {
    /// What was asked to become of a meter.
    enum Change: Equatable {
        case create(Meter, backfill: Bool)
        case update(String, MeterChange)
        case delete(String)
    }

    /// Which subjects or values were asked for.
    struct TextQuery: Equatable {
        var meter: String
        var dimension: String?
        var from: Timestamp?
        var to: Timestamp?
        var limit: Int
    }

    /// Which page was asked for.
    struct Page: Equatable {
        var limit: Int
        var before: UInt64?
    }

    func createMeter(_ meter: Meter, backfill: Bool) async throws(MeterChangeError) -> MeterRecord {
        try change(.create(meter, backfill: backfill))
    }

    func updateMeter(_ idOrSlug: String, _ change: MeterChange) async throws(MeterChangeError) -> MeterRecord {
        try self.change(.update(idOrSlug, change))
    }

    func deleteMeter(_ idOrSlug: String) async throws(MeterChangeError) {
        _ = try change(.delete(idOrSlug))
    }

    private func change(_ change: Change) throws(MeterChangeError) -> MeterRecord {
        seen.withLock { $0.changes.append(change) }
        return try surface.changing(change)
    }

    func subjects(ofMeter slug: String, from: Timestamp?, to: Timestamp?, limit: Int) async throws -> [String] {
        try texts(TextQuery(meter: slug, from: from, to: to, limit: limit))
    }

    func values(
        ofDimension dimension: String,
        meter slug: String,
        from: Timestamp?,
        to: Timestamp?,
        limit: Int
    ) async throws -> [String] {
        try texts(TextQuery(meter: slug, dimension: dimension, from: from, to: to, limit: limit))
    }

    private func texts(_ query: TextQuery) throws -> [String] {
        seen.withLock { $0.textQueries.append(query) }
        return Array(try surface.texts.get().prefix(query.limit))
    }

    func events(_ query: EventListQuery) async throws -> [StoredEvent] {
        seen.withLock { $0.eventQueries.append(query) }
        return try surface.events.get()
    }

    func conflicts(limit: Int, before: UInt64?) async throws -> [ConflictRecord] {
        seen.withLock { $0.pages.append(Page(limit: limit, before: before)) }
        return try surface.conflicts.get()
    }

    func corrections(limit: Int, before: UInt64?) async throws -> [CorrectionRecord] {
        seen.withLock { $0.pages.append(Page(limit: limit, before: before)) }
        return try surface.corrections.get()
    }

    func correct(_ draft: CorrectionDraft) async throws(CorrectionError) -> CorrectionRecord {
        seen.withLock { $0.drafts.append(draft) }
        return try surface.correcting(draft)
    }

    func ledger(days: Range<LocalDay>?) async throws -> [LedgerLine] {
        seen.withLock { $0.days.append(days) }
        return try surface.ledger.get()
    }

    func ledger(ofMeter slug: String) async throws -> [Int32: MeterLedgerCounts] { try surface.meterLedger.get() }

    func eventsToday() async throws -> (day: LocalDay, bySubject: [(String, Int)], others: Int) {
        let today = try surface.today.get()
        let day = LocalDay(containing: Timestamp(microseconds: 1_749_283_750_123_456), in: .utc)
        return (day, today.bySubject, today.others)
    }

    func secret(named name: String) throws(EngineError) -> [UInt8] {
        seen.withLock { $0.secrets.append(name) }
        return try surface.secret.get()
    }
}
