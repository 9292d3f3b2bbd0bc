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
        let stored = try meters()
        var wanted: [StoredMeter] = []
        var number = (stored.map(\.number).max() ?? 0) + 1
        for request in requests {
            guard var known = stored.first(where: { $0.meter.slug == request.meter.slug }) else {
                wanted.append(
                    StoredMeter(
                        number: number,
                        id: makeID(),
                        meter: request.meter,
                        bucketSeconds: request.bucketSeconds,
                        fromSequence: fromSequence,
                        active: true,
                        createdAt: now,
                        updatedAt: now
                    )
                )
                number += 1
                continue
            }
            let changed = known.countingDifferences(to: request.meter, bucketSeconds: request.bucketSeconds)
            guard changed.isEmpty else { throw .meterRedefined(slug: request.meter.slug, changed: changed) }
            if known.meter != request.meter || !known.active {
                known.meter = request.meter
                known.active = true
                known.updatedAt = now
            }
            wanted.append(known)
        }
        let named = Set(wanted.map(\.number))
        let resting = stored.filter { $0.active && !named.contains($0.number) }
        try write(wanted, resting: resting, now: now)
        return try meters()
    }

    private func write(_ meters: [StoredMeter], resting: [StoredMeter], now: Int64) throws(UsageStoreError) {
        try perform("install meters") {
            try pool.write { database in
                for meter in resting {
                    try database.execute(
                        sql: "UPDATE meter SET active = 0, updated_at = ? WHERE number = ?",
                        arguments: [now, meter.number]
                    )
                }
                for meter in meters {
                    try database.execute(
                        sql: """
                            INSERT OR REPLACE INTO meter (number, id, slug, definition, bucket_seconds, from_sequence,
                                active, created_at, updated_at)
                            VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
                            """,
                        arguments: [
                            meter.number, meter.id, meter.meter.slug, try MeterDefinition(meter.meter).text(),
                            meter.bucketSeconds, Int64(bitPattern: meter.fromSequence), meter.createdAt,
                            meter.updatedAt,
                        ]
                    )
                }
            }
        }
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
