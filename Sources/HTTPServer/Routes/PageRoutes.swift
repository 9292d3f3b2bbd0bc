import HTTPTypes
import Hummingbird
import Logging
import Observability
import ReportDefinitions

/// `/krateo/cost/{report}`, `/krateo/usage` and `/api/v1/reports/{report}/focus.csv`: pages that are made of closed days
/// when they are asked for.
struct PageRoutes: Sendable {
    private let reports: any ReportService
    private let turns: PageTurns
    private let logger: Logger

    init(parts: ServerParts) {
        reports = parts.reports
        turns = PageTurns(limit: parts.settings.limits.reportPages)
        logger = parts.logger
    }

    func krateoCost(_ request: Request, _ context: APIContext) async throws -> Response {
        let parameters = try QueryParameters(request.uri.query ?? "")
        try parameters.allow("from", "to")
        let page = ReportPageRequest.krateoCost(
            report: try context.parameters.require("report"),
            days: try parameters.days()
        )
        return try await answer(page, to: request, contentType: MetricsRegistry.contentType)
    }

    func krateoUsage(_ request: Request, _ context: APIContext) async throws -> Response {
        let parameters = try QueryParameters(request.uri.query ?? "")
        try parameters.allow("from", "to")
        let page = ReportPageRequest.krateoUsage(days: try parameters.days())
        return try await answer(page, to: request, contentType: MetricsRegistry.contentType)
    }

    /// Krateo's exporter takes the content type as it stands and no other, so there is no `charset`.
    func focusCSV(_ request: Request, _ context: APIContext) async throws -> Response {
        let parameters = try QueryParameters(request.uri.query ?? "")
        try parameters.allow("from", "to", "version")
        let page = ReportPageRequest.focusCSV(
            report: try context.parameters.require("report"),
            days: try parameters.days(),
            version: try Self.version(parameters)
        )
        return try await answer(page, to: request, contentType: "text/csv")
    }

    private func answer(
        _ wanted: ReportPageRequest,
        to request: Request,
        contentType: String
    ) async throws -> Response {
        let turn = try turns.take()
        let page: any ReportPage
        do throws(ReportServiceError) {
            page = try await reports.page(wanted)
        } catch {
            throw Problem(error)
        }
        let body = PageBody(page: page, turn: turn, request: request.headers[.requestID] ?? "unknown", logger: logger)
        return Response(status: .ok, headers: [.contentType: contentType], body: body.response)
    }

    private static func version(_ parameters: QueryParameters) throws(Problem) -> FocusFormat.Version? {
        guard let text = try parameters.one("version") else { return nil }
        guard let version = FocusFormat.Version(rawValue: text) else {
            let known = FocusFormat.Version.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(status: 400, detail: "version is not a version of FOCUS that meterd writes: \(known)")
        }
        return version
    }
}
