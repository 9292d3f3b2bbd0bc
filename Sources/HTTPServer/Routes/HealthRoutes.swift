import Engine
import HTTPTypes
import Hummingbird
import NIOCore
import Observability

/// `/healthz`, `/readyz`, `/metrics`: for load balancers and for whoever keeps the daemon.
struct HealthRoutes: Sendable {
    let parts: ServerParts
    let registry: MetricsRegistry
    let isStopping: @Sendable () -> Bool

    /// The process runs and answers.
    func alive() -> Response {
        .json { json in json.object { $0.member("status", "ok") } }
    }

    /// Whether events should be sent here, and what stands against it.
    func ready() -> Response {
        let checks = checks()
        let isReady = checks.allSatisfy(\.ok)
        return .json(
            { json in
                json.object { json in
                    json.member("status", isReady ? "ready" : "not ready")
                    json.key("checks")
                    json.array { json in
                        for check in checks {
                            json.object { json in
                                json.member("name", check.name)
                                json.member("ok", check.ok)
                                json.member("detail", check.detail)
                            }
                        }
                    }
                }
            },
            status: isReady ? .ok : .serviceUnavailable
        )
    }

    private func checks() -> [ReadinessCheck] {
        let health = parts.metering.health
        let stalled = health.applyStalledSeconds > parts.settings.applyStallLimit
        return [
            ReadinessCheck(
                name: "recovered",
                ok: health.recovered,
                detail: health.recovered ? "the log is replayed" : "the log is being replayed"
            ),
            ReadinessCheck(name: "log", ok: health.failure == nil, detail: health.failure ?? "the log takes events"),
            ReadinessCheck(
                name: "disk",
                ok: !health.diskLow,
                detail: health.diskLow
                    ? "free space is below the reserve (storage.reserve)" : "free space is above the reserve"
            ),
            ReadinessCheck(
                name: "apply",
                ok: !stalled,
                detail: "\(health.applyLagEvents) events behind the log, "
                    + "\(Int(health.applyStalledSeconds)) seconds without progress, "
                    + "last checkpoint \(Int(health.checkpointAge)) seconds ago"
            ),
            ReadinessCheck(
                name: "serving",
                ok: !isStopping(),
                detail: isStopping() ? "the server is stopping" : "the server takes requests"
            ),
        ] + parts.readiness.flatMap(\.readinessChecks)
    }

    /// All metrics in Prometheus text.
    func metrics() -> Response {
        Response(
            status: .ok,
            headers: [.contentType: MetricsRegistry.contentType],
            body: .init(byteBuffer: ByteBuffer(string: registry.render()))
        )
    }
}
