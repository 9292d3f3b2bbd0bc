import Logging
import Observability

@testable import HTTPServer

extension APIRouter {
    /// The router of a server with nothing behind it, to look at its routes.
    static var scripted: APIRouter {
        let registry = MetricsRegistry()
        let settings = HTTPServerSettings()
        let parts = ServerParts(
            settings: settings,
            metering: ScriptedEngine(),
            reports: ScriptedReports(),
            access: AccessControl(settings.access, registry: registry),
            readiness: [],
            metrics: ServerMetrics(registry: registry),
            budget: BodyBudget(limit: 0),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { 0 },
            random: { 0 }
        )
        return APIRouter(parts: parts, registry: registry) { false }
    }
}
