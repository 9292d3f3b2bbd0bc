import EventLog
public import Metering
import Synchronization
import UsageStore

extension Engine {
    /// The most meters made over the API.
    public static let apiMeters = 1000
    /// Changes of meters that may wait for their turn.
    static let meterChangesWaiting = 64
    /// The width of buckets of meters made over the API, in seconds; finer windows are read from the log.
    private static let apiBucketSeconds: Int64 = 3600

    /// Makes a meter that counts from the next event on.
    ///
    /// - Parameter backfill: count what is in the log already, too. It goes on after this returns (`MeterRecord.backfill`);
    ///   until it is done, queries of the meter are refused (`QueryError.counting`).
    public func createMeter(_ meter: Meter, backfill: Bool) async throws(MeterChangeError) -> MeterRecord {
        try await changeMeters { engine, state throws(MeterChangeError) in
            try engine.create(meter, backfill: backfill, &state)
        }
    }

    /// Changes a meter's name, description, metadata or dimensions. With other dimensions it is counted anew from the log;
    /// until that is done it answers as before, with the old dimensions (`MeterRecord.backfill` tells how far it is).
    public func updateMeter(
        _ idOrSlug: String,
        _ change: MeterChange
    ) async throws(MeterChangeError) -> MeterRecord {
        try await changeMeters { engine, state throws(MeterChangeError) in
            try engine.update(idOrSlug, change, &state)
        }
    }

    /// Deletes a meter with its totals: one of the API, or one that the configuration names no more. What the ledger says
    /// of events it counted stays.
    public func deleteMeter(_ idOrSlug: String) async throws(MeterChangeError) {
        try await changeMeters { engine, state throws(MeterChangeError) in try engine.delete(idOrSlug, &state) }
    }

    /// Changes meters between two events, one change after another.
    private func changeMeters<R: Sendable>(
        _ change: @escaping @Sendable (Engine, inout ApplyState) throws(MeterChangeError) -> R
    ) async throws(MeterChangeError) -> R {
        let result = try await meterChanges.take { () async throws(MeterChangeError) in
            // What was acknowledged before is counted by the meters there were.
            guard await applied.wait(for: log.syncedThrough, timeout: Self.applyTimeout) else {
                throw .unavailable("the totals are behind the log; try again")
            }
            return try await meterChanges.onDisk { () throws(MeterChangeError) in
                if let reason = self.failure.reason { throw .unavailable(reason) }
                return try self.state.withLock { state throws(MeterChangeError) in try change(self, &state) }
            }
        }
        guard let result else {
            throw .unavailable("\(meterChanges.mostWaiting) changes of meters wait already; try again")
        }
        return result
    }

    private func create(
        _ meter: Meter,
        backfill: Bool,
        _ state: inout ApplyState
    ) throws(MeterChangeError) -> MeterRecord {
        let meters = state.applier.meters
        if let taken = meters.first(where: { $0.replaces == nil && $0.meter.slug == meter.slug }) {
            try Self.checkTaken(taken, by: meter, backfill: backfill)
        }
        guard meters.count(where: { $0.ownership == .api && $0.replaces == nil }) < Self.apiMeters else {
            throw .tooMany(limit: Self.apiMeters)
        }
        let now = clock.wall()
        let from = backfill ? state.begins(store) : state.applier.nextSequence
        let request = MeterRequest(meter: meter, bucketSeconds: Self.apiBucketSeconds)
        let number = try install(&state) { () throws(UsageStoreError) in
            try store.create(
                request,
                ownership: .api,
                fromSequence: from,
                filling: backfill,
                now: now,
                id: ULID.make(at: now)
            ).number
        }
        if backfill { refills.add(number) }
        return try record(of: number, state)
    }

    /// Whether a meter that has the slug lets another be made: only one that rests and counts the same.
    private static func checkTaken(
        _ taken: StoredMeter,
        by meter: Meter,
        backfill: Bool
    ) throws(MeterChangeError) {
        let slug = meter.slug
        if taken.owner == .configuration { throw .slugTaken("the configuration has a meter \"\(slug)\"") }
        if taken.owner == .api { throw .slugTaken("there is a meter \"\(slug)\" already, with the id \(taken.id)") }
        let changed = taken.countingDifferences(to: meter, bucketSeconds: taken.bucketSeconds)
        let rests = "a meter \"\(slug)\" that the configuration names no more rests with its totals"
        let wayOut = "DELETE /api/v1/meters/\(slug) gives them up and frees the slug"
        guard changed.isEmpty else {
            throw .slugTaken("\(rests), and its \(changed.joined(separator: ", ")) is another; \(wayOut)")
        }
        if backfill {
            throw .slugTaken("\(rests); without backfill it goes on from them, with one it would lose them; \(wayOut)")
        }
    }

