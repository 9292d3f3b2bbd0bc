import CloudEvents
import Metering
import UsageStore

extension Applier {
    /// Finds out what a correction would change if it were applied now.
    ///
    /// - Parameters:
    ///   - begins: the oldest sequence number the log has.
    ///   - decoder: for events that were accepted before.
    func examine(
        _ payload: CorrectionPayload,
        begins: UInt64,
        decoder: EventDecoder
    ) throws(CorrectionFailure) -> CorrectionExamination {
        let event = payload.eventSequence
        let rows = try reading { () throws(UsageStoreError) in try totals.corrections(ofEvent: event) }
        let last = rows.last { $0.refused == nil }
        if let last, last.kind == .void { throw .refused(.alreadyVoided(last)) }
        if let last, last.sequence != payload.basis { throw .refused(.corrected(by: last)) }
        try checkReach(event, begins: begins)
        let before: EventContent
        let after: EventContent?
        do throws(DecodeError) {
            before = try EventContent(json: payload.content, time: payload.eventTime, decoder: decoder)
            if let replacement = payload.replacement {
                after = try EventContent(json: replacement, time: payload.eventTime, decoder: decoder)
            } else {
                after = nil
            }
        } catch {
            throw .broken(.contradiction("a correction of event \(event) holds content that is no event: \(error)"))
        }
        // Invalid events are listed as they came; an amended one is not what was refused then.
        let refused = last == nil ? try metersThatRefused(event) : []
        var steps: [CorrectionExamination.Step] = []
        for meter in meters where meter.state == .live {
            let change = ContributionChange(
                of: meter,
                event: event,
                before: before,
                after: after,
                refusedAtArrival: refused.contains(meter.number)
            )
            guard let change else { continue }
            let removal = try removal(of: change, event: event, begins: begins)
            steps.append(CorrectionExamination.Step(change: change, removal: removal))
        }
        return CorrectionExamination(payload: payload, before: before, after: after, steps: steps)
    }

    /// Refuses what nothing is known of any more.
    private func checkReach(_ event: UInt64, begins: UInt64) throws(CorrectionFailure) {
        if event < store.explainedFrom { throw .refused(.unexplained(event)) }
        if event < begins { throw .refused(.older(event, begins: begins)) }
    }

    private func metersThatRefused(_ event: UInt64) throws(CorrectionFailure) -> Set<Int32> {
        do {
            guard let rows = try totals.invalidSnapshot(of: [event]).load(from: store) else {
                throw EngineError.contradiction("the store of totals changed while they were held")
            }
            return Set(rows.map(\.meter))
        } catch {
            throw .broken(EngineError(error))
        }
    }

    /// How what goes can be taken out of a meter's totals.
    private func removal(
        of change: ContributionChange,
        event: UInt64,
        begins: UInt64
    ) throws(CorrectionFailure) -> CorrectionExamination.Removal {
        guard let removed = change.removed, let slot = totals.slot(of: change.meter) else { return .nothing }
        let aggregation = change.meter.meter.aggregation
        let total: Accumulator?
        let edit = totals.edit(revision: nextSequence)
        do throws(TotalsEditError) {
            total = try removed.withKey { key throws(TotalsEditError) in
                try edit.total(slot, key: key, time: removed.time)
            }
        } catch {
            throw CorrectionFailure(error, change.meter)
        }
        guard let total, let bucket = edit.bucket(slot, time: removed.time), event >= bucket.projectedBelow else {
            throw .refused(.regrouped(change.meter))
        }
        if aggregation.canSubtract { return .subtract }
        if total.count == 1 { return .clear }
        switch aggregation {
        case .min, .max: if removed.value != total.value { return .drop }
        case .latest: if event != total.sequence { return .drop }
        default: break
        }
        let from = max(begins, store.explainedFrom)
        guard bucket.firstSequence >= from else { throw .refused(.incomplete(change.meter)) }
        return .recount(
            Recount.Request(
                meter: change.meter.number,
                key: removed.key,
                times: bucket.start * 1_000_000..<bucket.end * 1_000_000,
                firstSequence: bucket.firstSequence
            )
        )
    }

    /// Stages what an examined correction changes, on copies: nothing is changed yet.
    ///
    /// - Parameter recounts: the totals without the event, of everything the examination asks for.
    func stage(
        _ examination: CorrectionExamination,
        recounts: [Recount.Request: Recount.Result]
    ) throws(CorrectionFailure) -> TotalsEdit {
        // An edit knows the slots there are when it begins.
        let slots = examination.steps.map { totals.slot(of: $0.change.meter) }
        var edit = totals.edit(revision: nextSequence)
        for (step, slot) in zip(examination.steps, slots) {
            guard let slot else { continue }
            let agrees: Bool
            do throws(TotalsEditError) {
                agrees = try edit.agrees(with: step, slot, recounts)
                if agrees { try edit.make(step, slot, event: examination.payload.eventSequence, recounts) }
            } catch {
                throw CorrectionFailure(error, step.change.meter)
            }
            guard agrees else { throw .refused(.incomplete(step.change.meter)) }
        }
        return edit
    }

    private func reading<R>(_ body: () throws(UsageStoreError) -> R) throws(CorrectionFailure) -> R {
        do throws(UsageStoreError) {
            return try body()
        } catch {
            throw .broken(EngineError(error))
        }
    }
}
