extension APIGroup {
    /// What became of everything that came.
    static let explanations = APIGroup(
        "Explanations",
        "Nothing disappears: what became of everything that came.",
        paths: [
            APIPath("/api/v1/ledger", ledger),
            APIPath("/api/v1/conflicts", conflicts),
            APIPath("/api/v1/rejected", rejected),
        ],
        schemas: [
            ("Ledger", ledgerSchema), ("LedgerLine", line), ("LedgerCounts", counts), ("MeterLedger", meterLedger),
            ("Conflict", conflict), ("RejectedMessage", message),
        ]
    )

    private static let ledger = APIOperation(
        .get,
        "getLedger",
        "Shows what became of the events of each source and day.",
        about: """
            Days are those of arrival, in UTC. In every line received = stored + rejected and stored = counted + duplicate + \
            unmatched + invalid. With `meter`, the lines of that meter.
            """,
        access: .scope("query"),
        parameters: [
            .query("from", .day, "The first day; all there are without one."),
            .query("to", .day, "The first day that is left out."),
            .query("meter", .text(1 ... .max), "A meter's slug or id."),
        ],
        answers: [.json(.any(of: [.named("Ledger"), .named("MeterLedger")]), "The lines and their sums.")],
        problems: [404, 503]
    )

    private static let conflicts = APIOperation(
        .get,
        "listConflicts",
        "Lists events whose source and id had come before with another content, the latest first.",
        access: .scope("query"),
        parameters: .page(of: ConflictRoutes.conflicts.most),
        answers: [.json(.list(of: .named("Conflict")), "The conflicts.")],
        problems: [503]
    )

    private static let rejected = APIOperation(
        .get,
        "listRejected",
        "Lists messages of streams that were no events, the latest first.",
        access: .scope("query"),
        parameters: [.query("source", .one(of: ["kafka"]), "How they came.")] + .page(of: RejectedRoutes.messages.most),
        answers: [.json(.list(of: .named("RejectedMessage")), "The messages.")],
        problems: [503]
    )
}

extension [APIParameter] {
    /// A list in pages, each ending where the one before began.
    static func page(of most: Int) -> [APIParameter] {
        [
            .query("limit", .integer(1...most, unlessGiven: 100), "The most of them."),
            .query("before", .sequence, "Only what has a sequence number below this: the last one of the page before."),
        ]
    }
}

// MARK: - Schemas

extension APIGroup {
    private static let sums: [APISchema.Member] = [
        .always("received", .count), .always("stored", .count), .always("rejected", .count), .always("counted", .count),
        .always("duplicate", .count), .always("conflict", .count, "Those of the duplicates that had another content."),
        .always("unmatched", .count), .always("invalid", .count),
        .always("voided", .count, "Those of the stored that a correction voided since."),
        .always("amended", .count, "Those of the stored that a correction amended since."),
    ]
    private static let counts = APISchema.object(sums, others: false)
    private static let line = APISchema.object(
        [
            .always("day", .day), .always("origin", .one(of: ["http", "kafka"])),
            .always("source", APISchema.text().orNull),
        ] + sums,
        others: false
    )
    private static let ledgerSchema = APISchema.object(
        .always("from", APISchema.day.orNull),
        .always("to", APISchema.day.orNull),
        .always("lines", .list(of: .named("LedgerLine"))),
        .always("totals", .named("LedgerCounts"))
    )

    private static let meterSums: [APISchema.Member] = [
        .always("matched", .count), .always("counted", .count), .always("invalid", .count),
        .always("withdrawn", .count, "Taken out of the totals by corrections."),
        .always("restored", .count, "Put into the totals by corrections."),
    ]
    private static let meterLedger = APISchema.object(
        .always("meter", .text(1 ... .max)),
        .always("from", APISchema.day.orNull),
        .always("to", APISchema.day.orNull),
        .always("lines", .list(of: .object([.always("day", .day)] + meterSums, others: false))),
        .always("totals", .object(meterSums, others: false))
    )

    private static let conflict = APISchema.object(
        .always("sequence", .sequence, "The place of the second in the log."),
        .always("firstSequence", .sequence),
        .always("counts", .one(of: ["first"]), "Which of the two counts."),
        .always("first", APISchema.named("StoredEvent").orNull, "Null where it is not in the log any more."),
        .always("second", .named("StoredEvent"))
    )

    private static let message = APISchema.object(
        .always("sequence", .sequence),
        .always("source", .one(of: ["kafka"])),
        .always("cluster", .text()),
        .always("topic", .text()),
        .always("partition", .count),
        .always("offset", .count),
        .always("time", APISchema.time.orNull, "The message's own."),
        .always("receivedAt", .time),
        .always("reason", .text(1 ... .max)),
        .perhaps("key", APISchema.text().orNull),
        .perhaps("keyBase64", .text(), "In place of `key` where that is not UTF-8."),
        .always(
            "headers",
            .list(
                of: .object(
                    .always("name", .text()),
                    .perhaps("value", APISchema.text().orNull),
                    .perhaps("valueBase64", .text())
                )
            )
        ),
        .perhaps("value", APISchema.text().orNull),
        .perhaps("valueBase64", .text()),
        .always("valueLength", .count, "Bytes of the whole value."),
        .always("truncated", .flag())
    )
}
