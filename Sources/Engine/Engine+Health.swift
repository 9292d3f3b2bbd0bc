import EventLog
import Foundation
import Observability
import Synchronization
import UsageStore

extension Engine {
    /// What readiness and the metrics page need to know.
    public var health: EngineHealth {
        let synced = log.syncedThrough
        let next = applied.nextSequence
        let lag = synced > next ? synced - next : 0
        let elapsed = clock.elapsed()
        let checkpointElapsed = state.withLockIfAvailable { $0.checkpointElapsed } ?? elapsed
        return EngineHealth(
            recovered: true,
            failure: failure.reason ?? (arrivals.arrival() == nil ? ArrivalClock.refusal : nil),
            diskLow: log.metrics.diskLow,
            applyLagEvents: lag,
            applyStalledSeconds: lag == 0 ? 0 : min(applied.secondsSinceMove, queue.secondsSinceBacklog),
            checkpointAge: max(0, Double(elapsed - checkpointElapsed) / 1e6)
        )
    }

    /// Bytes on disk that are not in the totals yet.
    public var applyBacklogBytes: Int { queue.backlogBytes }

    /// Events applied since the start, by what became of them.
    var outcomes: LedgerCounts { state.withLock { $0.applier.outcomes } }

    /// The same seen by the meters, all together.
    var meterOutcomes: MeterLedgerCounts { state.withLock { $0.applier.meterOutcomes } }

    /// Seconds spent since the start on the log, and on the two halves of apply; for benchmarks and the metrics page.
    public var stages: (log: Double, dedupe: Double, totals: Double) {
        let applied = state.withLock { ($0.applier.dedupeNanoseconds, $0.applier.totalsNanoseconds) }
        return (instruments.syncSeconds.sum, Double(applied.0) / 1e9, Double(applied.1) / 1e9)
    }

    /// Free bytes of the file system that holds the log.
    var freeDiskBytes: Double {
        var status = statvfs()
        guard statvfs(settings.directory, &status) == 0 else { return 0 }
        return Double(status.f_bavail) * Double(status.f_frsize)
    }
}
