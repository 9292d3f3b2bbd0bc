import CloudEvents
import DedupeIndex
import EventLog
import Foundation
import Logging
import UsageStore

/// Opening an engine's directory: the checkpoint, then the log from there on, then the configured meters.
struct Recovery {
    let log: EventLog
    let store: UsageStore
    let key: FingerprintKey
    let applier: Applier
    /// The first sequence number that is not in the store's checkpoint.
    let checkpointSequence: UInt64

    static func open(
        settings: EngineSettings,
        options: LogOptions,
        meters: [MeterRequest],
        logger: Logger,
        clock: EngineClock
    ) throws(EngineError) -> Recovery {
        let log = try openLog(settings, options)
        do {
            let store = try UsageStore(directory: settings.directory)
            let secret = try store.identity("fingerprint secret") { (0..<16).map { _ in UInt8.random(in: 0...255) } }
            let checkpoint = try store.checkpoint()
            var options = DedupeOptions()
            options.storeIdentity = log.identity.low
            let dedupe = try DedupeIndex(
                directory: settings.directory + "/dedupe",
                windowDays: settings.dedupeWindowDays,
                restoring: checkpoint?.dedupeRuns ?? [],
                options: options
            )
            var applier = Applier(
                store: store,
                totals: try store.totals(),
                dedupe: dedupe,
                log: log,
                streams: StreamPositions(try store.positions()),
                meters: try store.meters(),
                nextSequence: checkpoint?.nextSequence ?? log.recovery.firstSequence
            )
            let key = try fingerprintKey(secret)
            let begins = log.recovery.firstSequence
            // A store without a checkpoint, or one that a crash left between its first checkpoint and its meters, counts
            // the whole log by the configured meters.
            if checkpoint == nil || (applier.meters.isEmpty && applier.nextSequence == begins) {
                if begins > 0 {
                    logger.warning(
                        "the store is new and the log is not: totals begin here",
                        metadata: ["event": "\(begins)"]
                    )
                }
                try install(
                    meters,
                    store: store,
                    applier: &applier,
                    keepEventsFrom: begins,
                    first: true,
                    now: clock.wall()
                )
            }
            try replay(
                log,
                into: &applier,
                key: key,
                commitBytes: settings.checkpointBytes,
                logger: logger,
                clock: clock
            )
            try install(
                meters,
                store: store,
                applier: &applier,
                keepEventsFrom: begins,
                first: false,
                now: clock.wall()
            )
            let committed = try store.checkpoint()?.nextSequence ?? applier.nextSequence
            return Recovery(log: log, store: store, key: key, applier: applier, checkpointSequence: committed)
        } catch {
            log.close()
            throw EngineError(error)
        }
    }

    /// Commits what is applied and makes `meters` the active ones from the next event on.
    static func install(
        _ meters: [MeterRequest],
        store: UsageStore,
        applier: inout Applier,
        keepEventsFrom: UInt64,
        first: Bool,
        now: Int64
    ) throws {
        let active = applier.meters.filter { $0.active && $0.ownership == .configuration }
        let same = active.map { MeterRequest(meter: $0.meter, bucketSeconds: $0.bucketSeconds) }
        if !first, Set(same) == Set(meters) { return }
        try applier.commit(keepEventsFrom: keepEventsFrom, now: now)
        let installed = try store.install(
            meters,
            fromSequence: applier.nextSequence,
            now: now,
            makeID: { ULID.make(at: now) }
        )
        applier.adopt(installed)
    }

    private static func openLog(_ settings: EngineSettings, _ options: LogOptions) throws(EngineError) -> EventLog {
        let directory = Engine.logDirectory(of: settings.directory)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .directory(path: directory, message: "cannot be made: \(error.localizedDescription)")
        }
        do {
            return try EventLog.open(directory: directory, options: options)
        } catch {
            throw EngineError(error)
        }
    }

    private static func fingerprintKey(_ secret: [UInt8]) throws(EngineError) -> FingerprintKey {
        guard secret.count == 16 else {
            throw .contradiction("usage.sqlite: the fingerprint secret has \(secret.count) bytes instead of 16")
        }
        return secret.withUnsafeBytes { bytes in
            FingerprintKey(
                secret: (
                    UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            )
        }
    }

    private static func replay(
        _ log: EventLog,
        into applier: inout Applier,
        key: FingerprintKey,
        commitBytes: Int,
        logger: Logger,
        clock: EngineClock
    ) throws {
        let from = applier.nextSequence
        let recovery = log.recovery
        guard from >= recovery.firstSequence else {
            throw EngineError.contradiction(
                "the totals hold events up to \(from), but the log begins at \(recovery.firstSequence): "
                    + "segments in between are missing; restore them from the backup the totals came from"
            )
        }
        guard from <= recovery.nextSequence else {
            throw EngineError.contradiction(
                "the totals hold events up to \(from), but the log ends at \(recovery.nextSequence): "
                    + "the log is older than the totals; restore both from the same backup"
            )
        }
        guard from < recovery.nextSequence else { return }
        let started = ContinuousClock.now
        let decoder = EventDecoder(profile: .cloudevents, limits: .replay)
        let cursor = try log.frames(from: from)
        var bytesSinceCommit = 0
        while let frame = try cursor.next() {
            try Engine.apply(
                frame,
                to: &applier,
                begins: recovery.firstSequence,
                decoder: decoder,
                key: key,
                gaps: recovery.gaps
            )
            bytesSinceCommit += frame.payload.count
            if bytesSinceCommit > commitBytes || applier.totals.isCrowded {
                try applier.commit(keepEventsFrom: recovery.firstSequence, now: clock.wall())
                bytesSinceCommit = 0
            }
        }
        // A repair may have given up the end of the log.
        if applier.nextSequence < recovery.nextSequence {
            try applier.skip(to: recovery.nextSequence, over: recovery.gaps)
        }
        logger.info(
            "replayed the log",
            metadata: [
                "events": "\(applier.nextSequence - from)", "from": "\(from)",
                "seconds": "\(started.duration(to: .now).seconds)",
            ]
        )
    }
}

extension DecodeLimits {
    /// Events in the log were accepted under the limits of their day; replay takes them all.
    static let replay = DecodeLimits(events: .max, event: .max)
}
