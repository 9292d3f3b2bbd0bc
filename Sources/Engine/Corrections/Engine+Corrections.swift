import CloudEvents
import EventLog
import Metering
import Synchronization
import UsageStore

extension Engine {
    /// Corrections that may wait to be prepared.
    static let correctionsWaiting = 64
    /// What preparing one may read of the log: events, and seconds.
    private static let correctionEvents = 200_000_000
    private static let correctionSeconds: Duration = .seconds(120)

    /// Voids one event, or puts another content in its place.
    ///
    /// The correction is a frame of the log. It is decided when it is applied, all meters together or none: totals, the
    /// ledger and the events list show it from then on, and buckets that changed are closed days' restatements. What is
    /// meant is the first event with this source and id within the dedupe window, else the newest in the log.
    ///
    /// - Returns: the correction as it was applied; it is on disk, totals and all.
    public func correct(_ draft: CorrectionDraft) async throws(CorrectionError) -> CorrectionRecord {
        if let refusal = refusal(of: .http) { throw .refused(refusal) }
        let replacement = try checked(draft)
        // One after another: what was counted again beforehand stays good until its correction is applied.
        let record = try await corrections.take { () async throws(CorrectionError) in
            try await self.correct(draft, replacement: replacement)
        }
        guard let record else { throw .unavailable("\(corrections.mostWaiting) corrections wait already; try again") }
        return record
    }

    private func correct(
        _ draft: CorrectionDraft,
        replacement: [UInt8]?
    ) async throws(CorrectionError) -> CorrectionRecord {
        guard await applied.wait(for: log.syncedThrough, timeout: Self.applyTimeout) else {
            throw .unavailable("the totals are behind the log; try again")
        }
        let prepared = try await corrections.onDisk { () throws(CorrectionError) in
            try self.prepare(draft, replacement: replacement)
        }
        let sequence = try await append(prepared)
        guard await applied.wait(for: sequence + 1, timeout: Self.applyTimeout) else {
            throw .unavailable("correction \(sequence) is in the log and will be applied, but the totals are behind it")
        }
        return try outcome(of: sequence, event: prepared.payload.eventSequence)
    }

    /// Checks a draft by itself; the replacement's bytes as the log keeps them.
    private func checked(_ draft: CorrectionDraft) throws(CorrectionError) -> [UInt8]? {
        guard !draft.source.isEmpty, !draft.id.isEmpty else { throw .invalid("source and id are required") }
        guard (1...CorrectionDraft.longestReason).contains(draft.reason.utf8.count) else {
            throw .invalid("a reason of 1 to \(CorrectionDraft.longestReason) bytes is required")
        }
        guard draft.reason.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw .invalid("a reason is one line of text: control characters are not allowed in it")
        }
        guard let replacement = draft.replacement else { return nil }
        let decoded = replacement.withUnsafeBytes { body in
            Result { () throws(DecodeError) in try makeDecoder().decode(body, envelope: .single) }
        }
        let event: EventBatch
        do throws(DecodeError) { event = try decoded.get() } catch { throw .invalid("replacement: \(error)") }
        for (part, name, wanted) in [(EventPart.source, "source", draft.source), (.id, "id", draft.id)] {
            guard event.withText(part, of: 0, { $0.elementsEqual(wanted.utf8) }) else {
                throw .invalid("replacement: its \(name) is another than the event's; both stay as they are")
            }
        }
        return event.withText(.raw, of: 0) { Array($0) }
    }

    /// Puts a correction into the log; its sequence number, once it is on disk.
    private func append(_ prepared: PreparedCorrection) async throws(CorrectionError) -> UInt64 {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<UInt64, AppendRefusal>, Never>) in
            submit(.correction, prepared.bytes.bytes, prepared, 1, [], .http) { continuation.resume(returning: $0) }
        }
        do throws(AppendRefusal) { return try outcome.get() } catch { throw .refused(error) }
    }

    /// What apply made of a correction.
    private func outcome(of sequence: UInt64, event: UInt64) throws(CorrectionError) -> CorrectionRecord {
        let rows: [CorrectionRow]
        do {
            rows = try state.withLock { state throws(UsageStoreError) in
                try state.applier.totals.corrections(ofEvent: event)
            }
        } catch {
            throw .unavailable(error.description)
        }
        guard let row = rows.first(where: { $0.sequence == sequence }) else {
            throw .unavailable("correction \(sequence) is in the log, but what came of it is not known")
        }
        guard let refused = row.refused else { return CorrectionRecord(row) }
        if let void = rows.last(where: { $0.refused == nil && $0.sequence < sequence }), void.kind == .void {
            throw .alreadyVoided(CorrectionRecord(void))
        }
        throw .impossible(refused)
    }
}

