import GRDB
public import Metering

/// A meter as the configuration wants it.
public struct MeterRequest: Sendable, Hashable {
    /// The definition.
    public var meter: Meter
    /// 3600, or 900 where a zone of the meter's reports is not whole hours from UTC.
    public var bucketSeconds: Int64

    /// Makes a request.
    public init(meter: Meter, bucketSeconds: Int64) {
        self.meter = meter
        self.bucketSeconds = bucketSeconds
    }
}

extension UsageStore {
    /// Makes the configured meters the active ones: new ones get a number and an id, others get their new name,
    /// description and metadata, and those that are not named any more rest with their totals.
    ///
    /// It is called right after a checkpoint at `fromSequence`, so that replay always counts with the definitions that
    /// were in force when the events came.
    ///
    /// - Throws: `UsageStoreError.meterRedefined` when a meter would count by another definition; nothing changes then.
    @discardableResult
    public func install(
        _ requests: [MeterRequest],
        fromSequence: UInt64,
        now: Int64,
        makeID: () -> String
    ) throws(UsageStoreError) -> [StoredMeter] {
        try perform("install meters") {
            try pool.write { database in
                var plan = try Self.plan(requests, database, fromSequence: fromSequence, now: now)
                for index in plan.new.indices { plan.new[index].id = makeID() }
                for number in plan.uncounted {
                    try database.execute(sql: "DELETE FROM meter WHERE number = ?", arguments: [number])
                }
                for number in plan.resting {
                    try database.execute(
                        sql: "UPDATE meter SET active = 0, updated_at = ? WHERE number = ?",
                        arguments: [now, number]
                    )
                }
                for meter in plan.kept + plan.new { try Self.write(meter, database) }
                return try Self.meters(database)
            }
        }
    }

    /// What becomes of the stored meters and the requested ones.
    private struct Plan {
        var new: [StoredMeter] = []
        var kept: [StoredMeter] = []
        /// Numbers of meters that are not named any more.
        var resting: [Int32] = []
        /// Numbers of meters that have counted nothing and get another definition, under a number of its own.
        var uncounted: [Int32] = []
    }

    private static func plan(
        _ requests: [MeterRequest],
        _ database: Database,
        fromSequence: UInt64,
        now: Int64
    ) throws -> Plan {
        let stored = try meters(database)
        var plan = Plan()
        var number = (stored.map(\.number).max() ?? 0) + 1
        for request in requests {
            if var known = stored.first(where: { $0.meter.slug == request.meter.slug }) {
                let changed = known.countingDifferences(to: request.meter, bucketSeconds: request.bucketSeconds)
                if changed.isEmpty {
                    if known.meter != request.meter || !known.active { known.updatedAt = now }
                    known.meter = request.meter
                    known.active = true
                    plan.kept.append(known)
                    continue
                }
                let sql = "SELECT EXISTS (SELECT 1 FROM bucket WHERE meter = ?)"
                if try Bool.fetchOne(database, sql: sql, arguments: [known.number]) == true {
                    throw UsageStoreError.meterRedefined(slug: request.meter.slug, changed: changed)
                }
                plan.uncounted.append(known.number)
            }
            plan.new.append(
                StoredMeter(
                    number: number,
                    id: "",
                    meter: request.meter,
                    bucketSeconds: request.bucketSeconds,
                    fromSequence: fromSequence,
                    active: true,
                    createdAt: now,
                    updatedAt: now
                )
            )
            number += 1
        }
        let named = Set(plan.kept.map(\.number) + plan.uncounted)
        plan.resting = stored.filter { $0.active && !named.contains($0.number) }.map(\.number)
        return plan
    }

    private static func write(_ meter: StoredMeter, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO meter (number, id, slug, definition, bucket_seconds, from_sequence,
                    active, created_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
                """,
            arguments: [
                meter.number, meter.id, meter.meter.slug, try MeterDefinition(meter.meter).text(),
                meter.bucketSeconds, Int64(bitPattern: meter.fromSequence), meter.createdAt, meter.updatedAt,
            ]
        )
    }
}

extension Totals {
    /// Takes over the store's meters after `UsageStore.install`; slots given out before are not valid any more.
    public func adopt(_ meters: [StoredMeter]) {
        slots.removeAll()
        for meter in meters {
            if let known = self.meters[meter.number] {
                let updated = MeterTotals(meter: meter, series: known.series, persistedBuckets: known.persistedBuckets)
                updated.persistedSeries = known.persistedSeries
                updated.pages = known.pages
                self.meters[meter.number] = updated
            } else {
                self.meters[meter.number] = MeterTotals(meter: meter, series: SeriesTable(), persistedBuckets: [:])
            }
        }
    }
}
