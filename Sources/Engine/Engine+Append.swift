public import CloudEvents
public import EventLog
public import UsageStore

extension Engine {
    /// Bytes of events and rejected messages (`RejectedMessage.byteCount`) that are safe to give to one `append`; the log
    /// refuses frames of more than 64 MiB with everything in them, and such a frame never fits.
    public static let largestAppendBytes = 48 << 20

    /// The part of `EngineSettings.applyBacklogBytes` at which streams are told to wait: a catch-up over Kafka, which can
    /// wait, must not fill the backlog before posts over HTTP, which cannot.
    static let streamBacklogShare = 4

    /// Puts a batch into the log, whole or not at all.
    ///
    /// - Parameter completion: called once, on the log's writer thread when the events are on disk, or at once when they
    ///   are refused. It must not block.
    public func append(
        _ batch: EventBatch,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        append(batch, rejected: [], positions: [], origin: origin, completion: completion)
    }

    /// Puts what was taken from a stream into the log as one frame: its events, its rejected messages and how far each
    /// partition was taken with them. All of it survives a crash, or nothing.
    ///
    /// With nothing to keep and positions that moved all the same (a transaction's control records, a compacted end) the
    /// frame is a jump without a reason; without positions too there is no frame.
    ///
    /// - Parameters:
    ///   - positions: names have at most 65,535 bytes; of two for one partition the last holds. They are seen in
    ///     `positions` once the frame is applied, not when it is on disk: who appends keeps its own count.
    ///   - completion: called once, on the log's writer thread when everything is on disk, or at once when it is refused.
    ///     It must not block.
    public func append(
        _ batch: EventBatch,
        rejected: [RejectedMessage],
        positions: [SourcePosition],
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        guard admits(origin, completion) else { return }
        if batch.count == 0, rejected.isEmpty {
            guard !positions.isEmpty else {
                completion(.success(()))
                return
            }
            submitJump(positions, reason: "", origin: origin, completion: completion)
            return
        }
        let prepared = PreparedBatch(batch, key: fingerprintKey)
        let count = UInt32(batch.count + rejected.count)
        if rejected.isEmpty {
            submit(.events, batch.payload, prepared, count, positions, origin) { completion($0.map { _ in () }) }
        } else {
            let take = PreparedTake(prepared, rejected: rejected)
            submit(.take, take.payload.bytes, take, count, positions, origin) { completion($0.map { _ in () }) }
        }
    }

    /// Moves the position of a partition without messages: they are lost on the broker, or were never wanted.
    ///
    /// - Parameters:
    ///   - reason: goes to the log, `RejectedMessage.keptReasonBytes` of it at most.
    ///   - completion: as for `append`.
    public func jump(
        _ position: SourcePosition,
        reason: String,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        guard admits(origin, completion) else { return }
        submitJump([position], reason: reason, origin: origin, completion: completion)
    }

    /// The next offset of every partition: all that was on disk at the start, and all that was applied since.
    public var positions: [PositionKey: Int64] { streams.all }

    /// Whether the engine takes anything now; calls `completion` when it does not.
    private func admits(
        _ origin: IngestOrigin,
        _ completion: @Sendable (Result<Void, AppendRefusal>) -> Void
    ) -> Bool {
        guard let refusal = refusal(of: origin) else { return true }
        completion(.failure(refusal))
        return false
    }

    /// Why nothing is taken now; nil when something is.
    func refusal(of origin: IngestOrigin) -> AppendRefusal? {
        if let reason = failure.reason { return .unavailable(retryAfter: Self.retryLater, reason: reason) }
        let limit =
            switch origin {
            case .http: settings.applyBacklogBytes
            case .kafka: settings.applyBacklogBytes / Self.streamBacklogShare
            }
        return queue.backlogBytes < limit ? nil : .queueFull(retryAfter: Self.retrySoon)
    }

    private func submitJump(
        _ positions: [SourcePosition],
        reason: String,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        let payload = JumpPayload.make(reason: reason)
        submit(.jump, payload.bytes, payload, 1, positions, origin) { completion($0.map { _ in () }) }
    }

    /// Hands a frame to the log.
    /// - Parameter completion: gets the frame's first sequence number.
    func submit(
        _ kind: FrameKind,
        _ payload: UnsafeRawBufferPointer,
        _ owner: any AnyObject & Sendable,
        _ count: UInt32,
        _ positions: [SourcePosition],
        _ origin: IngestOrigin,
        _ completion: @escaping @Sendable (Result<UInt64, AppendRefusal>) -> Void
    ) {
        guard let arrival = arrivals.arrival() else {
            completion(.failure(.unavailable(retryAfter: Self.retryLater, reason: ArrivalClock.refusal)))
            return
        }
        let draft = FrameDraft(
            kind: kind.rawValue,
            origin: origin.rawValue,
            count: count,
            arrival: arrival,
            positions: positions,
            payload: payload,
            owner: owner,
            completion: { completion($0.mapError(Self.refusal)) }
        )
        do {
            try log.submit(draft)
        } catch {
            completion(.failure(Self.refusal(error)))
        }
    }

    /// Seconds after which a client may try again when the queue is full, and when the log is gone.
    static let retrySoon = 1
    static let retryLater = 5

    static func refusal(_ error: AppendError) -> AppendRefusal {
        switch error {
        case .queueFull(let seconds): .queueFull(retryAfter: seconds)
        case .diskLow: .diskLow(retryAfter: 30)
        case .frameTooLarge: .unavailable(retryAfter: retryLater, reason: error.description)
        case .failed(let reason): .unavailable(retryAfter: retryLater, reason: reason)
        case .closed: .unavailable(retryAfter: retryLater, reason: "meterd is stopping")
        }
    }
}
