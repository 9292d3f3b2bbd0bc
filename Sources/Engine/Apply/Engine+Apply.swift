import CloudEvents
import DedupeIndex
import EventLog
import Foundation
import Logging
import Observability
import Synchronization
import UsageStore

extension Engine {
    /// The apply thread: takes what is on disk, applies it, makes checkpoints, and keeps house about once a second.
    func runApply() {
        var bytesSinceCheckpoint = 0
        var lastHousekeeping = ContinuousClock.now
        var lastRetention = ContinuousClock.now
        while let frames = queue.take(waiting: 0.5) {
            do {
                for frame in frames {
                    let (next, isCrowded) = try state.withLock { state throws(EngineError) in
                        let change = try Self.apply(
                            frame,
                            to: &state.applier,
                            begins: state.logBegins,
                            decoder: nil,
                            key: fingerprintKey,
                            gaps: []
                        )
                        if let change { try self.settle(change, frame.firstSequence, &state) }
                        return (state.applier.nextSequence, state.applier.totals.isCrowded)
                    }
                    queue.applied(frame)
                    bytesSinceCheckpoint += frame.payload.count
                    applied.advance(to: next)
                    if bytesSinceCheckpoint > settings.checkpointBytes || isCrowded {
                        try checkpoint()
                        bytesSinceCheckpoint = 0
                    }
                }
                if ContinuousClock.now - lastHousekeeping > .seconds(1) {
                    lastHousekeeping = .now
                    if try keepHouse() { bytesSinceCheckpoint = 0 }
                }
                if ContinuousClock.now - lastRetention > Self.retentionInterval {
                    lastRetention = .now
                    deleteOldSegments()
                }
            } catch {
                failure.fail(error.description)
                applied.close()
                return
            }
        }
        do {
            try checkpoint()
        } catch {
            failure.fail(error.description)
        }
        applied.close()
    }

    /// After a correction was applied, still under the lock that it was applied under: nobody sees it before it is
    /// committed, and the log it was counted from keeps its events until then.
    private func settle(
        _ change: CorrectionExamination,
        _ sequence: UInt64,
        _ state: inout ApplyState
    ) throws(EngineError) {
        state.corrected?.append(AppliedCorrection(sequence: sequence, payload: change.payload))
        try Self.commit(&state, now: clock.wall(), elapsed: clock.elapsed())
    }

    /// Applies one frame.
    /// - Parameters:
    ///   - begins: the oldest sequence number the log has.
    ///   - decoder: for replay, where the frame comes from disk and has no decoded batch with it.
    ///   - gaps: sequence numbers that a repair of the log gave up.
    /// - Returns: what a correction changed, if it is one and was applied.
    @discardableResult
    static func apply(
        _ frame: Frame,
        to applier: inout Applier,
        begins: UInt64,
        decoder: EventDecoder?,
        key: FingerprintKey,
        gaps: [Range<UInt64>]
    ) throws(EngineError) -> CorrectionExamination? {
        var change: CorrectionExamination?
        if frame.firstSequence != applier.nextSequence { try applier.skip(to: frame.firstSequence, over: gaps) }
        switch FrameKind(rawValue: frame.kind) {
        case .events:
            let batch = try prepared(frame, decoder: decoder, key: key)
            try applier.apply(batch, origin: frame.origin, arrival: frame.arrival)
        case .rejections:
            guard let count = RejectionPayload.count(in: frame.payload) else {
                throw .contradiction("the frame of event \(frame.firstSequence) holds no count of rejections")
            }
            applier.applyRejections(count, origin: frame.origin, arrival: frame.arrival)
        case .take:
            let take = try take(frame, decoder: decoder, key: key)
            applier.applyRejected(take.rejected, origin: frame.origin, arrival: frame.arrival)
            if take.batch.events.count > 0 {
                try applier.apply(take.batch, origin: frame.origin, arrival: frame.arrival)
            }
        case .jump:
            guard frame.count == 1, JumpPayload.reason(in: frame.payload) != nil else {
                throw .contradiction("the frame of event \(frame.firstSequence) does not read as a jump of a position")
            }
            applier.pass()
        case .correction:
            let prepared = frame.owner as? PreparedCorrection
            let payload = if let prepared { prepared.payload } else { try CorrectionPayload(of: frame) }
            change = try applier.apply(payload, at: frame.arrival, begins: begins, prepared: prepared)
        case nil:
            throw .contradiction(
                "the frame of event \(frame.firstSequence) is of kind \(frame.kind), written by a newer meterd"
            )
        }
        applier.keep(frame.positions)
        return change
    }

    private static func prepared(
        _ frame: Frame,
        decoder: EventDecoder?,
        key: FingerprintKey
    ) throws(EngineError) -> PreparedBatch {
        if let prepared = frame.owner as? PreparedBatch { return prepared }
        return try index(frame.payload, count: Int(frame.count), of: frame, decoder: decoder, key: key)
    }

