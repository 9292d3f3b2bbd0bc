import GRDB
public import Metering

/// Changes of single meters. Like `install` they are made right after a checkpoint at `fromSequence`, and `Totals.adopt` follows.
extension UsageStore {
    /// Makes a meter, or takes up one that rests and counts the same.
    ///
    /// - Parameters:
    ///   - fromSequence: the first sequence number it counts: the checkpoint's, or for a meter that is filled the first one that
    ///     is read again.
    ///   - filling: it is counted from the log before anybody reads it; `Totals.beginRefill` does so.
    ///   - id: a ULID, for a new meter.
    /// - Throws: `UsageStoreError.slugTaken` when another meter has the slug.
    public func create(
        _ request: MeterRequest,
        ownership: MeterOwnership,
        fromSequence: UInt64,
        filling: Bool,
        now: Int64,
        id: String
    ) throws(UsageStoreError) -> StoredMeter {
        try perform("make meter") {
            try pool.write { database in
                let stored = try Self.meters(database)
                if let known = stored.first(where: { $0.replaces == nil && $0.meter.slug == request.meter.slug }) {
                    return try Self.takeUp(known, request, ownership, fromSequence: fromSequence, now: now, database)
                }
                let meter = StoredMeter(
                    number: try MeterTable.nextNumber(database),
                    id: id,
                    meter: request.meter,
                    bucketSeconds: request.bucketSeconds,
                    fromSequence: fromSequence,
                    ownership: ownership,
                    state: filling ? .filling : .live,
                    active: !filling,
                    activity: [fromSequence..<UInt64.max],
                    refill: filling ? RefillNote(from: fromSequence) : nil,
                    createdAt: now,
                    updatedAt: now
                )
                try MeterTable.write(meter, database)
                try MeterTable.activate(meter.number, from: fromSequence, database)
                return meter
            }
        }
    }

    private static func takeUp(
        _ known: StoredMeter,
        _ request: MeterRequest,
        _ ownership: MeterOwnership,
        fromSequence: UInt64,
        now: Int64,
        _ database: Database
    ) throws -> StoredMeter {
        let changed = known.countingDifferences(to: request.meter, bucketSeconds: request.bucketSeconds)
        guard known.state == .live, !known.active, changed.isEmpty else {
            throw UsageStoreError.slugTaken(slug: known.meter.slug, changed: changed, rests: !known.active)
        }
        var meter = known
        meter.meter = request.meter
        meter.ownership = ownership
        meter.active = true
        meter.updatedAt = now
        try MeterTable.write(meter, database)
        try MeterTable.activate(meter.number, from: fromSequence, database)
        return try self.meter(known.number, database)
    }

    /// Gives a live meter its new name, description and metadata.
    ///
    /// - Precondition: the definition counts the same.
    public func update(_ meter: StoredMeter, to definition: Meter, now: Int64) throws(UsageStoreError) -> StoredMeter {
        try perform("change meter") {
            try pool.write { database in
                var known = try Self.meter(meter.number, database)
                precondition(
                    known.countingDifferences(to: definition, bucketSeconds: known.bucketSeconds).isEmpty,
                    "a meter that counts something else is filled under a number of its own"
                )
                known.meter = definition
                known.updatedAt = now
                try MeterTable.write(known, database)
                return known
            }
        }
    }

    /// Makes the meter that is to take a live one's place with other dimensions, once it is filled.
    ///
    /// - Parameter fromSequence: the first sequence number that is read again.
    /// - Throws: `UsageStoreError.slugTaken` when one is being filled for it already.
    public func createReplacement(
        of meter: StoredMeter,
        with definition: Meter,
        fromSequence: UInt64,
        now: Int64
    ) throws(UsageStoreError) -> StoredMeter {
        try perform("change meter") {
            try pool.write { database in
                let known = try Self.meter(meter.number, database)
                if try Self.meters(database).contains(where: { $0.replaces == meter.number }) {
                    throw UsageStoreError.slugTaken(slug: definition.slug, changed: ["groupBy"], rests: false)
                }
                let replacement = StoredMeter(
                    number: try MeterTable.nextNumber(database),
                    id: known.id,
                    meter: definition,
                    bucketSeconds: known.bucketSeconds,
                    fromSequence: known.fromSequence,
                    ownership: known.ownership,
                    state: .filling,
                    active: false,
                    activity: known.activity,
                    replaces: known.number,
                    refill: RefillNote(from: fromSequence),
                    createdAt: known.createdAt,
                    updatedAt: now
                )
                try MeterTable.write(replacement, database)
                return replacement
            }
        }
    }

    /// Deletes a meter, live or being filled, with what is being filled for it. Its totals go with `purge`.
    ///
    /// Events that it counted stay counted in the ledger, which says what became of them when they came.
    public func delete(meter number: Int32, now: Int64) throws(UsageStoreError) {
        try perform("delete meter") {
            try pool.write { database in
                for meter in try Self.meters(database) where meter.number == number || meter.replaces == number {
                    let state: MeterTable.Gone = meter.state == .live ? .deleted : .abandoned
                    try MeterTable.remove(meter.number, as: state, now: now, database)
                }
            }
        }
    }

    /// A meter that is live or being filled.
    static func meter(_ number: Int32, _ database: Database) throws -> StoredMeter {
        guard let meter = try meters(database).first(where: { $0.number == number }) else {
            throw UsageStoreError.meterGone(number: number)
        }
        return meter
    }
}
