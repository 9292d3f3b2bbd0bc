import CloudEvents
import Metering
import Synchronization
public import UsageStore

extension Engine {
    /// The meters of the configuration and of the API, in the order they were first seen; those among them that are being
    /// counted from the log say so.
    public var meters: [MeterRecord] {
        let meters = state.withLock { $0.applier.meters }
        let records = Self.records(meters, refills)
        return meters.compactMap { records[$0.number] }
    }

    /// Counts by other meters of the configuration from the next event on, or leaves everything as it is and says why.
    ///
    /// New meters count events that come from now on; meters that are not named any more keep their totals. A meter that
    /// was made over the API and counts the same becomes the configuration's.
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
            // A count with other dimensions of what is the configuration's now is given up.
            refills.keep(only: Set(state.applier.meters.map(\.number)))
            state.hasDeletedRows = true
        }
    }

    /// The meter with this slug or id, to be read.
    func meter(_ slugOrID: String) throws(QueryError) -> StoredMeter {
        let found = state.withLock { state in
            state.applier.meters.first {
                $0.replaces == nil && $0.owner != .nobody && ($0.meter.slug == slugOrID || $0.id == slugOrID)
            }
        }
        guard let found else { throw .unknownMeter(slugOrID) }
        if let failure = found.refill?.failure, found.state == .filling {
            throw .unavailable("the meter \"\(found.meter.slug)\" could not be counted from the log: \(failure)")
        }
        if found.state == .filling { throw .counting(found.meter.slug) }
        return found
    }

    /// The meters as they are shown, by number. A count with other dimensions shows with the meter whose place it takes.
    static func records(_ meters: [StoredMeter], _ refills: RefillSchedule) -> [Int32: MeterRecord] {
        var records: [Int32: MeterRecord] = [:]
        for meter in meters where meter.replaces == nil && meter.owner != .nobody {
            let filling = meters.first {
                $0.number == meter.number && $0.state == .filling || $0.replaces == meter.number
            }
            let progress = filling.flatMap { refills.progress(of: $0.number) }
            records[meter.number] = MeterRecord(meter, backfill: progress ?? meter.refill.map(BackfillProgress.init))
        }
        return records
    }
}

extension StoredMeter {
    /// Who it belongs to.
    var owner: MeterOwner {
        switch ownership {
        case .api: .api
        case .configuration: active || state == .filling ? .configuration : .nobody
        }
    }
}

extension MeterRecord {
    init(_ stored: StoredMeter, backfill: BackfillProgress?) {
        self.init(
            id: stored.id,
            meter: stored.meter,
            createdAt: Timestamp(microseconds: stored.createdAt),
            updatedAt: Timestamp(microseconds: stored.updatedAt),
            owner: stored.owner,
            backfill: backfill
        )
    }
}

extension BackfillProgress {
    /// What the store keeps of a count that is not under way.
    init(_ note: RefillNote) {
        let total = (note.through ?? note.from) - note.from
        if let failure = note.failure {
            self.init(state: .failed(failure), done: 0, total: total, fromSequence: note.from)
        } else if note.through != nil {
            self.init(state: .done, done: total, total: total, fromSequence: note.from)
        } else {
            self.init(state: .running, done: 0, total: 0, fromSequence: note.from)
        }
    }
}
