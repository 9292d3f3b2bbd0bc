import CloudEvents
import Metering
import UsageStore

extension Applier {
    /// Goes on with the line of an event.
    @inline(__always)
    mutating func turn(to events: EventBatch, _ index: Int) throws(EngineError) {
        guard !events.withText(.source, of: index, { lines.turn(to: $0) }) else { return }
        try takeLine(of: events, index)
    }

    @inline(never)
    private mutating func takeLine(of events: EventBatch, _ index: Int) throws(EngineError) {
        if lines.isFull { settleLines() }
        do {
            try events.withText(.source, of: index) { source in
                let slot = try totals.ledgerLine(origin: lines.origin, day: lines.day, source: source)
                lines.add(source, slot)
            }
        } catch {
            throw EngineError(error)
        }
    }

    private mutating func settleLines() {
        var outcomes = outcomes
        lines.settle { counts, slot in
            totals.record(counts, at: slot)
            outcomes.add(counts)
        }
        self.outcomes = outcomes
    }

    /// After the last event of a frame.
    mutating func settleFrame(_ count: Int, day: Int32) throws(EngineError) {
        guard count > 0 else { return }
        settleLines()
        do {
            try totals.note(
                frame: nextSequence..<nextSequence + UInt64(count),
                leastTime: facts.leastTime,
                greatestTime: facts.greatestTime,
                duplicates: facts.duplicates,
                uncounted: facts.uncounted
            )
        } catch {
            throw EngineError(error)
        }
        nextSequence += UInt64(count)
        for (number, tally) in tallies.enumerated() where tally.matched > 0 {
            totals.record(tally, meter: plan.meters[number], day: day)
            meterOutcomes.add(tally)
            tallies[number] = MeterLedgerCounts()
        }
    }

    /// Counts a first arrival for each meter of its type.
    @inline(__always)
    mutating func count(
        _ events: EventBatch,
        _ index: Int,
        _ event: EventIndex,
        sequence: UInt64,
        time: Int64
    ) throws(EngineError) {
        guard let number = events.withText(.type, of: index, { plan.number(ofType: $0) }) else {
            lines.counts.unmatched += 1
            facts.uncounted.append(sequence)
            return
        }
        let type = plan[number]
        let data = events.jsonData(of: event)
        type.paths.evaluate(data, into: found)
        var taken = 0
        var refused = 0
        for target in type.targets {
            let probe = target.probe
            guard probe.admits(events, index, time: time, found, data, scratch: &key) else { continue }
            switch Measurement(probe, found, data) {
            case .value(let value, let unique):
                probe.makeKey(events, index, found, data, into: &key)
                do throws(TotalsError) {
                    try key.withUnsafeBufferPointer { key throws(TotalsError) in
                        try totals.add(
                            target.slot,
                            key: UnsafeRawBufferPointer(key),
                            value: value,
                            unique: unique,
                            time: time,
                            sequence: sequence
                        )
                    }
                    tallies[target.tally].counted += 1
                    taken += 1
                } catch {
                    switch error {
                    case .overflow:
                        refused += 1
                        refuse(sequence, target, .totalOverflow)
                    case .store(let error):
                        throw .store(error.description)
                    }
                }
            case .invalid(let reason):
                refused += 1
                refuse(sequence, target, reason)
            }
        }
        if taken > 0 {
            lines.counts.counted += 1
            return
        }
        if refused > 0 { lines.counts.invalid += 1 } else { lines.counts.unmatched += 1 }
        facts.uncounted.append(sequence)
    }

    private mutating func refuse(_ sequence: UInt64, _ target: MeterPlan.Target, _ why: InvalidValue) {
        tallies[target.tally].invalid += 1
        let reason = why.reason(path: target.stored.meter.valueProperty)
        totals.record(InvalidEvent(sequence: sequence, meter: target.stored.number, reason: reason))
    }
}