extension Engine {
    /// Finds the event, sees whether the correction can be applied as things are now, and counts again beforehand what has
    /// to be, so that apply has little left to do.
    private func prepare(
        _ draft: CorrectionDraft,
        replacement: [UInt8]?
    ) throws(CorrectionError) -> PreparedCorrection {
        let limits = ScanLimits(
            events: Self.correctionEvents,
            deadline: .now + Self.correctionSeconds
        )
        do {
            guard let event = try CorrectedEvent.find(draft, in: self, limits: limits) else {
                throw CorrectionError.unknownEvent(source: draft.source, id: draft.id)
            }
            let (examination, edition) = try state.withLock { state in
                let rows = try state.applier.totals.corrections(ofEvent: event.sequence)
                let payload = event.payload(draft, replacement: replacement, after: rows)
                let decoder = EventDecoder(profile: .cloudevents, limits: .replay)
                let examination = try state.applier.examine(payload, begins: state.logBegins, decoder: decoder)
                return (examination, state.applier.totals.edition)
            }
            try Self.checkUsable(examination)
            let recounts = try recount(examination, limits: limits)
            return PreparedCorrection(examination.payload, edition: edition, recounts: recounts)
        } catch {
            throw CorrectionError(error)
        }
    }

    /// Refuses a replacement that a meter which counts the event could not use: it would silently count no more.
    private static func checkUsable(_ examination: CorrectionExamination) throws(CorrectionError) {
        guard let after = examination.after else { return }
        for step in examination.steps where step.change.added == nil {
            let meter = step.change.meter.meter
            guard let why = after.refusal(by: meter) else { continue }
            throw .invalid(
                "replacement: the meter \"\(meter.slug)\" counts the event and could not use this: "
                    + why.reason(path: meter.valueProperty)
            )
        }
    }

    private func recount(
        _ examination: CorrectionExamination,
        limits: ScanLimits
    ) throws -> [Recount.Request: Recount] {
        var recounts: [Recount.Request: Recount] = [:]
        for (request, meter) in examination.recounts {
            let (begins, through) = state.withLock { state in
                (max(state.logBegins, store.explainedFrom), state.applier.nextSequence)
            }
            var recount = Recount(request, of: meter, from: begins)
            try recount.run(
                through: through,
                without: examination.payload.eventSequence,
                log: log,
                limits: limits
            ) { sequences, times in
                try eventFacts(sequences: sequences, times: times)
            }
            recounts[request] = recount
        }
        return recounts
    }
}

extension CorrectionError {
    /// Takes over what went wrong while a correction was prepared.
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as CorrectionError: self = error
        case CorrectionFailure.refused(let refusal): self = refusal.error
        case CorrectionFailure.broken(let error): self = .unavailable(error.description)
        case ScanError.tooManyEvents, ScanError.tooLong:
            self = .impossible(
                "more of the log would have to be read than one correction may: events of too many hours"
            )
        case ScanError.unreadable(let why): self = .unavailable(why)
        case ScanError.noLongerKept(let first):
            self = .impossible("the event is not in the log any more, which begins with event \(first)")
        default: self = .unavailable("\(error)")
        }
    }
}
