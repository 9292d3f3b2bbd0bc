public import CloudEvents
public import Engine
public import Metering

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
    /// What readiness asks.
    var health: EngineHealth { get }
}
