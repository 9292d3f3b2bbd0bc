import CloudEvents
public import Logging
import Metering
public import ObjectStore
public import Observability
public import ReportDefinitions

/// Runs reports: on request and for the scheduler, one run of a report at a time.
public actor ReportRunner {
    private var catalog: ReportCatalog
    private var stores: [String: any ObjectStore]
    private let usage: any UsageService
    private let records: DeliveryRecords
    private let spool: SpoolSettings
    private let rowLimit: Int?
    let clock: ReportClock
    let logger: Logger
    let metrics: ReportMetrics
    private let lanes = ReportLanes()
    private let pageLanes = ReportLanes()
    /// Of the runs that are under way, by report.
    private var underWay: [String: RunProgress] = [:]

    /// Makes a runner.
    /// - Parameters:
    ///   - catalog: the reports and what they refer to.
    ///   - stores: the destinations by name, each rooted where its prefix says.
    ///   - spoolDirectory: where files too large for memory are kept while they are made; made when it is needed.
    ///   - spoolMemoryLimit: bytes of a file that are kept in memory before they go there.
    ///   - spoolReserve: bytes of that disk that stay free.
    public init(
        catalog: ReportCatalog,
        stores: [String: any ObjectStore],
        usage: any UsageService,
        records: DeliveryRecords,
        spoolDirectory: String,
        spoolMemoryLimit: Int = 8 << 20,
        spoolReserve: Int = 0,
        clock: ReportClock = .system,
        metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.init(
            catalog: catalog,
            stores: stores,
            usage: usage,
            records: records,
            spool: SpoolSettings(
                directory: spoolDirectory,
                memoryLimit: spoolMemoryLimit,
                reserve: spoolReserve
            ),
            rowLimit: nil,
            clock: clock,
            metrics: metrics,
            logger: logger
        )
    }

    /// Makes a runner whose data files have `rowLimit` rows at most where the formats allow more, so that a test has several.
    init(
        catalog: ReportCatalog,
        stores: [String: any ObjectStore],
        usage: any UsageService,
        records: DeliveryRecords,
        spool: SpoolSettings,
        rowLimit: Int?,
        clock: ReportClock,
        metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.catalog = catalog
        self.stores = stores
        self.usage = usage
        self.records = records
        self.spool = spool
        self.rowLimit = rowLimit
        self.clock = clock
        self.logger = logger
        self.metrics = ReportMetrics(registry: metrics, clock: clock)
    }

    /// Takes another catalog. Runs under way finish with the one they began with; tell the scheduler too.
    public func replace(catalog: ReportCatalog, stores: [String: any ObjectStore]) {
        self.catalog = catalog
        self.stores = stores
    }

    /// Runs a report now, after those of its runs that wait already.
    public func run(_ request: ReportRunRequest) async throws(ReportError) -> ReportRunResult {
        // An unknown name is refused at once; the report itself is read when it is its turn, it may have changed by then.
        _ = try report(request.report)
        try await lanes.enter(request.report)
        let result: Result<ReportRunResult, ReportError>
        do throws(ReportError) {
            result = .success(try await runNow(request))
        } catch {
            result = .failure(error)
        }
        await lanes.leave(request.report)
        return try result.get()
    }

    /// What was delivered of a report: the latest period first, its latest revision first; with `before`, what comes
    /// behind that revision in this order.
    public func deliveries(
        report name: String,
        limit: Int = 10_000,
        before: (period: String, revision: Int)? = nil
    ) async throws(ReportError) -> [DeliveryRecord] {
        _ = try report(name)
        do throws(DeliveryRecordsError) {
            return try await records.deliveries(report: name, limit: limit, before: before)
        } catch {
            throw .storage(report: name, reason: "\(error)")
        }
    }

    /// How far the report's run has come; nil when none is under way.
    public func progress(report name: String) -> ReportProgress? { underWay[name]?.now }

    /// Makes a page from the usage of closed days, after those pages of the report that are being made.
    public func page(_ request: ReportPageRequest) async throws(ReportError) -> any ReportPage {
        let name: String
        switch request {
        case .focusCSV(let report, _, _), .krateoCost(let report, _): name = report
        case .krateoUsage: name = ReportPages.usageName
        }
        try await pageLanes.enter(name)
        let pages = ReportPages(catalog: catalog, usage: usage, spool: spool, now: clock.now())
        let result: Result<any ReportPage, ReportError>
        do throws(ReportError) {
            result = .success(
                try await onReportThread {
                    do throws(ReportError) { return .success(try await pages.make(request)) } catch {
                        return .failure(error)
                    }
                }
            )
        } catch {
            result = .failure(error)
        }
        await pageLanes.leave(name)
        return try result.get()
    }

    /// The reports as they are configured now.
    public var reports: [Report] { catalog.reports }

    /// How a report's runs went, from the delivery record.
    func runState(report: String) async throws(DeliveryRecordsError) -> ReportRunState {
        let state = try await records.runState(report: report, now: clock.now())
        let success = metrics.of(report).success
        if success.moment == nil { success.moment = state.succeededAt }
        return state
    }

    private func report(_ name: String) throws(ReportError) -> Report {
        guard let report = catalog.report(named: name) else {
            throw .unknownReport(name, known: catalog.reports.map(\.name))
        }
        return report
    }

    private func runNow(_ request: ReportRunRequest) async throws(ReportError) -> ReportRunResult {
        let report = try report(request.report)
        guard let store = stores[report.destination] else {
            throw .definition(report: report.name, reason: "there is no destination \(report.destination)")
        }
        let began = clock.now()
        let progress = RunProgress(report: report.name, dryRun: request.dryRun, began: began)
        underWay[report.name] = progress
        defer { underWay[report.name] = nil }
        let run = ReportRun(
            report: report,
            catalog: catalog,
            store: store,
            usage: usage,
            records: records,
            spool: spool,
            rowLimit: rowLimit,
            progress: progress,
            clock: clock,
            logger: logger
        )
        do throws(ReportError) {
            let result = try await onReportThread {
                do throws(ReportError) { return .success(try await run.run(request)) } catch { return .failure(error) }
            }
            if !request.dryRun { await conclude(request, began: began, result: result, failure: nil) }
            return result
        } catch {
            if !request.dryRun {
                var delivered: ReportRunResult?
                if case .incomplete(let partial, _) = error { delivered = partial }
                await conclude(request, began: began, result: delivered, failure: error)
            }
            throw error
        }
    }

    /// Counts, logs and remembers how a run ended.
    private func conclude(
        _ request: ReportRunRequest,
        began: Timestamp,
        result: ReportRunResult?,
        failure: ReportError?
    ) async {
        if case .cancelled? = failure {
            logger.info("report stopped", metadata: ["report": "\(request.report)"])
            return
        }
        if let failure, failure.isInvalidRequest {
            logger.info("report refused", metadata: ["report": "\(request.report)", "error": "\(failure)"])
            return
        }
        let set = metrics.of(request.report)
        if let result { metrics.count(result) }
        let now = clock.now()
        if let failure {
            set.failed.increment()
            logger.error("report failed", metadata: ["report": "\(request.report)", "error": "\(failure)"])
        } else {
            set.succeeded.increment()
            logger.info("report done", metadata: summary(result, report: request.report))
        }
        // Only a run over all changed days satisfies the schedule.
        guard request.days == nil else { return }
        if failure == nil { set.success.moment = now }
        do throws(DeliveryRecordsError) {
            try await records.recordRun(
                report: request.report,
                began: began,
                finished: now,
                failure: failure.map { "\($0)" }
            )
        } catch {
            logger.error("report run not recorded", metadata: ["report": "\(request.report)", "error": "\(error)"])
        }
    }

    private func summary(_ result: ReportRunResult?, report: String) -> Logger.Metadata {
        guard let result else { return ["report": "\(report)"] }
        return [
            "report": "\(report)", "written": "\(result.files.count { $0.outcome == .written })",
            "unchanged": "\(result.files.count { $0.outcome == .unchanged })", "rows": "\(result.rows)",
            "bytes": "\(result.bytes)", "skippedRows": "\(result.skippedRows)",
        ]
    }
}
