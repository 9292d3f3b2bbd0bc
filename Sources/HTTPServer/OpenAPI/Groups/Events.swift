import CloudEvents

extension APIGroup {
    /// Events: in, and back out.
    static let events = APIGroup(
        "Events",
        "CloudEvents go in; what became of each comes out.",
        paths: [APIPath(EventsRoute.path.description, ingest, list)],
        schemas: [("Event", event), ("StoredEvent", storedEvent)]
    )

    private static let ingest = APIOperation(
        .post,
        "ingestEvents",
        "Takes an event or a batch of events.",
        about: """
            204 means that the events are on disk. All of a body is taken or nothing of it; `server.limits` of the configuration \
            says how long a body and an event and how many events of a batch may be. Bodies may be compressed \
            (Content-Encoding: \(ContentCoding.accepted)). The binary mode of the CloudEvents HTTP binding is taken too: attributes \
            in `ce-` header fields, the data as body. What an event must have follows the server's profile; the schema is that of \
            the profile `openmeter`.
            """,
        access: .scope("ingest"),
        body: APIBody(
            isRequired: true,
            content: [
                ("application/cloudevents+json", .named("Event")),
                ("application/cloudevents-batch+json", .list(of: .named("Event"))),
                ("application/json", .any(of: [.named("Event"), .list(of: .named("Event"), count: 1 ... .max)])),
            ]
        ),
        answers: [.nothing("The events are on disk.")],
        problems: [411, 429, 431, 503, 507]
    )

    private static let list = APIOperation(
        .get,
        "listEvents",
        "Lists stored events, the latest time first.",
        about: "Without `from`, those of the last 72 hours.",
        access: .scope("query"),
        parameters: [
            .query("id", .text(), "Only events whose id contains this."),
            .query("subject", .text(), "Only events of this subject."),
            .query("source", .text(), "Only events of this source."),
            .query("type", .text(), "Only events of this type."),
            .query("from", .time, "The earliest time of the events; they may have it."),
            .query("to", .time, "The time that they are all before."),
            .query("ingestedAtFrom", .time, "The earliest arrival; they may have it."),
            .query("ingestedAtTo", .time, "The moment that they all arrived before."),
            .query("invalidOnly", .flag(), "Only events that a meter could not use."),
            .query(
                "limit",
                .integer(1...EventRoutes.events.most, unlessGiven: EventRoutes.events.unlessAsked),
                "The most events."
            ),
            .clientID, .customers("customerId"),
        ],
        answers: [.json(.list(of: .named("StoredEvent"), count: 0...EventRoutes.events.most), "The events.")],
        problems: [503]
    )
}

// MARK: - Schemas

extension APIGroup {
    /// An event as the profile `openmeter` takes it (CloudEvents 1.0.2, JSON format).
    private static let event = APISchema.object(
        [
            .always("specversion", .one(of: ["1.0"])),
            .always("id", attribute, "Counts once together with the source."),
            .always("source", .text(1 ... .max, format: .uriReference)),
            .always("type", attribute, "Meters count events of one type."),
            .always("subject", attribute, "Whom the usage belongs to."),
            .optional("time", .time, "The arrival where there is none."),
            .optional("datacontenttype", .one(of: ["application/json"])),
            .optional("dataschema", .text(1 ... .max, format: .uri)),
            .optional("data", .object([], others: true), "What meters read their values from."),
            .optional("partitionkey", .any(of: [attribute, extensionInteger, .flag()])),
        ],
        others: APISchema.any(of: [
            .text(pattern: "^\(attributeCharacter)*$"), extensionInteger, .flag(),
        ]).orNull.node,
        names: .text(pattern: "^[a-z0-9]{1,128}$")
    ).example([
        "specversion": "1.0", "id": "event-1", "source": "example/service", "type": "prompt", "subject": "customer-1",
        "time": "2025-06-07T12:00:00Z", "data": ["tokens": 123, "model": "model-a", "type": "input"],
    ])

    private static let attribute = APISchema.text(1 ... .max, pattern: "^\(attributeCharacter)+$")

    /// An Integer of the type system, digits alone: without fraction and exponent.
    private static let extensionInteger = APISchema.integer(-2_147_483_648...2_147_483_647)

    /// No control characters and no noncharacters (CloudEvents 1.0.2, type system, String). Those beyond U+FFFF are refused
    /// too, but dialects of regular expressions have no common way to write them.
    private static let attributeCharacter = #"[^\u0000-\u001F\u007F-\u009F\uFDD0-\uFDEF\uFFFE\uFFFF]"#

    /// An event as it came, so it may be of another profile than today's.
    private static let storedEvent = APISchema.object(
        .always("event", .object([], others: true), "The event as it was sent."),
        .always("ingestedAt", .time, "When it arrived."),
        .always("storedAt", .time, "The same: when it arrived."),
        .perhaps(
            "validationError",
            .text(1 ... .max),
            "Why meters could not use it, as it was found when it was counted."
        ),
        .always("time", .time, "Its own time; its arrival where it has none."),
        .always("sequence", .sequence, "Its place in the log."),
        .always("origin", .one(of: ["http", "kafka"]), "How it came."),
        .always("fate", .one(of: ["counted", "duplicate", "conflict", "unmatched", "invalid"]), "What became of it."),
        .always(
            "refusals",
            .list(
                of: .object(
                    .always("meter", APISchema.text(1 ... .max).orNull, "Null where the meter is deleted."),
                    .always("reason", .text(1 ... .max))
                )
            ),
            "What each meter said that could not use it."
        ),
        .always("corrections", .list(of: .named("Correction")), "What was corrected since, the oldest first.")
    )
}
