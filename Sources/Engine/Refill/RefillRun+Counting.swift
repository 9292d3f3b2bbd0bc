import CloudEvents
import Metering
import UsageStore

extension RefillRun {
    /// Whether events were counted before, with other dimensions; a new meter has its own ledger to fill.
    private var isRegrouping: Bool { refill.meter.replaces != nil }

    /// Counts one event as it counts now.
    mutating func count(_ event: ScannedEvent) throws {
        guard refill.meter.isActive(at: event.sequence) else { return }
        if isRegrouping, !event.isReplacement, overflowed.contains(event.sequence) { return }
        switch reading.read(event.batch, event.index, time: event.time) {
        case .notItsEvent: return
        case .invalid(let why): try refuse(event, why)
        case .value(let value, let unique):
            do throws(TotalsError) {
                try reading.key.withUnsafeBufferPointer { key throws(TotalsError) in
                    _ = try refill.add(
                        key: UnsafeRawBufferPointer(key),
                        value: value,
                        unique: unique,
                        time: event.time,
                        sequence: event.sequence
                    )
                }
            } catch {
                switch error {
                case .store(let error): throw error
                case .overflow:
                    if isRegrouping || event.isReplacement { throw RefillEnd.failed(Self.overflow) }
                    overflowed.insert(event.sequence)
                    return try refuse(event, .totalOverflow)
                }
            }
            try counted(event)
        }
    }

    private func counted(_ event: ScannedEvent) throws {
        guard !isRegrouping else { return }
        var counts = MeterLedgerCounts()
        counts.counted = 1
        refill.record(counts, day: Applier.day(of: event.arrival))
        guard event.isUncounted else { return }
        try move(event, from: refused.contains(event.sequence) ? .invalid : .unmatched, to: .counted)
    }

    private func refuse(_ event: ScannedEvent, _ why: InvalidValue) throws {
        // A replacement that the meter cannot use is none of its events; the event as it came is known by its own reasons.
        guard !isRegrouping, !event.isReplacement else { return }
        var counts = MeterLedgerCounts()
        counts.invalid = 1
        refill.record(counts, day: Applier.day(of: event.arrival))
        try refill.recordInvalid(event.sequence, reason: why.reason(path: refill.meter.meter.valueProperty))
        guard event.isUncounted, !refused.contains(event.sequence) else { return }
        try move(event, from: .unmatched, to: .invalid)
    }

    /// The line of the ledger that an event is in follows what it is now.
    private func move(_ event: ScannedEvent, from old: UncountedFate, to new: RefilledFate) throws {
        try event.batch.withText(.source, of: event.index) { source in
            try refill.move(
                event: event.sequence,
                origin: event.origin,
                day: Applier.day(of: event.arrival),
                source: source,
                from: old,
                to: new
            )
        }
    }

    static let overflow =
        "a total with these dimensions would have more than \(ExactDecimal.maximumDigits) digits; the meter is as it was"
}

extension RefillRun {
    /// A series of a bucket.
    private struct Touched: Hashable {
        var key: [UInt8]
        var start: Int64
    }

    /// Makes up for corrections of events that were passed: their own count is subtracted and added, or what they touched is
    /// counted again from the log as it is corrected now.
    mutating func makeUp(
        facts: (_ sequences: Range<UInt64>, _ times: Range<Int64>) throws -> EventFacts
    ) throws {
        var touched: Set<Touched> = []
        for correction in corrected { try makeUp(correction, &touched) }
        corrected = []
        for place in touched { try recount(place, facts) }
    }

    private mutating func makeUp(_ correction: AppliedCorrection, _ touched: inout Set<Touched>) throws {
        let payload = correction.payload
        let event = payload.eventSequence
        guard refill.meter.isActive(at: event) else { return }
        let decoder = EventDecoder(profile: .cloudevents, limits: .replay)
        let before = try EventContent(json: payload.content, time: payload.eventTime, decoder: decoder)
        let after = try payload.replacement.map {
            try EventContent(json: $0, time: payload.eventTime, decoder: decoder)
        }
        let meter = refill.meter.meter
        let refused = payload.basis == 0 && overflowed.contains(event)
        let removed = refused ? nil : before.contribution(to: meter)
        let added = after?.contribution(to: meter)
        guard removed != added else { return }
        if !isRegrouping {
            var counts = MeterLedgerCounts()
            counts.withdrawn = removed == nil ? 0 : 1
            counts.restored = added == nil ? 0 : 1
            refill.record(counts, day: Applier.day(of: payload.eventArrival))
        }
        let changed = [removed, added].compactMap { $0 }
        // What was taken over from older totals was taken before the correction.
        let sequence = meter.aggregation.canSubtract ? event : 0
        if changed.contains(where: { refill.holds(time: $0.time, sequence: sequence) }) { throw RefillEnd.again }
        guard meter.aggregation.canSubtract else {
            for place in changed { touched.insert(Touched(key: place.key, start: bucketStart(of: place.time))) }
            return
        }
        var edit = refill.edit(revision: correction.sequence)
        do throws(TotalsEditError) {
            if let removed {
                try removed.withKey { key throws(TotalsEditError) in
                    try edit.subtract(refill.slot, key: key, value: removed.value, time: removed.time, sequence: event)
                }
            }
            if let added { try edit.put(added, refill.slot, event: event) }
        } catch {
            switch error {
            case .overflow: throw RefillEnd.failed(Self.overflow)
            case .missing: throw RefillEnd.again
            case .store(let error): throw error
            }
        }
        refill.apply(edit)
    }

    private func bucketStart(of time: Int64) -> Int64 {
        let width = refill.meter.bucketSeconds
        let (quotient, rest) = time.quotientAndRemainder(dividingBy: width * 1_000_000)
        return (rest < 0 ? quotient - 1 : quotient) * width
    }

    private func recount(
        _ place: Touched,
        _ facts: (_ sequences: Range<UInt64>, _ times: Range<Int64>) throws -> EventFacts
    ) throws {
        let meter = refill.meter
        let times = place.start * 1_000_000..<(place.start + meter.bucketSeconds) * 1_000_000
        let request = Recount.Request(
            meter: meter.number,
            key: place.key,
            times: times,
            firstSequence: refill.fromSequence
        )
        var recount = Recount(request, of: meter, from: refill.fromSequence)
        try recount.run(through: position, without: nil, log: engine.log, facts: facts)
        var edit = refill.edit(revision: position)
        let result = recount.result
        try place.key.withUnsafeBytes { key in
            try edit.replace(
                refill.slot,
                key: key,
                time: times.lowerBound,
                total: result.total,
                uniqueValues: result.uniques,
                // A correction may have moved an event into a bucket that had none before it.
                firstSequence: result.firstSequence
            )
        }
        refill.apply(edit)
    }
}
