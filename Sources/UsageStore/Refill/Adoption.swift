import GRDB
import Metering

extension UsageStore {
    /// Begins to count a meter from the log.
    ///
    /// Called right after a checkpoint at `throughSequence`, before the next one: the old totals of a meter with other
    /// dimensions are taken as they are then.
    ///
    /// - Parameters:
    ///   - meter: one of `meters()` that is filling.
    ///   - fromSequence: the first sequence number that will be read; hours with older events cannot be counted again.
    /// - Throws: `UsageStoreError.cannotRegroup` when old totals cannot be put under the new dimensions.
    public func beginRefill(
        of meter: StoredMeter,
        fromSequence: UInt64,
        throughSequence: UInt64
    ) throws(UsageStoreError) -> MeterRefill {
        let projection = try perform("begin to fill meter") { () throws -> Projection? in
            guard let replaces = meter.replaces else { return nil }
            let old = try pool.read { try Self.meter(replaces, $0) }
            let projection = try Projection(
                of: old,
                to: meter,
                fromSequence: fromSequence,
                snapshot: try pool.makeSnapshot(),
                path: path
            )
            if projection.levelSeries > 0, projection.addsDimensions {
                throw UsageStoreError.cannotRegroup(
                    slug: meter.meter.slug,
                    reason: "it has levels of events that the log has no more, which nothing would end under new "
                        + "dimensions; make a meter of another slug"
                )
            }
            return projection
        }
        return MeterRefill(
            store: self,
            meter: meter,
            fromSequence: fromSequence,
            throughSequence: throughSequence,
            projection: projection
        )
    }

    /// Gives a refill up. A meter with changed dimensions stays as it was; a new one stays filling, and is not begun anew when
    /// the store is opened.
    public func fail(refillOf number: Int32, reason: String, now: Int64) throws(UsageStoreError) {
        try perform("give up filling meter") {
            try pool.write { database in
                let meter = try Self.meter(number, database)
                guard meter.state == .filling else { throw UsageStoreError.meterGone(number: number) }
                var blamed = meter
                if let replaces = meter.replaces {
                    try MeterTable.remove(number, as: .abandoned, now: now, database)
                    blamed = try Self.meter(replaces, database)
                }
                blamed.refill = RefillNote(from: meter.refill?.from ?? 0, failure: reason)
                try MeterTable.write(blamed, database)
            }
        }
    }
}

extension Totals {
    /// Makes a checkpoint in which a refilled meter becomes the live one, all in one transaction; `adopt` follows with the
    /// store's meters.
    ///
    /// - Parameters: as of `commit`, and:
    ///   - refill: has counted every event below `nextSequence`.
    /// - Throws: `UsageStoreError.meterGone` when the meter is not being filled any more; nothing is changed then.
    public func commit(
        nextSequence: UInt64,
        dedupeRuns: [String],
        keepEventsFrom: UInt64,
        now: Int64,
        adopting refill: MeterRefill
    ) throws(UsageStoreError) {
        precondition(refill.projection?.isDone ?? true, "old totals are taken over before a refill is done")
        let number = refill.meter.number
        let meter = try store.perform("adopt meter") { try store.pool.read { try UsageStore.meter(number, $0) } }
        guard meter.state == .filling else { throw UsageStoreError.meterGone(number: number) }
        try takeNotes(of: refill, keepEventsFrom: keepEventsFrom)
        let checkpoint = Checkpoint(
            generation: generation + 1,
            nextSequence: nextSequence,
            dedupeRuns: dedupeRuns,
            at: now
        )
        try store.perform("write checkpoint") {
            try store.pool.write { database in
                try write(checkpoint, keepEventsFrom: keepEventsFrom, database)
                try refill.writeRest(database)
                try Self.makeLive(meter, checkpoint, database)
            }
        }
        settle()
        refill.totals.settle()
        takeOver(refill, as: meter, nextSequence: nextSequence)
    }

    /// Into memory with what the refill has found, to be written with the checkpoint.
    private func takeNotes(of refill: MeterRefill, keepEventsFrom: UInt64) throws(UsageStoreError) {
        let kept = EventBlock.number(of: keepEventsFrom)
        try blocks.clearUncounted(refill.countedEvents.filter { $0.key >= kept })
        for change in refill.ledger.changes {
            let slot = try store.perform("read sources") {
                try change.source.withUnsafeBytes {
                    try ledger.existingSlot(origin: change.origin, day: change.day, source: $0)
                }
            }
            ledger.add(change.counts, at: slot)
        }
        for (day, counts) in refill.meterLedger {
            meterLedger[MeterLedgerKey(meter: refill.meter.number, day: day), default: MeterLedgerCounts()].add(counts)
        }
    }

    /// The rows of a meter that is filled become those that are read.
    private static func makeLive(_ meter: StoredMeter, _ checkpoint: Checkpoint, _ database: Database) throws {
        var live = meter
        live.state = .live
        live.active = true
        live.replaces = nil
        live.refill = RefillNote(from: meter.refill?.from ?? 0, through: checkpoint.nextSequence)
        live.updatedAt = checkpoint.at
        if let old = meter.replaces {
            live.active = try UsageStore.meter(old, database).active
            let numbers: StatementArguments = [meter.number, old]
            try database.execute(
                sql: """
                    INSERT INTO meter_activity (meter, from_sequence, to_sequence)
                        SELECT ?, from_sequence, to_sequence FROM meter_activity WHERE meter = ?
                    """,
                arguments: numbers
            )
            try database.execute(sql: "UPDATE meter_ledger SET meter = ? WHERE meter = ?", arguments: numbers)
            try database.execute(
                sql: "UPDATE OR REPLACE invalid_event SET meter = ? WHERE meter = ?",
                arguments: numbers
            )
            try MeterTable.remove(old, as: .deleted, now: checkpoint.at, database)
        }
        try MeterTable.write(live, database)
        // All of its hours changed now, whenever their events came: reports look at them again.
        try database.execute(
            sql: "UPDATE bucket SET last_sequence = max(last_sequence, ?) WHERE meter = ?",
            arguments: [Int64(bitPattern: max(checkpoint.nextSequence, 1) - 1), meter.number]
        )
    }

    private func takeOver(_ refill: MeterRefill, as meter: StoredMeter, nextSequence: UInt64) {
        let totals = MeterTotals(refill.totals, as: meter, source: source)
        totals.pages.removeAll()
        for start in totals.persistedBuckets.keys {
            let last = totals.persistedBuckets[start]?.lastSequence ?? 0
            totals.persistedBuckets[start]?.lastSequence = max(last, max(nextSequence, 1) - 1)
        }
        if let old = meter.replaces { meters[old] = nil }
        meters[meter.number] = totals
        slots.removeAll()
        edition += 1
    }
}
