import CloudEvents
import Observability
import ReportDefinitions
import Synchronization

/// The reports' metrics, one set a report.
final class ReportMetrics: Sendable {
    private let registry: MetricsRegistry
    private let clock: ReportClock
    private let sets = Mutex<[String: Set]>([:])

    /// The metrics of one report.
    struct Set: Sendable {
        let succeeded: Counter
        let failed: Counter
        let written: Counter
        let unchanged: Counter
        let rows: Counter
        let skippedRows: Counter
        let bytes: Counter
        let success: LastSuccess
    }

    /// When a report last succeeded; until it does, since when it is known.
    final class LastSuccess: Sendable {
        private let state: Mutex<(known: Timestamp, success: Timestamp?)>

        init(known: Timestamp) {
            state = Mutex((known, nil))
        }

        var moment: Timestamp? {
            get { state.withLock { $0.success } }
            set { state.withLock { $0.success = newValue } }
        }

        func age(at now: Timestamp) -> Double {
            let since = state.withLock { $0.success ?? $0.known }
            return Double(now.microseconds - since.microseconds) / 1_000_000
        }
    }

    init(registry: MetricsRegistry, clock: ReportClock) {
        self.registry = registry
        self.clock = clock
    }

    /// The metrics of a report, made when they are first asked for.
    func of(_ report: String) -> Set {
        sets.withLock { sets in
            if let known = sets[report] { return known }
            let made = make(report)
            sets[report] = made
            return made
        }
    }

    /// Counts what a run delivered.
    func count(_ result: ReportRunResult) {
        let metrics = of(result.report)
        for file in result.files {
            switch file.outcome {
            case .written:
                metrics.written.increment()
                metrics.rows.increment(by: file.rows)
                metrics.bytes.increment(by: file.bytes)
                metrics.skippedRows.increment(by: file.skippedRows)
            case .unchanged: metrics.unchanged.increment()
            case .planned, .empty: break
            }
        }
    }

    private func make(_ report: String) -> Set {
        let success = LastSuccess(known: clock.now())
        let label = [("report", report)]
        registry.gauge(
            "meterd_report_last_success_timestamp_seconds",
            help: "When the report last ran to its end; 0: never.",
            labels: label
        ) { Double(success.moment?.microseconds ?? 0) / 1_000_000 }
        let clock = clock
        registry.gauge(
            "meterd_report_age_seconds",
            help: "Seconds since the report last ran to its end, or since the start when it never did.",
            labels: label
        ) { success.age(at: clock.now()) }
        func runs(_ outcome: String) -> Counter {
            registry.counter(
                "meterd_report_runs_total",
                help: "Runs of the report by outcome.",
                labels: label + [("outcome", outcome)]
            )
        }
        func files(_ outcome: String) -> Counter {
            registry.counter(
                "meterd_report_files_total",
                help: "Files of the report, written or found unchanged.",
                labels: label + [("outcome", outcome)]
            )
        }
        return Set(
            succeeded: runs("succeeded"),
            failed: runs("failed"),
            written: files("written"),
            unchanged: files("unchanged"),
            rows: registry.counter(
                "meterd_report_rows_total",
                help: "Rows in the files written.",
                labels: label
            ),
            skippedRows: registry.counter(
                "meterd_report_skipped_rows_total",
                help: "Rows the format does not take.",
                labels: label
            ),
            bytes: registry.counter(
                "meterd_report_bytes_total",
                help: "Bytes in the files written.",
                labels: label
            ),
            success: success
        )
    }
}
