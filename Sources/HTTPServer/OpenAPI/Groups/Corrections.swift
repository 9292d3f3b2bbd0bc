import Engine

extension APIGroup {
    /// Corrections that can be audited.
    static let corrections = APIGroup(
        "Corrections",
        "An event is voided or amended, and that is an event too: the log keeps both.",
        paths: [APIPath("/api/v1/corrections", correct, list)],
        schemas: [("Correction", record), ("CorrectionCreate", draft)]
    )

    private static let correct = APIOperation(
        .post,
        "correctEvent",
        "Voids one event, or puts another content in its place.",
        about: "All meters change or none. Days that were closed are delivered again as restatements.",
        access: .scope("admin"),
        body: .json(.named("CorrectionCreate")),
        answers: [.json(.named("Correction"), "The correction is on disk and applied.", status: 201)],
        problems: [404, 409, 429, 503, 507]
    )

    private static let list = APIOperation(
        .get,
        "listCorrections",
        "Lists corrections, the latest first.",
        access: .scope("query"),
        parameters: .page(of: CorrectionRoutes.corrections.most),
        answers: [.json(.list(of: .named("Correction")), "The corrections.")],
        problems: [503]
    )

    private static let draft = APISchema.object(
        .always("source", .plain(1 ... .max)),
        .always("id", .plain(1 ... .max)),
        .always("reason", .plain(1...CorrectionDraft.longestReason), "At most so many bytes of UTF-8."),
        .optional(
            "replacement",
            .object([], others: true),
            "The event as it should have been; source and id are the event's own. Without one the event is voided."
        )
    ).example(["source": "example/service", "id": "event-1", "reason": "counted a test"])

    private static let record = APISchema.object(
        .always("sequence", .sequence, "Its own place in the log."),
        .always("at", .time),
        .always("kind", .one(of: ["void", "amend"])),
        .always("eventSequence", .sequence),
        .always("source", .text(1 ... .max)),
        .always("id", .text(1 ... .max)),
        .always("reason", .text(1 ... .max)),
        .always("by", .text(), "The name of the token that asked; empty without tokens."),
        .always("meters", .list(of: .text(1 ... .max)), "The meters whose totals it changed."),
        .always("applied", .flag()),
        .perhaps("refused", .text(1 ... .max), "Why it was not applied.")
    )
}
