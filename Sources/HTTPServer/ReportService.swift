public import ReportDefinitions

/// What the HTTP API needs of the reports.
public protocol ReportService: Sendable {
    /// Runs a report now and waits until it is delivered.
    func run(_ request: ReportRunRequest) async throws(ReportServiceError) -> ReportRunResult
    /// The newest deliveries of a report, the latest period first and its latest revision first, `limit` at most; with
    /// `before`, only those that stand behind that one.
    func deliveries(
        of report: String,
        limit: Int,
        before: (period: String, revision: Int)?
    ) async throws(ReportServiceError) -> [DeliveryRecord]
    /// How far a report's run has come; nil when none is under way.
    func progress(of report: String) async throws(ReportServiceError) -> ReportProgress?
    /// Makes a page of closed days.
    func page(_ request: ReportPageRequest) async throws(ReportServiceError) -> any ReportPage
}

/// Why a report did not run, or what was asked of it could not be given.
public enum ReportServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No report has this name: 404.
    case unknownReport(String)
    /// The report's format has no such page; the text says which have: 404.
    case unsuitable(String)
    /// The days asked for cannot be delivered; the text says why: 400.
    case invalidDays(String)
    /// What was counted cannot be written in the format; the text says what: 422.
    case content(String)
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
        case .unsuitable(let why), .invalidDays(let why), .content(let why), .destination(let why),
            .unavailable(let why):
            why
        }
    }
}