    /// The events of a frame of kind 3, and how many rejected messages come before them.
    private static func take(
        _ frame: Frame,
        decoder: EventDecoder?,
        key: FingerprintKey
    ) throws(EngineError) -> (rejected: Int, batch: PreparedBatch) {
        if let prepared = frame.owner as? PreparedTake { return (prepared.rejectedCount, prepared.batch) }
        let payload = try TakePayload(of: frame)
        // Read whole here, so that what the listing will show is known to read.
        for record in payload.records { _ = try TakePayload.message(record, of: frame) }
        let batch = try index(payload.events, count: payload.eventCount, of: frame, decoder: decoder, key: key)
        return (payload.records.count, batch)
    }

    private static func index(
        _ payload: UnsafeRawBufferPointer,
        count: Int,
        of frame: Frame,
        decoder: EventDecoder?,
        key: FingerprintKey
    ) throws(EngineError) -> PreparedBatch {
        do {
            let decoder = decoder ?? EventDecoder(profile: .cloudevents, limits: .replay)
            return PreparedBatch(try decoder.index(payload: payload, count: count), key: key)
        } catch {
            throw .contradiction("the frame of event \(frame.firstSequence) does not read as events: \(error)")
        }
    }

    /// Commits totals, ledger, dedupe runs and position together; returns whether there was anything to commit.
    @discardableResult
    func checkpoint() throws(EngineError) -> Bool {
        let started = ContinuousClock.now
        let made = try state.withLock { state throws(EngineError) in
            try Self.checkpoint(&state, now: clock.wall(), elapsed: clock.elapsed())
        }
        if made { instruments.checkpointSeconds.observe(started.duration(to: .now).seconds) }
        return made
    }

    private static func checkpoint(_ state: inout ApplyState, now: Int64, elapsed: Int64) throws(EngineError) -> Bool {
        let next = state.applier.nextSequence
        guard next != state.checkpointSequence else {
            state.checkpointElapsed = elapsed
            return false
        }
        try commit(&state, now: now, elapsed: elapsed)
        return true
    }

    /// The same whether or not anything was applied since the last one.
    static func commit(_ state: inout ApplyState, now: Int64, elapsed: Int64) throws(EngineError) {
        try state.applier.commit(keepEventsFrom: state.logBegins, now: now)
        state.checkpointSequence = state.applier.nextSequence
        state.checkpointElapsed = elapsed
    }

    /// Checkpoint when one is due, rejections into the log, rows of deleted meters away. Returns whether a checkpoint was
    /// made.
    private func keepHouse() throws(EngineError) -> Bool {
        flushRejections()
        applied.expireWaiters()
        try purge()
        let elapsed = clock.elapsed()
        let due = state.withLock { Double(elapsed - $0.checkpointElapsed) / 1e6 >= settings.checkpointSeconds }
        return due ? try checkpoint() : false
    }

    /// Rows of deleted meters that go away at a time, between two frames.
    private static let purgedRows = 20_000

    private func purge() throws(EngineError) {
        // A count that was given up may write until its thread has noticed.
        guard !refills.isBusy, state.withLock({ $0.hasDeletedRows }) else { return }
        do {
            // What is deleted meanwhile sets it again.
            state.withLock { $0.hasDeletedRows = false }
            if try store.purge(rowsAtMost: Self.purgedRows) { state.withLock { $0.hasDeletedRows = true } }
        } catch {
            throw EngineError(error)
        }
    }

    /// How often old segments are looked for. It does not wait for new events: a full disk takes none, and this is what
    /// makes room.
    private static let retentionInterval: Duration = .seconds(10)

    private func deleteOldSegments() {
        // What is being counted from the log needs it as it is.
        guard !refills.isBusy else { return }
        // By a clock that jumped ahead, every segment would be old.
        guard let now = arrivals.arrival() else { return }
        let below = state.withLock { $0.checkpointSequence }
        do {
            let deleted = try log.deleteSegments(olderThan: now - settings.retentionSeconds * 1_000_000, below: below)
            guard deleted > 0 else { return }
            let begins = try log.firstSequence(arrivingFrom: .min)
            state.withLock { $0.logBegins = begins }
            logger.info("old log segments deleted", metadata: ["segments": "\(deleted)", "begins": "\(begins)"])
        } catch {
            logger.warning("old log segments could not be deleted", metadata: ["error": "\(error)"])
        }
    }
}

extension Applier {
    /// Makes the dedupe index durable, then commits everything with the position, then lets go of old runs.
    ///
    /// A crash between the first two leaves run files nobody names; they are removed at the next start. A crash between
    /// the last two leaves runs that were merged away; the same.
    ///
    /// - Parameter refill: a meter counted from the log up to here, which becomes the one that is read with it.
    mutating func commit(
        keepEventsFrom: UInt64,
        now: Int64,
        adopting refill: MeterRefill? = nil
    ) throws(EngineError) {
        do {
            let runs = try dedupe.checkpoint()
            if let refill {
                try totals.commit(
                    nextSequence: nextSequence,
                    dedupeRuns: runs,
                    keepEventsFrom: keepEventsFrom,
                    now: now,
                    adopting: refill
                )
            } else {
                try totals.commit(
                    nextSequence: nextSequence,
                    dedupeRuns: runs,
                    keepEventsFrom: keepEventsFrom,
                    now: now
                )
            }
            dedupe.committed(runs)
        } catch {
            throw EngineError(error)
        }
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
