import CloudEvents
import Metering
import Synchronization
public import UsageStore

extension Engine {
    /// The active meters, in the order they were first seen.
    public var meters: [MeterRecord] {
        state.withLock { $0.applier.meters.filter(\.active).map(MeterRecord.init) }
    }

    /// Counts by other meters from the next event on, or leaves everything as it is and says why.
    ///
    /// New meters count events that come from now on; meters that are not named any more keep their totals.
    /// - Throws: `EngineError.meterRedefined` when a meter that has counted would count by another definition.
    public func reconfigure(_ meters: [MeterRequest]) throws(EngineError) {
        let now = clock.wall()
        try state.withLock { state throws(EngineError) in
            do {
                try Recovery.install(
                    meters,
                    store: store,
                    applier: &state.applier,
                    keepEventsFrom: state.logBegins,
                    first: false,
                    now: now
                )
            } catch {
                throw EngineError(error)
            }
        }
    }

    /// The meter with this slug or id.
    func meter(_ slugOrID: String) throws(QueryError) -> StoredMeter {
        let found = state.withLock { state in
            state.applier.meters.first { $0.active && ($0.meter.slug == slugOrID || $0.id == slugOrID) }
        }
        guard let found else { throw .unknownMeter(slugOrID) }
        return found
    }
}

extension MeterRecord {
    init(_ stored: StoredMeter) {
        self.init(
            id: stored.id,
            meter: stored.meter,
            createdAt: Timestamp(microseconds: stored.createdAt),
            updatedAt: Timestamp(microseconds: stored.updatedAt)
        )
    }
}
