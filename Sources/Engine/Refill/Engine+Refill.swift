import Logging
import Metering
import Synchronization
import UsageStore

extension Engine {
    /// How often a count that has to begin again does so before it is given up.
    private static let refillAttempts = 10

    /// The refill thread: counts one meter after another from the log.
    func runRefills() {
        while let ticket = refills.next() {
            do {
                try fill(ticket)
            } catch {
                failure.fail("a meter cannot be counted from the log: \(EngineError(error))")
                return
            }
        }
    }

    /// Counts one meter, or finds out why that cannot be.
    /// - Throws: what the engine cannot go on after.
    private func fill(_ first: RefillTicket) throws {
        defer { state.withLock { $0.corrected = nil } }
        var ticket = first
        for attempt in 1...Self.refillAttempts {
            do {
                guard var run = try beginRefill(ticket) else { return }
                return try run.run()
            } catch RefillEnd.over {
                return
            } catch RefillEnd.failed(let reason) {
                return try giveUp(ticket, reason)
            } catch UsageStoreError.cannotRegroup(_, let reason) {
                return try giveUp(ticket, reason)
            } catch UsageStoreError.meterGone {
                return
            } catch ScanError.unreadable(let reason) {
                return try giveUp(ticket, reason)
            } catch RefillEnd.again, ScanError.noLongerKept {
                guard attempt < Self.refillAttempts, let next = try restart(ticket) else { break }
                ticket = next
            }
        }
        try giveUp(ticket, "older events were corrected, or left the log, each time while it was counted; ask again")
    }

    /// Takes the state of this moment to begin with; nil when the meter is gone.
    private func beginRefill(_ ticket: RefillTicket) throws -> RefillRun? {
        let begun = try state.withLock { state -> (MeterRefill, Set<UInt64>, UInt64)? in
            let meter = state.applier.meters.first { $0.number == ticket.meter && $0.state == .filling }
            guard !ticket.isOver, let meter else { return nil }
            try Self.commit(&state, now: clock.wall(), elapsed: clock.elapsed())
            state.corrected = []
            let begins = state.begins(store)
            let next = state.applier.nextSequence
            let refill = try store.beginRefill(of: meter, fromSequence: begins, throughSequence: next)
            return (refill, try Self.overflowed(meter, begins..<max(begins, next), state.applier.totals), next)
        }
        guard let (refill, overflowed, next) = begun else { return nil }
        return RefillRun(engine: self, ticket: ticket, refill: refill, through: next, overflowed: overflowed)
    }

    /// Events that the meter whose dimensions change could not add to a total when they came: they stay uncounted.
    private static func overflowed(
        _ meter: StoredMeter,
        _ sequences: Range<UInt64>,
        _ totals: Totals
    ) throws -> Set<UInt64> {
        guard let replaced = meter.replaces else { return [] }
        let reason = InvalidValue.totalOverflow.reason(path: meter.meter.valueProperty)
        let blocks = totals.blocks(overlapping: nil, sequences: sequences)
        guard let refused = try blocks.refused(by: replaced, reason: reason, sequences: sequences) else {
            throw EngineError.contradiction("the store of totals changed while they were held")
        }
        return refused
    }

    /// A new number for the same count; nil when it was given up.
    private func restart(_ ticket: RefillTicket) throws -> RefillTicket? {
        try state.withLock { state -> RefillTicket? in
            guard !ticket.isOver else { return nil }
            try Self.commit(&state, now: clock.wall(), elapsed: clock.elapsed())
            let meter = try store.restartRefill(of: ticket.meter)
            state.applier.adopt(try store.meters())
            state.hasDeletedRows = true
            return refills.restart(as: meter.number)
        }
    }

    private func giveUp(_ ticket: RefillTicket, _ reason: String) throws {
        try state.withLock { state in
            guard !ticket.isOver else { return }
            try Self.commit(&state, now: clock.wall(), elapsed: clock.elapsed())
            try store.fail(refillOf: ticket.meter, reason: reason, now: clock.wall())
            state.applier.adopt(try store.meters())
            state.hasDeletedRows = true
        }
        logger.warning("a meter could not be counted from the log", metadata: ["reason": "\(reason)"])
    }

    /// Counts the last events while apply waits, and makes the checkpoint in which the totals become the meter's; false when a
    /// correction came that is made up for first.
    func adopt(_ run: inout RefillRun) throws -> Bool {
        try state.withLock { state in
            guard try run.finish(&state) else { return false }
            try state.applier.commit(keepEventsFrom: state.logBegins, now: clock.wall(), adopting: run.refill)
            state.checkpointSequence = state.applier.nextSequence
            state.checkpointElapsed = clock.elapsed()
            state.applier.adopt(try store.meters())
            state.corrected = nil
            state.hasDeletedRows = true
            return true
        }
    }
}
