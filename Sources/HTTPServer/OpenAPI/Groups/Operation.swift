extension APIGroup {
    /// What whoever keeps the server asks.
    static let operation = APIGroup(
        "Operation",
        "For load balancers, scrapers and whoever keeps the server.",
        paths: [
            APIPath("/healthz", alive),
            APIPath("/readyz", ready),
            APIPath("/metrics", metrics),
            APIPath("/metrics/usage", usageMetrics),
            APIPath("/api/v1/debug/metrics", debugMetrics),
            APIPath("/api/v1/openapi.json", document),
        ],
        schemas: [("Readiness", readiness)]
    )

    private static let alive = APIOperation(
        .get,
        "getHealth",
        "The process runs and answers.",
        access: .open,
        parameters: nil,
        answers: [.json(.object(.always("status", .one(of: ["ok"]))), "It does.")]
    )

    private static let ready = APIOperation(
        .get,
        "getReadiness",
        "Whether events should be sent here, and what stands against it.",
        access: .open,
        parameters: nil,
        answers: [
            .json(.named("Readiness"), "Nothing stands against it."),
            .json(.named("Readiness"), "Something stands against it.", status: 503),
        ]
    )

    private static let metrics = APIOperation(
        .get,
        "getMetrics",
        "The server's own metrics.",
        access: .scope("query"),
        answers: [.text("text/plain", "Prometheus text.")]
    )

    private static let usageMetrics = APIOperation(
        .get,
        "getUsageMetrics",
        "Usage of every meter so far, as counters and gauges.",
        access: .scope("query"),
        answers: [.text("text/plain", "Prometheus text.")],
        problems: [404, 503]
    )

    private static let debugMetrics = APIOperation(
        .get,
        "getDebugMetrics",
        "How many events of each subject have a time of today, in UTC.",
        access: .scope("query"),
        answers: [
            APIAnswer(
                status: 200,
                about: "OpenMetrics text, by this name where `Accept` asks for it.",
                content: [("text/plain", .text()), ("application/openmetrics-text", .text())]
            )
        ],
        problems: [503]
    )

    private static let document = APIOperation(
        .get,
        "getOpenAPI",
        "This document.",
        access: .open,
        answers: [.json(.object([], others: true), "OpenAPI 3.1.")]
    )

    private static let readiness = APISchema.object(
        .always("status", .one(of: ["ready", "not ready"])),
        .always(
            "checks",
            .list(
                of: .object(
                    .always("name", .text(1 ... .max)),
                    .always("ok", .flag()),
                    .always("detail", .text(1 ... .max))
                )
            )
        )
    )
}
