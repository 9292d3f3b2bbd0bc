public import CloudEvents
import DedupeIndex
import Dispatch
import EventLog
import Foundation
public import Logging
import Metering
public import Observability
import Synchronization
public import UsageStore

/// The way of an event: decoded batches into the log, the log into dedupe index and totals, totals into answers.
///
/// `append`, `query` and `bucketRevisions` are the heart of the surface, so that a second engine on other storage can
/// stand behind the same API.
public final class Engine: Sendable {
    let settings: EngineSettings
    let log: EventLog
    let store: UsageStore
    let fingerprintKey: FingerprintKey
    let queue: ApplyQueue
    let applied: AppliedPosition
    let streams: StreamPositions
    let state: Mutex<ApplyState>
    let failure: FailureSignal
    let rejected: [Atomic64]
    let instruments: EngineInstruments
    let logger: Logger
    let clock: EngineClock
    let arrivals: ArrivalClock
    let threads: EngineThreads
    let reading = ReadingState()
    let refills = RefillSchedule()
    /// Corrections and changes of meters wait for the disk, each kind in its order.
    let corrections = WorkTurns("meterd-correct", mostWaiting: Engine.correctionsWaiting)
    let meterChanges = WorkTurns("meterd-meters", mostWaiting: Engine.meterChangesWaiting)

    /// What the apply thread works on; queries and checkpoints take turns with it.
    struct ApplyState {
        var applier: Applier
        /// When the last checkpoint was made, by the clock that nobody can set, in microseconds.
        var checkpointElapsed: Int64
        /// The first sequence number that is not in it.
        var checkpointSequence: UInt64
        /// The oldest sequence number the log still has.
        var logBegins: UInt64
        /// Rows of deleted meters are left in the store.
        var hasDeletedRows = true
        /// Corrections applied since the meter that is being counted from the log last looked; nil while there is none.
        var corrected: [AppliedCorrection]?

        /// The oldest event that can be counted again.
        func begins(_ store: UsageStore) -> UInt64 { max(logBegins, store.explainedFrom) }
    }

    /// The path of the log below the engine's directory.
    public static func logDirectory(of directory: String) -> String { directory + "/log" }

    /// Opens the directory, replays what the last checkpoint does not hold, and takes up the configured meters.
    ///
    /// - Parameters:
    ///   - onFailure: called once when the engine can go on no more, on the thread that failed, so it returns at once; the
    ///     process should answer what waits, exit, and be started again.
    /// - Throws: `EngineError`, whose text says which file is wrong and what to do.
    public init(
        settings: EngineSettings,
        meters: [MeterRequest],
        registry: MetricsRegistry,
        logger: Logger,
        clock: EngineClock = .system,
        onFailure: @escaping @Sendable (String) -> Void
    ) throws(EngineError) {
        let failure = FailureSignal(onFailure)
        let instruments = EngineInstruments(registry)
        var options = settings.log
        options.reserveBytes = settings.reserveBytes
        options.observer.committed = { instruments.committed($0) }
        options.observer.failed = { failure.fail($0.description) }
        let opened = try Recovery.open(
            settings: settings,
            options: options,
            meters: meters,
            logger: logger,
            clock: clock
        )
        self.settings = settings
        self.logger = logger
        self.clock = clock
        arrivals = ArrivalClock(clock)
        log = opened.log
        store = opened.store
        fingerprintKey = opened.key
        self.failure = failure
        self.instruments = instruments
        queue = ApplyQueue()
        applied = AppliedPosition(nextSequence: opened.applier.nextSequence)
        streams = opened.applier.streams
        rejected = IngestOrigin.allCases.map { _ in Atomic64() }
        threads = EngineThreads()
        let filling = opened.applier.meters.filter { $0.state == .filling && $0.refill?.failure == nil }
        state = Mutex(
            ApplyState(
                applier: opened.applier,
                checkpointElapsed: clock.elapsed(),
                checkpointSequence: opened.checkpointSequence,
                logBegins: opened.log.recovery.firstSequence
            )
        )
        do {
            try log.start(follower: queue)
        } catch {
            throw EngineError(error)
        }
        threads.start("meterd-apply") { [self] in runApply() }
        for meter in filling { refills.add(meter.number) }
        threads.start("meterd-refill") { [self] in runRefills() }
        instruments.observe(self, in: registry)
    }

    /// A decoder for one thread, with the engine's profile and limits.
    public func makeDecoder() -> EventDecoder {
        EventDecoder(profile: settings.profile, limits: settings.limits)
    }

    /// Takes note of events that were refused at the door; they reach the ledger with the next frame.
    public func reject(count: Int, origin: IngestOrigin) {
        rejected[Int(origin.rawValue)].value.add(Int64(count), ordering: .relaxed)
    }

    /// Stops: what is queued goes to disk, what is on disk into the totals, and a checkpoint is made.
    public func stop() {
        flushRejections()
        refills.stop()
        log.close()
        queue.close()
        threads.join()
    }

    /// Puts the counts of refused events into the log. It does not wait for the disk: a crash may forget the last second's.
    func flushRejections() {
        guard let arrival = arrivals.arrival() else { return }
        for origin in IngestOrigin.allCases {
            let count = rejected[Int(origin.rawValue)].value.exchange(0, ordering: .relaxed)
            guard count > 0 else { continue }
            let payload = RejectionPayload.make(count: UInt64(count))
            let draft = FrameDraft(
                kind: FrameKind.rejections.rawValue,
                origin: origin.rawValue,
                count: 1,
                arrival: arrival,
                positions: [],
                payload: payload.bytes,
                owner: payload,
                completion: { [counter = rejected[Int(origin.rawValue)]] outcome in
                    if case .failure = outcome { counter.value.add(count, ordering: .relaxed) }
                }
            )
            do {
                try log.submit(draft)
            } catch {
                rejected[Int(origin.rawValue)].value.add(count, ordering: .relaxed)
            }
        }
    }
}
