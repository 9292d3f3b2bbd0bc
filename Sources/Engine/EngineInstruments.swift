import EventLog
import Observability
import UsageStore

/// What the engine shows on the metrics page.
struct EngineInstruments: Sendable {
    let checkpointSeconds: Histogram
    let syncSeconds: Histogram
    private let logFrames: Counter
    private let logEvents: Counter
    private let logBytes: Counter

    init(_ registry: MetricsRegistry) {
        checkpointSeconds = registry.histogram(
            "meterd_checkpoint_seconds",
            help: "Duration of checkpoints.",
            labels: [],
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        )
        syncSeconds = registry.histogram(
            "meterd_log_sync_seconds",
            help: "Duration of the log's group commits, write and sync together.",
            labels: [],
            buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
        )
        logFrames = registry.counter("meterd_log_frames_total", help: "Frames written to the log and synced.")
        logEvents = registry.counter("meterd_log_events_total", help: "Events written to the log and synced.")
        logBytes = registry.counter("meterd_log_bytes_total", help: "Bytes written to the log and synced.")
    }

    /// After each group commit, on the log's writer thread.
    func committed(_ sample: CommitSample) {
        syncSeconds.observe(sample.writeSeconds + sample.syncSeconds)
        logFrames.increment(by: sample.frames)
        logEvents.increment(by: sample.events)
        logBytes.increment(by: sample.bytes)
    }

    /// Registers what is read when the page is asked for.
    func observe(_ engine: Engine, in registry: MetricsRegistry) {
        registry.gauge("meterd_log_queue_bytes", help: "Bytes waiting to be written to the log.", labels: []) {
            [weak engine] in Double(engine?.log.queuedBytes ?? 0)
        }
        registry.gauge("meterd_apply_backlog_bytes", help: "Bytes on disk that are not in the totals yet.", labels: [])
        {
            [weak engine] in Double(engine?.queue.backlogBytes ?? 0)
        }
        registry.gauge("meterd_apply_lag_events", help: "Events on disk that are not in the totals yet.", labels: []) {
            [weak engine] in Double(engine?.health.applyLagEvents ?? 0)
        }
        registry.gauge("meterd_checkpoint_age_seconds", help: "Seconds since the last checkpoint.", labels: []) {
            [weak engine] in engine?.health.checkpointAge ?? 0
        }
        for (outcome, read) in Self.outcomes {
            registry.counter(
                "meterd_applied_events_total",
                help: "Events in the log by what became of them, since the start.",
                labels: [("outcome", outcome)],
                read: { [weak engine] in engine.map { read($0.outcomes) } ?? 0 }
            )
        }
        for (outcome, read) in Self.meterOutcomes {
            registry.counter(
                "meterd_meter_events_total",
                help: "Events by what the meters of their type made of them, all meters together, since the start.",
                labels: [("outcome", outcome)],
                read: { [weak engine] in engine.map { read($0.meterOutcomes) } ?? 0 }
            )
        }
        for (kind, read) in Self.corrections {
            registry.counter(
                "meterd_corrections_total",
                help: "Corrections applied since the start.",
                labels: [("kind", kind)],
                read: { [weak engine] in engine.map { read($0.outcomes) } ?? 0 }
            )
        }
        registry.gauge("meterd_disk_free_bytes", help: "Free bytes of the file system that holds the log.", labels: [])
        {
            [weak engine] in engine?.freeDiskBytes ?? 0
        }
    }

    private static let meterOutcomes: [(String, @Sendable (MeterLedgerCounts) -> Int)] = [
        ("counted", { $0.counted }), ("invalid", { $0.invalid }),
    ]

    private static let corrections: [(String, @Sendable (LedgerCounts) -> Int)] = [
        ("void", { $0.voided }), ("amend", { $0.amended }),
    ]

    private static let outcomes: [(String, @Sendable (LedgerCounts) -> Int)] = [
        ("counted", { $0.counted }), ("duplicate", { $0.duplicate }), ("conflict", { $0.conflict }),
        ("unmatched", { $0.unmatched }), ("invalid", { $0.invalid }), ("rejected", { $0.rejected }),
    ]
}