    private func update(
        _ idOrSlug: String,
        _ change: MeterChange,
        _ state: inout ApplyState
    ) throws(MeterChangeError) -> MeterRecord {
        let found = try find(idOrSlug, state.applier.meters)
        guard let meter = found, meter.owner != .nobody else { throw .unknownMeter(idOrSlug) }
        let old = meter.meter
        if meter.owner == .configuration { throw .configured(slug: old.slug) }
        let isCounting = meter.state == .filling || state.applier.meters.contains { $0.replaces == meter.number }
        if isCounting { throw .counting(slug: old.slug) }
        let groupBy = change.groupBy ?? old.groupBy
        let wanted: Meter
        do throws(MeterError) {
            wanted = try Meter(
                slug: old.slug,
                name: change.name ?? old.name,
                description: change.description ?? old.description,
                eventType: old.eventType,
                eventFrom: old.eventFrom,
                aggregation: old.aggregation,
                valueProperty: old.valueProperty,
                groupBy: groupBy,
                filters: old.filters,
                metadata: change.metadata ?? old.metadata
            )
        } catch {
            throw .invalid(error)
        }
        let now = clock.wall()
        if wanted.groupBy == old.groupBy {
            try install(&state) { () throws(UsageStoreError) in _ = try store.update(meter, to: wanted, now: now) }
        } else {
            let from = state.begins(store)
            let named = try Self.named(old, as: wanted)
            // Its name is the new one at once; only its dimensions have to be counted first.
            let filling = try install(&state) { () throws(UsageStoreError) in
                let meter = named == old ? meter : try store.update(meter, to: named, now: now)
                return try store.createReplacement(of: meter, with: wanted, fromSequence: from, now: now).number
            }
            refills.add(filling)
        }
        return try record(of: meter.number, state)
    }

    /// A meter with the name, description and metadata of another one.
    private static func named(_ meter: Meter, as other: Meter) throws(MeterChangeError) -> Meter {
        do throws(MeterError) {
            return try Meter(
                slug: meter.slug,
                name: other.name,
                description: other.description,
                eventType: meter.eventType,
                eventFrom: meter.eventFrom,
                aggregation: meter.aggregation,
                valueProperty: meter.valueProperty,
                groupBy: meter.groupBy,
                filters: meter.filters,
                metadata: other.metadata
            )
        } catch {
            throw .invalid(error)
        }
    }

    private func delete(_ idOrSlug: String, _ state: inout ApplyState) throws(MeterChangeError) {
        guard let meter = try find(idOrSlug, state.applier.meters) else { throw .unknownMeter(idOrSlug) }
        if meter.owner == .configuration { throw .configured(slug: meter.meter.slug) }
        let gone = state.applier.meters.filter { $0.number == meter.number || $0.replaces == meter.number }
        refills.keep(only: Set(state.applier.meters.map(\.number)).subtracting(gone.map(\.number)))
        let now = clock.wall()
        try install(&state) { () throws(UsageStoreError) in try store.delete(meter: meter.number, now: now) }
        state.hasDeletedRows = true
    }

    /// The meter with a slug or an id, also one that rests.
    private func find(_ idOrSlug: String, _ meters: [StoredMeter]) throws(MeterChangeError) -> StoredMeter? {
        meters.first { $0.replaces == nil && ($0.meter.slug == idOrSlug || $0.id == idOrSlug) }
    }

    /// Commits what is applied, lets the store change its meters, and counts by those from the next event on. A crash in
    /// between leaves what was before or what is after: replay begins behind the commit either way.
    @discardableResult
    private func install<R>(
        _ state: inout ApplyState,
        _ change: () throws(UsageStoreError) -> R
    ) throws(MeterChangeError) -> R {
        do {
            try Self.commit(&state, now: clock.wall(), elapsed: clock.elapsed())
            let result = try change()
            state.applier.adopt(try store.meters())
            return result
        } catch {
            throw .unavailable("\(EngineError(error))")
        }
    }

    private func record(of number: Int32, _ state: borrowing ApplyState) throws(MeterChangeError) -> MeterRecord {
        let records = Self.records(state.applier.meters, refills)
        guard let record = records[number] else { throw .unavailable("the meter was changed meanwhile") }
        return record
    }
}
