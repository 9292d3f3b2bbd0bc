import ReportDefinitions

extension APIGroup {
    /// Reports: usage and costs as files.
    static let reports = APIGroup(
        "Reports",
        "Usage and costs as files: what is delivered on a schedule, and pages made of closed days.",
        paths: [
            APIPath("/api/v1/reports/{report}/run", run),
            APIPath("/api/v1/reports/{report}/progress", progress),
            APIPath("/api/v1/reports/{report}/deliveries", deliveries),
            APIPath("/api/v1/reports/{report}/focus.csv", focusPage),
            APIPath("/krateo/cost/{report}", krateoCost),
            APIPath("/krateo/usage", krateoUsage),
        ],
        schemas: [
            ("ReportRun", runRequest), ("ReportResult", runResult), ("ReportProgress", progressSchema),
            ("Delivery", delivery),
        ]
    )

    private static let run = APIOperation(
        .post,
        "runReport",
        "Runs a report now and waits until it is delivered.",
        about: "Without days, whatever is due.",
        access: .scope("admin"),
        body: .json(.named("ReportRun"), isRequired: false),
        answers: [.json(.named("ReportResult"), "What was delivered.")],
        problems: [404, 409, 422, 502, 503]
    )

    private static let progress = APIOperation(
        .get,
        "getReportProgress",
        "Shows how far a run has come.",
        access: .scope("query"),
        answers: [.json(.named("ReportProgress"), "The progress.")],
        problems: [404, 503]
    )

    private static let deliveries = APIOperation(
        .get,
        "listDeliveries",
        "Lists what a report delivered, the latest first.",
        access: .scope("query"),
        parameters: [
            .query("limit", .integer(1...DeliveryRoutes.deliveries.most, unlessGiven: 100), "The most of them."),
            .query(
                "before",
                .text(pattern: #"^(all|[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)\.[1-9][0-9]{0,17}$"#),
                "Only what stands behind this one: its period, a dot and its revision."
            ),
        ],
        answers: [.json(.list(of: .named("Delivery")), "The deliveries.")],
        problems: [404, 503]
    )

    private static let days: [APIParameter] = [
        .query("from", .day, "The first day; with `to` or not at all."),
        .query("to", .day, "The first day that is left out."),
    ]

    private static let focusPage = APIOperation(
        .get,
        "getFocusPage",
        "Shows a cost report's closed days in FOCUS.",
        access: .scope("query"),
        parameters: days + [
            .query("version", .one(of: FocusFormat.Version.allCases.map(\.rawValue)), "The version of FOCUS.")
        ],
        answers: [.text("text/csv", "FOCUS rows.")],
        problems: [404, 422, 503]
    )

    private static let krateoCost = APIOperation(
        .get,
        "getKrateoCost",
        "Shows a cost report's closed days as Krateo's scraper reads them.",
        access: .scope("query"),
        parameters: days,
        answers: [.text("text/plain", "Prometheus text.")],
        problems: [404, 422, 503]
    )

    private static let krateoUsage = APIOperation(
        .get,
        "getKrateoUsage",
        "Shows usage of closed days as Krateo's scraper reads it.",
        access: .scope("query"),
        parameters: days,
        answers: [.text("text/plain", "Prometheus text.")],
        problems: [404, 422, 503]
    )
}

// MARK: - Schemas

extension APIGroup {
    private static let period = APISchema.text(pattern: #"^(all|[0-9]{4}-[0-9]{2}(-[0-9]{2})?)$"#)
    private static let sha256 = APISchema.text(pattern: "^([0-9a-f]{64})?$")

    private static let runRequest = APISchema.object(
        .optional("from", .day, "The first day; with `to` or not at all."),
        .optional("to", .day, "The first day that is left out."),
        .optional("dryRun", .flag(unlessGiven: false), "Only say what would be written.")
    )

    private static let runResult = APISchema.object(
        .always("report", .text(1 ... .max)),
        .always("dryRun", .flag()),
        .always("rows", .count),
        .always("bytes", .count),
        .always("skippedRows", .count),
        .always("openDays", .list(of: .day), "Left out, because they are not closed yet."),
        .always("warnings", .list(of: .text(1 ... .max))),
        .always(
            "files",
            .list(
                of: .object(
                    .always("key", .text(1 ... .max)),
                    .always("outcome", .one(of: ["written", "unchanged", "planned", "empty"])),
                    .always("rows", .count),
                    .always("bytes", .count),
                    .always("skippedRows", .count),
                    .always("sha256", sha256)
                )
            )
        )
    )

    private static let progressSchema = APISchema.object(
        .always("report", .text(1 ... .max)),
        .always("running", .flag()),
        .perhaps("dryRun", .flag()),
        .perhaps("period", .text()),
        .perhaps("files", .count),
        .perhaps("filesDone", .count),
        .perhaps("days", .count),
        .perhaps("daysDone", .count),
        .perhaps("rows", .count),
        .perhaps("began", .time)
    )

    private static let delivery = APISchema.object(
        .always("report", .text(1 ... .max)),
        .always("period", period),
        .always("revision", .integer(1 ... .max)),
        .always("key", APISchema.text(1 ... .max).orNull),
        .always(
            "objects",
            .list(
                of: .object(
                    .always("key", .text(1 ... .max)),
                    .always("rows", .count),
                    .always("bytes", .count),
                    .always("sha256", sha256)
                )
            )
        ),
        .always("rows", .count),
        .always("skippedRows", .count),
        .always("bytes", .count),
        .always("sha256", sha256.orNull),
        .always("events", APISchema.count.orNull),
        .always("eventsSince", APISchema.integer(.min ... .max).orNull, "How many more than in the revision before."),
        .always(
            "totals",
            .list(
                of: .object(
                    .always("currency", APISchema.text(3...3).orNull),
                    .always("total", .decimal),
                    .always("previousTotal", APISchema.decimal.orNull),
                    .always("rounded", APISchema.decimal.orNull, "The total to the currency's minor unit.")
                )
            )
        ),
        .always("total", APISchema.decimal.orNull),
        .always("previousTotal", APISchema.decimal.orNull),
        .always("deliveredAt", .time)
    )
}
