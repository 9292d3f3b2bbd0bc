import CloudEvents
import EventLog
import UsageStore

extension Applier {
    /// Applies a correction, all of it or nothing, and keeps what came of it.
    ///
    /// - Parameters:
    ///   - at: when its frame arrived, in microseconds since 1970-01-01T00:00:00Z.
    ///   - begins: the oldest sequence number the log has.
    ///   - prepared: what was counted again before it came into the log.
    /// - Returns: what it changed; nil when it is refused.
    mutating func apply(
        _ payload: CorrectionPayload,
        at: Int64,
        begins: UInt64,
        prepared: PreparedCorrection?
    ) throws(EngineError) -> CorrectionExamination? {
        let decoder = EventDecoder(profile: .cloudevents, limits: .replay)
        var examined: CorrectionExamination?
        var refusal: CorrectionRefusal?
        do throws(CorrectionFailure) {
            let examination = try examine(payload, begins: begins, decoder: decoder)
            let recounts = try recount(examination, begins: begins, prepared: prepared)
            totals.apply(try stage(examination, recounts: recounts))
            examined = examination
        } catch {
            switch error {
            case .refused(let why): refusal = why
            case .broken(let error): throw error
            }
        }
        do throws(UsageStoreError) {
            if let examined { try settle(examined) }
            try record(payload, at: at, examined, refusal, decoder: decoder)
        } catch {
            throw EngineError(error)
        }
        nextSequence += 1
        return examined
    }

    /// Counts again what has to be, up to here.
    private func recount(
        _ examination: CorrectionExamination,
        begins: UInt64,
        prepared: PreparedCorrection?
    ) throws(CorrectionFailure) -> [Recount.Request: Recount.Result] {
        var results: [Recount.Request: Recount.Result] = [:]
        let from = max(begins, store.explainedFrom)
        for (request, meter) in examination.recounts {
            // What was counted before is worth something only if nothing was corrected or installed since.
            let started = prepared?.edition == totals.edition ? prepared?.recounts[request] : nil
            var recount = started ?? Recount(request, of: meter, from: from)
            do {
                try recount.run(
                    through: nextSequence,
                    without: examination.payload.eventSequence,
                    log: log
                ) { sequences, times in
                    try EventFacts(of: totals, store: store, sequences: sequences, times: times)
                }
            } catch ScanError.unreadable(let reason) {
                // A log that cannot be read must not keep the engine from starting: it would meet this frame again.
                throw .refused(.impossible("what has to be counted again cannot be read: \(reason)"))
            } catch {
                throw .broken(EngineError(error))
            }
            results[request] = recount.result
        }
        return results
    }

    /// The ledger and the facts after a correction that was applied.
    private mutating func settle(_ examined: CorrectionExamination) throws(UsageStoreError) {
        let payload = examined.payload
        try totals.markCorrected(event: payload.eventSequence, time: (examined.after ?? examined.before).time)
        let day = Self.day(of: payload.eventArrival)
        var counts = LedgerCounts()
        if payload.replacement == nil { counts.voided = 1 } else { counts.amended = 1 }
        let slot = try examined.before.batch.withText(.source, of: 0) { source in
            Result { () throws(UsageStoreError) in
                try totals.correctionLine(
                    origin: payload.eventOrigin,
                    day: day,
                    source: source,
                    event: payload.eventSequence
                )
            }
        }.get()
        totals.record(counts, at: slot)
        outcomes.add(counts)
        for step in examined.steps {
            var counts = MeterLedgerCounts()
            counts.withdrawn = step.change.removed == nil ? 0 : 1
            counts.restored = step.change.added == nil ? 0 : 1
            totals.record(counts, meter: step.change.meter, day: day)
        }
    }

    private func record(
        _ payload: CorrectionPayload,
        at: Int64,
        _ examined: CorrectionExamination?,
        _ refusal: CorrectionRefusal?,
        decoder: EventDecoder
    ) throws(UsageStoreError) {
        let content =
            examined?.before ?? (try? EventContent(json: payload.content, time: payload.eventTime, decoder: decoder))
        totals.record(
            CorrectionRow(
                sequence: nextSequence,
                at: at,
                kind: payload.replacement == nil ? .void : .amend,
                eventSequence: payload.eventSequence,
                source: content?.batch.string(.source, of: 0) ?? "",
                id: content?.batch.string(.id, of: 0) ?? "",
                reason: payload.reason,
                by: payload.by,
                meters: examined?.slugs ?? [],
                refused: refusal?.reason,
                replacement: refusal == nil ? payload.replacement : nil,
                time: (examined?.after ?? content)?.time ?? payload.eventTime,
                arrival: payload.eventArrival,
                origin: payload.eventOrigin
            )
        )
    }
}

/// A correction on its way through the log to apply, with what could be counted again before.
///
/// `@unchecked`: whoever asks for the correction makes it and then lets go of it; only apply looks into it after that.
final class PreparedCorrection: @unchecked Sendable {
    let payload: CorrectionPayload
    let bytes: PayloadBytes
    /// The state of history that the recounts are of.
    let edition: UInt64
    let recounts: [Recount.Request: Recount]

    init(_ payload: CorrectionPayload, edition: UInt64, recounts: [Recount.Request: Recount]) {
        self.payload = payload
        bytes = payload.make()
        self.edition = edition
        self.recounts = recounts
    }
}
