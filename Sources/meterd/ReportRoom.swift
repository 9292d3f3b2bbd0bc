import AsyncHTTPClient
import CloudEvents
import Engine
import Foundation
import HTTPServer
import Logging
import MeterdConfiguration
import ObjectStore
import Observability
import ReportDefinitions
import Reports
import ServiceLifecycle

/// The reports of a configuration with their destinations, as a service and for the API.
final class ReportRoom: Service, ReportService {
    let runner: ReportRunner
    private let scheduler: ReportScheduler
    private let engine: EngineService
    private let destinations: DestinationStores
    private let requests = ReportRequests()

    /// - Throws: when a destination cannot be used or the delivery record cannot be opened.
    init(
        configuration: Configuration,
        usage: EngineService,
        registry: MetricsRegistry,
        logger: Logger
    ) throws {
        // What can fail comes before the client for buckets, which has to be closed once it is there.
        try DestinationStores.check(configuration.destinations)
        let directory = configuration.storage.directory
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw EngineError.directory(path: directory, message: "cannot be made: \(error.localizedDescription)")
        }
        let records = try DeliveryRecords(path: directory + "/deliveries.sqlite")
        engine = usage
        destinations = DestinationStores(logger: logger)
        runner = ReportRunner(
            catalog: configuration.reportCatalog,
            stores: try destinations.stores(for: configuration.destinations),
            usage: ReportUsage(engine: usage),
            records: records,
            spoolDirectory: directory + "/spool",
            // Reports go on below the reserve, at which no more events are taken; a part of it is the log's own.
            spoolReserve: Int(configuration.storage.reserveBytes) / 4,
            metrics: registry,
            logger: logger
        )
        scheduler = ReportScheduler(runner: runner, logger: logger)
    }

    /// Runs reports by their schedules, once the log is replayed.
    func run() async throws {
        guard await engine.recovered() != nil else { return }
        await cancelWhenGracefulShutdown { [scheduler] in await scheduler.run() }
        requests.stop()
    }

    /// What another configuration's reports need, made before anything of it is taken up.
    func stores(for configuration: Configuration) throws -> [String: any ObjectStore] {
        try destinations.stores(for: configuration.destinations)
    }

    /// Takes up another configuration's reports.
    func replace(_ configuration: Configuration, stores: [String: any ObjectStore]) async {
        await runner.replace(catalog: configuration.reportCatalog, stores: stores)
        scheduler.reportsReplaced()
    }

    /// Closes connections to buckets.
    func close() async throws { try await destinations.close() }

    func run(_ request: ReportRunRequest) async throws(ReportServiceError) -> ReportRunResult {
        try await requests.perform { [runner, scheduler] in
            do throws(ReportError) {
                return .success(try await runner.run(request))
            } catch {
                if error.isPassing, !request.dryRun { scheduler.failedOnRequest(request.report) }
                return .failure(ReportServiceError(error))
            }
        }
    }

    func deliveries(
        of report: String,
        limit: Int,
        before: (period: String, revision: Int)?
    ) async throws(ReportServiceError) -> [DeliveryRecord] {
        do {
            return try await runner.deliveries(report: report, limit: limit, before: before)
        } catch {
            throw ReportServiceError(error)
        }
    }

    func progress(of report: String) async throws(ReportServiceError) -> ReportProgress? {
        guard await runner.reports.contains(where: { $0.name == report }) else { throw .unknownReport(report) }
        return await runner.progress(report: report)
    }

    func page(_ request: ReportPageRequest) async throws(ReportServiceError) -> any ReportPage {
        try await requests.perform { [runner] in
            do throws(ReportError) {
                return .success(try await runner.page(request))
            } catch {
                return .failure(ReportServiceError(error))
            }
        }
    }
}

extension ReportServiceError {
    init(_ error: ReportError) {
        switch error {
        case .unknownReport(let name, _): self = .unknownReport(name)
        case .invalidDays, .stillOpen: self = .invalidDays(error.description)
        case .busy(let report, _): self = .running(report)
        case .unsuitable: self = .unsuitable(error.description)
        case .destination: self = .destination(error.description)
        case .content: self = .content(error.description)
        case .definition, .usage, .storage, .cancelled: self = .unavailable(error.description)
        case .incomplete(_, let failures):
            if failures.contains(where: { if case .destination = $0 { true } else { false } }) {
                self = .destination(error.description)
            } else if failures.allSatisfy({ if case .content = $0 { true } else { false } }) {
                self = .content(error.description)
            } else {
                self = .unavailable(error.description)
            }
        }
    }
}
