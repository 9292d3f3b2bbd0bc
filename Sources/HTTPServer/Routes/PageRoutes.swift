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

    func krateoCost(_ request: APIRequest) async throws -> Response {
        let page = ReportPageRequest.krateoCost(
            report: try request.segment("report"),
            days: try request.parameters.days()
        )
        return try await answer(page, to: request, contentType: MetricsRegistry.contentType)
    }

    func krateoUsage(_ request: APIRequest) async throws -> Response {
        let page = ReportPageRequest.krateoUsage(days: try request.parameters.days())
        return try await answer(page, to: request, contentType: MetricsRegistry.contentType)
    }

    /// Krateo's exporter takes the content type as it stands and no other, so there is no `charset`.
    func focusCSV(_ request: APIRequest) async throws -> Response {
        let parameters = request.parameters
        let page = ReportPageRequest.focusCSV(
            report: try request.segment("report"),
            days: try parameters.days(),
            version: try Self.version(parameters)
        )
        return try await answer(page, to: request, contentType: "text/csv")
    }

    private func answer(
        _ wanted: ReportPageRequest,
        to request: APIRequest,
        contentType: String
    ) async throws -> Response {
        let turn = try turns.take()
        let page: any ReportPage
        do throws(ReportServiceError) {
            page = try await reports.page(wanted)
        } catch {
            throw Problem(error)
        }
        let body = PageBody(page: page, turn: turn, request: request.id, logger: logger)
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
