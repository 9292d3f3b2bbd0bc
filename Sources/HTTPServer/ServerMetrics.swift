import Observability

/// What the server counts. The ingest path's series are made once; other routes' when they are first asked for.
final class ServerMetrics: Sendable {
    let acceptedEvents: Counter
    let invalidEvents: Counter
    let refusedEvents: Counter
    let requestBytes: Counter
    let inFlight: Gauge
    let connections: Gauge
    let unauthenticated: Counter
    let forbidden: Counter
    private let registry: MetricsRegistry
    /// Ingest latency by the first digit of the status, from 2 to 5.
    private let ingest: [Histogram]

    init(registry: MetricsRegistry) {
        self.registry = registry
        func events(_ outcome: String) -> Counter {
            registry.counter(
                "meterd_ingest_events_total",
                help: "Events by where they came from and what became of them at the door: accepted (on disk), "
                    + "invalid (refused for good), refused (to be sent again).",
                labels: [("origin", "http"), ("outcome", outcome)]
            )
        }
        acceptedEvents = events("accepted")
        invalidEvents = events("invalid")
        refusedEvents = events("refused")
        requestBytes = registry.counter(
            "meterd_http_request_body_bytes_total",
            help: "Bytes of ingest bodies as received."
        )
        inFlight = registry.gauge("meterd_http_requests_in_flight", help: "Requests that have no answer yet.")
        connections = registry.gauge("meterd_http_connections", help: "Open connections.")
        func denied(_ reason: String) -> Counter {
            registry.counter(
                "meterd_http_denied_total",
                help: "Requests turned away for who sent them: unauthenticated (no token, or none that is known), "
                    + "forbidden (a token without the scope).",
                labels: [("reason", reason)]
            )
        }
        unauthenticated = denied("unauthenticated")
        forbidden = denied("forbidden")
        ingest = (2...5).map { Self.latency(registry, route: EventsRoute.path.description, class: $0) }
    }

    /// Notes an answer of the ingest path; `seconds` from the end of the head to the answer.
    func ingested(status: Int, seconds: Double) {
        ingest[min(max(status / 100, 2), 5) - 2].observe(seconds)
    }

    /// Notes an answer of another route.
    func answered(route: String, status: Int, seconds: Double) {
        Self.latency(registry, route: route, class: status / 100).observe(seconds)
    }

    private static func latency(_ registry: MetricsRegistry, route: String, class digit: Int) -> Histogram {
        registry.histogram(
            "meterd_http_request_duration_seconds",
            help: "Time from the end of a request's header section to its answer, by route and status class.",
            labels: [("route", route), ("status", "\(digit)xx")]
        )
    }
}

/// The path the ingest handler answers.
enum EventsRoute {
    static let path: StaticString = "/api/v1/events"
}
