import HTTPServer
import ReportDefinitions
import Synchronization

/// Reports that answer as a test tells them to.
final class ScriptedReports: ReportService {
    private let requests = Mutex<[ReportRunRequest]>([])
    private let result: Result<ReportRunResult, ReportServiceError>
    private let records: [DeliveryRecord]

    var lastRequest: ReportRunRequest? { requests.withLock { $0.last } }

    init(
        result: Result<ReportRunResult, ReportServiceError> = .failure(.unavailable("no reports in this test")),
        records: [DeliveryRecord] = []
    ) {
        self.result = result
        self.records = records
    }

    func run(_ request: ReportRunRequest) async throws(ReportServiceError) -> ReportRunResult {
        requests.withLock { $0.append(request) }
        return try result.get()
    }

    func deliveries(of report: String, limit: Int) async throws(ReportServiceError) -> [DeliveryRecord] {
        guard report == "tokens" else { throw .unknownReport(report) }
        return Array(records.prefix(limit))
    }
}
