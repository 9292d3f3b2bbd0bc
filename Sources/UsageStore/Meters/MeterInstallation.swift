import GRDB
public import Metering

/// A meter as the configuration or somebody over the API wants it.
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
    /// Makes the configured meters the configuration's active ones: new ones get a number and an id, others get their new name,
    /// description and metadata, and those that are not named any more rest with their totals. A meter of the API that counts
    /// the same becomes the configuration's; the API's other meters stay as they are.
    ///
    /// It is called right after a checkpoint at `fromSequence`, so that replay always counts with the definitions that
    /// were in force when the events came.
    ///
    /// - Returns: all meters, as `meters()`.
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
                for meter in plan.dropped {
                    try MeterTable.remove(
                        meter.number,
                        as: meter.state == .live ? .deleted : .abandoned,
                        now: now,
                        database
                    )
                }
                for number in plan.resting {
                    try MeterTable.rest(number, at: fromSequence, now: now, database)
                }
                for meter in plan.kept + plan.new { try MeterTable.write(meter, database) }
                for number in plan.woken + plan.new.map(\.number) {
                    try MeterTable.activate(number, from: fromSequence, database)
                }
                return try Self.meters(database)
            }
        }
    }

    /// What becomes of the stored meters and the requested ones.
    fileprivate struct Plan {
        var new: [StoredMeter] = []
        var kept: [StoredMeter] = []
        /// Numbers of those of the kept ones that rested.
        var woken: [Int32] = []
        /// Numbers of meters that are not named any more.
        var resting: [Int32] = []
        /// Meters that have counted nothing and get another definition, under a number of its own, and counts with other
        /// dimensions for meters that are the configuration's now.
        var dropped: [StoredMeter] = []
    }

    private static func plan(
        _ requests: [MeterRequest],
        _ database: Database,
        fromSequence: UInt64,
        now: Int64
    ) throws -> Plan {
        let stored = try meters(database)
        var plan = Plan()
        var number = try MeterTable.nextNumber(database)
        for request in requests {
            let named = stored.first { $0.replaces == nil && $0.meter.slug == request.meter.slug }
            if let known = named {
                let changed = known.countingDifferences(to: request.meter, bucketSeconds: request.bucketSeconds)
                if changed.isEmpty {
                    plan.keep(known, as: request.meter, now: now)
                    plan.dropped += stored.filter { $0.replaces == known.number }
                    continue
                }
                guard known.state == .live, try !MeterTable.hasCounted(known.number, database) else {
                    throw UsageStoreError.meterRedefined(slug: request.meter.slug, changed: changed)
                }
                plan.dropped += [known] + stored.filter { $0.replaces == known.number }
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
        let named = Set((plan.kept + plan.dropped).map(\.number))
        plan.resting = stored.filter { meter in
            meter.active && meter.ownership == .configuration && !named.contains(meter.number)
        }.map(\.number)
        return plan
    }
}

extension UsageStore.Plan {
    /// Keeps a stored meter, with the name, description and metadata of now.
    fileprivate mutating func keep(_ known: StoredMeter, as meter: Meter, now: Int64) {
        var kept = known
        let wakes = known.state == .live && !known.active
        if known.meter != meter || wakes || known.ownership != .configuration { kept.updatedAt = now }
        kept.meter = meter
        kept.ownership = .configuration
        if wakes {
            kept.active = true
            woken.append(known.number)
        }
        self.kept.append(kept)
    }
}

extension Totals {
    /// Takes over the store's meters after they changed; slots given out before are not valid any more.
    ///
    /// It is called right after a checkpoint, as the change itself was. Meters that are not live are not its business.
    public func adopt(_ meters: [StoredMeter]) {
        slots.removeAll()
        edition += 1
        var adopted: [Int32: MeterTotals] = [:]
        for meter in meters where meter.state == .live {
            adopted[meter.number] =
                if let known = self.meters[meter.number] {
                    MeterTotals(known, as: meter, source: source)
                } else {
                    MeterTotals(meter: meter, source: source)
                }
        }
        self.meters = adopted
    }
}
