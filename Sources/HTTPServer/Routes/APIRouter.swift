import HTTPTypes
import Hummingbird
import Observability

/// All that is answered through Hummingbird's router.
struct APIRouter {
    let parts: ServerParts
    let registry: MetricsRegistry
    /// Whether the server has been asked to stop; readiness is red then.
    let isStopping: @Sendable () -> Bool

    /// Every route there is, but for ingest, which is answered before the router.
    var routes: [APIRoute] { operation + meters + usage + events + explanations + portal + reports }

    /// Builds the router.
    func make() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        let routes = routes
        let bodyLimit = parts.settings.limits.apiBody
        router.add(middleware: AnswerMiddleware(parts: parts, routes: Self.table(of: routes)))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await route.answer(try APIRequest(request, context, for: route, bodyLimit: bodyLimit))
            }
        }
        return router
    }

    /// The paths and methods there are.
    static func table(of routes: [APIRoute]) -> RouteTable {
        var table = RouteTable()
        for route in routes { table.add(route.method, route.path) }
        // Answered before the router; here only so that other methods are told which one it is.
        table.add(.post, EventsRoute.path.description)
        return table
    }

    /// For load balancers, scrapers and whoever keeps the daemon. Probes add parameters of their own.
    private var operation: [APIRoute] {
        let health = HealthRoutes(parts: parts, registry: registry, isStopping: isStopping)
        let usageMetrics = UsageMetricsRoute(parts: parts)
        let debugMetrics = DebugMetricsRoute(metering: parts.metering)
        let access = parts.access
        let openAPI = OpenAPIRoute()
        return [
            APIRoute(.get, "/healthz", parameters: nil) { _ in health.alive() },
            APIRoute(.get, "/readyz", parameters: nil) { _ in health.ready() },
            APIRoute(.get, "/metrics") { _ in health.metrics() },
            APIRoute(.get, "/metrics/usage") { _ in try await usageMetrics.show() },
            APIRoute(.get, "/api/v1/debug/metrics") { try await debugMetrics.show($0) },
            APIRoute(.get, "/api/v1/openapi.json") { _ in openAPI.show(hasTokens: !access.current.isOpen) },
        ]
    }

    private var meters: [APIRoute] {
        let meters = MeterRoutes(metering: parts.metering)
        return [
            APIRoute(.get, "/api/v1/meters", parameters: MeterRoutes.listParameters) { try meters.list($0) },
            APIRoute(.post, "/api/v1/meters", parameters: ["backfill"]) { try await meters.create($0) },
            APIRoute(.get, "/api/v1/meters/:meter") { try meters.one($0) },
            APIRoute(.put, "/api/v1/meters/:meter") { try await meters.update($0) },
            APIRoute(.delete, "/api/v1/meters/:meter") { try await meters.delete($0) },
        ]
    }

    private var usage: [APIRoute] {
        let usage = UsageRoutes(metering: parts.metering)
        let series = SeriesRoutes(metering: parts.metering)
        let times = ["from", "to"]
        return [
            APIRoute(.get, "/api/v1/meters/:meter/query", parameters: UsageQueryBuilder.parameters) {
                try await usage.query($0)
            },
            APIRoute(.post, "/api/v1/meters/:meter/query") { try await usage.queryByBody($0) },
            APIRoute(.get, "/api/v1/meters/:meter/subjects", parameters: times) { try await series.subjects($0) },
            APIRoute(.get, "/api/v1/meters/:meter/group-by/:dimension/values", parameters: times) {
                try await series.values($0)
            },
        ]
    }

    private var events: [APIRoute] {
        let events = EventRoutes(metering: parts.metering, now: parts.now)
        let rejected = RejectedRoutes(metering: parts.metering)
        return [
            APIRoute(.get, EventsRoute.path.description, parameters: EventRoutes.parameters) {
                try await events.list($0)
            },
            APIRoute(.get, "/api/v1/rejected", parameters: ["source", "limit", "before"]) {
                try await rejected.list($0)
            },
        ]
    }

    /// What became of events, and what was put right.
    private var explanations: [APIRoute] {
        let ledger = LedgerRoutes(metering: parts.metering)
        let conflicts = ConflictRoutes(metering: parts.metering)
        let corrections = CorrectionRoutes(metering: parts.metering)
        let pages = ["limit", "before"]
        return [
            APIRoute(.get, "/api/v1/ledger", parameters: ["from", "to", "meter"]) { try await ledger.show($0) },
            APIRoute(.get, "/api/v1/conflicts", parameters: pages) { try await conflicts.list($0) },
            APIRoute(.get, "/api/v1/corrections", parameters: pages) { try await corrections.list($0) },
            APIRoute(.post, "/api/v1/corrections") { try await corrections.make($0) },
        ]
    }

    private var portal: [APIRoute] {
        let portal = PortalRoutes(parts: parts)
        return [
            APIRoute(.post, "/api/v1/portal/tokens") { try await portal.make($0) },
            APIRoute(.get, "/api/v1/portal/meters/:meter/query", parameters: UsageQueryBuilder.portalParameters) {
                try await portal.query($0)
            },
        ]
    }

    private var reports: [APIRoute] {
        let reports = ReportRoutes(reports: parts.reports)
        let deliveries = DeliveryRoutes(reports: parts.reports)
        let pages = PageRoutes(parts: parts)
        let days = ["from", "to"]
        return [
            APIRoute(.post, "/api/v1/reports/:report/run") { try await reports.run($0) },
            APIRoute(.get, "/api/v1/reports/:report/deliveries", parameters: ["limit", "before"]) {
                try await deliveries.list($0)
            },
            APIRoute(.get, "/api/v1/reports/:report/progress") { try await reports.progress($0) },
            APIRoute(.get, "/api/v1/reports/:report/focus.csv", parameters: days + ["version"]) {
                try await pages.focusCSV($0)
            },
            APIRoute(.get, "/krateo/cost/:report", parameters: days) { try await pages.krateoCost($0) },
            APIRoute(.get, "/krateo/usage", parameters: days) { try await pages.krateoUsage($0) },
        ]
    }
}
