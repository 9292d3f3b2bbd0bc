public import CloudEvents
public import Engine
public import Metering
public import UsageStore

/// What the HTTP API needs of an engine. `Engine` has exactly these members.
public protocol MeteringService: Sendable {
    /// A decoder for one thread, with the profile and the limits of the engine.
    func makeDecoder() -> EventDecoder
    /// Puts a batch into the log. `completion` is called once, from any thread, when the events are on disk or refused.
    func append(
        _ batch: EventBatch,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    )
    /// Takes note of events that were refused at the door.
    func reject(count: Int, origin: IngestOrigin)
    /// The meters, as they are now.
    var meters: [MeterRecord] { get }
    /// Usage with every event in it that was acknowledged before. Throws `QueryError`.
    func query(_ query: UsageQuery) async throws -> UsageResult
    /// The newest messages of streams that were no events, newest first; all origins for nil. With `before`, only those
    /// with a sequence number below it. Throws `QueryError`.
    func rejectedMessages(origin: IngestOrigin?, limit: Int, before: UInt64?) async throws -> [StoredRejection]
    /// Makes a meter, which counts from now on, with `backfill` also what is in the log.
    func createMeter(_ meter: Meter, backfill: Bool) async throws(MeterChangeError) -> MeterRecord
    /// Changes a meter, found by its id or slug.
    func updateMeter(_ idOrSlug: String, _ change: MeterChange) async throws(MeterChangeError) -> MeterRecord
    /// Deletes a meter, found by its id or slug, and its totals.
    func deleteMeter(_ idOrSlug: String) async throws(MeterChangeError)
    /// The subjects a meter counted events of, sorted by their bytes, `limit` at most. Throws `QueryError`.
    func subjects(ofMeter slug: String, from: Timestamp?, to: Timestamp?, limit: Int) async throws -> [String]
    /// The values a dimension of a meter had, sorted by their bytes, `limit` at most. Throws `QueryError`.
    func values(
        ofDimension dimension: String,
        meter slug: String,
        from: Timestamp?,
        to: Timestamp?,
        limit: Int
    ) async throws -> [String]
    /// Events of the log, the newest time first. Throws `QueryError`.
    func events(_ query: EventListQuery) async throws -> [StoredEvent]
    /// Events with the source and id of an earlier one and other content, the newest first; with `before`, only those with
    /// a sequence number below it. Throws `QueryError`.
    func conflicts(limit: Int, before: UInt64?) async throws -> [ConflictRecord]
    /// Corrections, the newest first; with `before`, only those with a sequence number below it. Throws `QueryError`.
    func corrections(limit: Int, before: UInt64?) async throws -> [CorrectionRecord]
    /// Voids or amends an event, and waits until that is in the totals.
    func correct(_ draft: CorrectionDraft) async throws(CorrectionError) -> CorrectionRecord
    /// What became of events by day of arrival (UTC), origin and source, sorted by these; of all days for nil. Throws
    /// `QueryError`.
    func ledger(days: Range<LocalDay>?) async throws -> [LedgerLine]
    /// What a meter made of the events of its type, by day of arrival (whole UTC days since 1970-01-01). Throws
    /// `QueryError`.
    func ledger(ofMeter slug: String) async throws -> [Int32: MeterLedgerCounts]
    /// How many events of today (UTC, by their own time) are not duplicates, by subject. Throws `QueryError`.
    func eventsToday() async throws -> (day: LocalDay, bySubject: [(String, Int)], others: Int)
    /// 32 random bytes that belong to the store, for what is named. Throws when they cannot be read.
    func secret(named name: String) throws(EngineError) -> [UInt8]
    /// What readiness asks.
    var health: EngineHealth { get }
}
