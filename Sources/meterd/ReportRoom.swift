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
    private let destinations: DestinationStores

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
        destinations = DestinationStores(logger: logger)
        runner = ReportRunner(
            catalog: configuration.reportCatalog,
            stores: try destinations.stores(for: configuration.destinations),
            usage: ReportUsage(engine: usage),
            records: records,
            spoolDirectory: directory + "/spool",
            metrics: registry,
            logger: logger
        )
        scheduler = ReportScheduler(runner: runner, logger: logger)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [scheduler] in await scheduler.run() }
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
        do {
            return try await runner.run(request)
        } catch {
            throw ReportServiceError(error)
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
        do {
            return try await runner.page(request)
        } catch {
            throw ReportServiceError(error)
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
        case .definition, .content, .usage, .storage, .cancelled: self = .unavailable(error.description)
        case .incomplete(_, let failures):
            let destination = failures.contains { if case .destination = $0 { true } else { false } }
            self = destination ? .destination(error.description) : .unavailable(error.description)
        }
    }
}
