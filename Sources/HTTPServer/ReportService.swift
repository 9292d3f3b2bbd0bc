public import ReportDefinitions

/// What the HTTP API needs of the reports.
public protocol ReportService: Sendable {
    /// Runs a report now and waits until it is delivered.
    func run(_ request: ReportRunRequest) async throws(ReportServiceError) -> ReportRunResult
    /// The newest deliveries of a report, newest first, `limit` at most.
    func deliveries(of report: String, limit: Int) async throws(ReportServiceError) -> [DeliveryRecord]
}

/// Why a report did not run or its deliveries could not be read.
public enum ReportServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No report has this name: 404.
    case unknownReport(String)
    /// The days asked for cannot be delivered; the text says why: 400.
    case invalidDays(String)
    /// The report is running already: 409.
    case running(String)
    /// The destination does not take the files, now or with this configuration: 502.
    case destination(String)
    /// Totals, records or the service are not available: 503.
    case unavailable(String)

    /// One sentence for the problem document.
    public var description: String {
        switch self {
        case .unknownReport(let name): "no report has the name \"\(name)\""
        case .running(let name): "the report \"\(name)\" is running; ask again when it has finished"
        case .invalidDays(let why), .destination(let why), .unavailable(let why): why
        }
    }
}
