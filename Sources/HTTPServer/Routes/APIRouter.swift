import HTTPTypes
import Hummingbird
import Observability

/// All that is answered through Hummingbird's router.
struct APIRouter {
    let parts: ServerParts
    let registry: MetricsRegistry
    /// Whether the server has been asked to stop; readiness is red then.
    let isStopping: @Sendable () -> Bool

    /// Builds the router.
    func make() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        let health = HealthRoutes(parts: parts, registry: registry, isStopping: isStopping)
        let meters = MeterRoutes(metering: parts.metering)
        let usage = UsageRoutes(metering: parts.metering)
        let rejected = RejectedRoutes(metering: parts.metering)
        let reports = ReportRoutes(reports: parts.reports, bodyLimit: parts.settings.limits.apiBody)
        let deliveries = DeliveryRoutes(reports: parts.reports)
        let pages = PageRoutes(parts: parts)
        let usageMetrics = UsageMetricsRoute(parts: parts)

        let gets: [(String, @Sendable (Request, APIContext) async throws -> Response)] = [
            ("/healthz", { _, _ in health.alive() }),
            ("/readyz", { _, _ in health.ready() }),
            ("/metrics", { _, _ in health.metrics() }),
            ("/metrics/usage", { request, _ in try await usageMetrics.show(request) }),
            ("/api/v1/meters", { _, _ in meters.list() }),
            ("/api/v1/meters/:meter", { try meters.one($1) }),
            ("/api/v1/meters/:meter/query", { try await usage.query($0, $1) }),
            ("/api/v1/rejected", { try await rejected.list($0, $1) }),
            ("/api/v1/reports/:report/deliveries", { try await deliveries.list($0, $1) }),
            ("/api/v1/reports/:report/progress", { try await reports.progress($0, $1) }),
            ("/api/v1/reports/:report/focus.csv", { try await pages.focusCSV($0, $1) }),
            ("/krateo/cost/:report", { try await pages.krateoCost($0, $1) }),
            ("/krateo/usage", { try await pages.krateoUsage($0, $1) }),
        ]
        var table = RouteTable()
        for (path, _) in gets { table.add(path, [.get, .head]) }
        table.add("/api/v1/reports/:report/run", [.post])
        // Answered before the router; here only so that other methods are told which one it is.
        table.add(EventsRoute.path.description, [.post])

        router.add(middleware: AnswerMiddleware(parts: parts, routes: table))
        for (path, answer) in gets { router.get(RouterPath(path), use: answer) }
        router.post("/api/v1/reports/:report/run") { try await reports.run($0, $1) }
        return router
    }
}
