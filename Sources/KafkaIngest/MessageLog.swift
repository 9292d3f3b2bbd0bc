public import CloudEvents
public import Engine
public import EventLog
public import UsageStore

/// What the consumer needs of an engine. `Engine` has exactly these members.
public protocol MessageLog: Sendable {
    /// A decoder for one thread, with the profile and the limits of the engine.
    func makeDecoder() -> EventDecoder
    /// The next offset of every partition that is in the log.
    var positions: [PositionKey: Int64] { get }
    /// Puts events, rejected messages and the positions behind them into the log as one frame. `completion` is called once,
    /// from any thread, when the frame is on disk or refused.
    func append(
        _ batch: EventBatch,
        rejected: [RejectedMessage],
        positions: [SourcePosition],
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    )
    /// Moves a position without its messages.
    func jump(
        _ position: SourcePosition,
        reason: String,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    )
}

extension Engine: MessageLog {}
