import Metering
import UsageStore

extension TotalsEdit {
    /// Whether what was counted again is the total without the event; it is not where the log lacks events.
    func agrees(
        with step: CorrectionExamination.Step,
        _ slot: Totals.Slot,
        _ recounts: [Recount.Request: Recount.Result]
    ) throws(TotalsEditError) -> Bool {
        guard case .recount(let request) = step.removal, let removed = step.change.removed else { return true }
        let total = try removed.withKey { key throws(TotalsEditError) -> Accumulator? in
            try self.total(slot, key: key, time: removed.time)
        }
        guard let total, let rest = recounts[request]?.total else { return false }
        return rest.count + 1 == total.count
    }

    /// Changes the totals of one meter as a correction does.
    ///
    /// - Parameter recounts: the totals without the event, where they are counted again.
    mutating func make(
        _ step: CorrectionExamination.Step,
        _ slot: Totals.Slot,
        event: UInt64,
        _ recounts: [Recount.Request: Recount.Result]
    ) throws(TotalsEditError) {
        if let removed = step.change.removed {
            try removed.withKey { key throws(TotalsEditError) in
                try take(removed, key, by: step.removal, slot, event: event, recounts)
            }
        }
        if let added = step.change.added { try put(added, slot, event: event) }
    }

    /// Puts in what an event gives to a meter.
    mutating func put(_ added: Contribution, _ slot: Totals.Slot, event: UInt64) throws(TotalsEditError) {
        try added.withKey { key throws(TotalsEditError) in
            try add(
                slot,
                key: key,
                value: added.value,
                unique: added.unique,
                time: added.time,
                sequence: event
            )
        }
    }

    private mutating func take(
        _ removed: Contribution,
        _ key: UnsafeRawBufferPointer,
        by removal: CorrectionExamination.Removal,
        _ slot: Totals.Slot,
        event: UInt64,
        _ recounts: [Recount.Request: Recount.Result]
    ) throws(TotalsEditError) {
        let time = removed.time
        switch removal {
        case .nothing: break
        case .subtract: try subtract(slot, key: key, value: removed.value, time: time, sequence: event)
        case .drop: try drop(slot, key: key, time: time)
        case .clear: try replace(slot, key: key, time: time, total: Accumulator(), uniqueValues: [])
        case .recount(let request):
            guard let rest = recounts[request] else { preconditionFailure("what is staged is counted again before") }
            try replace(
                slot,
                key: key,
                time: time,
                total: rest.total,
                uniqueValues: rest.uniques,
                firstSequence: rest.firstSequence
            )
        }
    }
}

extension Contribution {
    /// The series' key as the totals take it.
    func withKey<R, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        try key.withUnsafeBufferPointer { key throws(Failure) in try body(UnsafeRawBufferPointer(key)) }
    }
}
