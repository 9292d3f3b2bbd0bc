import Metering

extension APIGroup {
    /// Meters: what is counted.
    static let meters = APIGroup(
        "Meters",
        "What is counted, and how. Those of the configuration are only read here.",
        paths: [
            APIPath("/api/v1/meters", list, create),
            APIPath("/api/v1/meters/{meter}", get, update, delete),
        ],
        schemas: [
            ("Meter", meter), ("MeterCreate", definition), ("MeterUpdate", change), ("Backfill", backfill),
            ("Condition", condition),
        ]
    )

    private static let list = APIOperation(
        .get,
        "listMeters",
        "Lists the meters.",
        access: .scope("query"),
        parameters: [
            .query(
                "page",
                .integer(1...MeterRoutes.lastPage),
                "The page, counted from 1; all meters without page and size."
            ),
            .query(
                "pageSize",
                .integer(1...MeterRoutes.largestPage),
                "Meters of a page; \(MeterRoutes.usualPage) where only the page is given."
            ),
            .query("order", .one(of: ["ASC", "DESC"]), "Which end comes first."),
            .query(
                "orderBy",
                .one(of: ["key", "name", "aggregation", "createdAt", "updatedAt"]),
                "What they are sorted by."
            ),
            .query("includeDeleted", .flag(), "Makes no difference: deleted meters are gone."),
        ],
        answers: [.json(.list(of: .named("Meter")), "The meters.")]
    )

    private static let create = APIOperation(
        .post,
        "createMeter",
        "Makes a meter.",
        about: """
            It counts events from now on; with `backfill=true` those that are still in the log too. Until they are counted, \
            queries of it are answered with 503 and `backfill` says how far the count has come.
            """,
        access: .scope("admin"),
        parameters: [.query("backfill", .flag(unlessGiven: false), "Whether to count what is in the log already.")],
        body: .json(.named("MeterCreate")),
        answers: [.json(.named("Meter"), "The meter.", status: 201)],
        problems: [409, 503]
    )

    private static let get = APIOperation(
        .get,
        "getMeter",
        "Shows a meter.",
        access: .scope("query"),
        answers: [.json(.named("Meter"), "The meter.")],
        problems: [404]
    )

    private static let update = APIOperation(
        .put,
        "updateMeter",
        "Changes a meter's name, description, dimensions or metadata.",
        about: """
            What is left out stays as it is. Other dimensions than before are counted anew from the log; the meter answers \
            as it was until that is done.
            """,
        access: .scope("admin"),
        body: .json(.named("MeterUpdate")),
        answers: [.json(.named("Meter"), "The meter.")],
        problems: [404, 409, 503]
    )

    private static let delete = APIOperation(
        .delete,
        "deleteMeter",
        "Deletes a meter and what it counted.",
        access: .scope("admin"),
        answers: [.nothing("The meter is gone.")],
        problems: [404, 409, 503]
    )
}

// MARK: - Schemas

extension APIGroup {
    private static let slug = APISchema.text(1...Meter.maximumSlugLength, pattern: "^[a-z0-9]+(?:_[a-z0-9]+)*$")
    private static let name = APISchema.plain(1...Meter.maximumNameLength)
    private static let eventType = APISchema.text(
        1...MeterBody.longestEventType,
        pattern: #"^[^\u0000-\u001f\u007f-\u009f]*$"#
    )
    private static let description = APISchema.plain(0...Meter.maximumDescriptionLength)
    private static let aggregation = APISchema.one(of: Aggregation.allCases.map(\.rawValue))
    private static let metadata = APISchema.map(names: .plain(), to: .plain())
    private static let dimensions = APISchema.map(
        // Every event has a subject; a dimension cannot take its name.
        names: .text(pattern: "^(?!subject$)[a-zA-Z_][0-9a-zA-Z_]*$"),
        to: path,
        atMost: Meter.maximumDimensions
    )

    /// `ValuePath`'s grammar.
    private static let path: APISchema = {
        // All but the characters of ASCII that are no letter, no digit, no `-` and no `_`.
        let name = #"\.[^\u0000-\u002C\u002E\u002F\u003A-\u0040\u005B-\u005E\u0060\u007B-\u007F]+"#
        let escape = #"\\(?:[\\/bfnrt]|u[0-9A-Fa-f]{4})"#
        let element = #"\[ *(?:0|[1-9][0-9]{0,4}) *\]"#
        let single = #"\[ *'(?:[^'\\\u0000-\u001F]|\\'|"# + escape + #")*' *\]"#
        let double = #"\[ *"(?:[^"\\\u0000-\u001F]|\\"|"# + escape + #")*" *\]"#
        return .text(
            1...ValuePath.maximumLength,
            pattern: "^\\$(?:\(name)|\(element)|\(single)|\(double)){0,\(ValuePath.maximumSegments)}$"
        )
    }()

    private static let filters = APISchema.map(names: .plain(1 ... .max), to: .anyCondition, atMost: 64)

    private static let definition = APISchema.object(
        .always("slug", slug, "Its name in the API."),
        .optional("name", name, "Its name for people; the slug where there is none."),
        .optional("description", description),
        .always("aggregation", aggregation, "How values become one number."),
        .always("eventType", eventType, "The type of the events it counts."),
        .optional("eventFrom", .time, "Events with an earlier time do not count."),
        .optional("valueProperty", path, "Where the value stands in the data; not for COUNT."),
        .optional("groupBy", dimensions, "The dimensions, and where they stand in the data."),
        .optional(
            "filters",
            filters,
            "Conditions on dimensions, `subject`, `source` or paths; other events are not counted."
        ),
        .optional("metadata", metadata)
    ).without("valueProperty", where: "aggregation", is: Aggregation.count.rawValue).example([
        "slug": "tokens_total", "description": "AI token usage", "aggregation": "SUM", "eventType": "prompt",
        "valueProperty": "$.tokens", "groupBy": ["model": "$.model", "type": "$.type"],
    ])

    private static let change = APISchema.object(
        .optional("name", name),
        .optional("description", description),
        .optional("groupBy", dimensions, "All the dimensions it shall have."),
        .optional("metadata", metadata, "All the metadata it shall have.")
    )

    private static let meter = APISchema.object(
        .always("id", .text(pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"), "A ULID."),
        .always("slug", slug),
        .always("name", name),
        .perhaps("description", description),
        .always("aggregation", aggregation),
        .always("eventType", .text(1 ... .max)),
        .perhaps("eventFrom", .time),
        .perhaps("valueProperty", path),
        .always("groupBy", dimensions),
        .perhaps("filters", .map(names: .text(1 ... .max), to: .named("Condition"))),
        .always("metadata", metadata),
        .always("createdAt", .time),
        .always("updatedAt", .time),
        .always("owner", .one(of: ["configuration", "api"]), "Who decides what it counts."),
        .perhaps("backfill", .named("Backfill"), "The count from the log, where one was asked for.")
    )

    private static let backfill = APISchema.object(
        .always("state", .one(of: ["running", "done", "failed"])),
        .perhaps("reason", .text(1 ... .max), "Why it failed."),
        .always("done", .count, "Sequence numbers passed."),
        .always("total", .count, "Sequence numbers there were to pass."),
        .always("fromSequence", .sequence, "The first sequence number that is read.")
    )

    /// OpenMeter's `FilterString`: one member.
    private static let condition = APISchema.object(
        .optional("$eq", .plain()),
        .optional("$ne", .plain()),
        .optional("$in", texts),
        .optional("$nin", texts),
        .optional("$like", .plain(), "`%` is any text, `_` any one character, `\\` takes the next as it is."),
        .optional("$nlike", .plain()),
        .optional("$ilike", .plain(), "Without regard to case."),
        .optional("$nilike", .plain()),
        .optional("$gt", .plain(), "By the order of UTF-8 bytes."),
        .optional("$gte", .plain()),
        .optional("$lt", .plain()),
        .optional("$lte", .plain()),
        .optional("$and", .list(of: .named("Condition"))),
        .optional("$or", .list(of: .named("Condition")))
    ).notEmpty.about("A condition on a text, at most \(TextCondition.maximumDepth) levels deep.")

    private static let texts = APISchema.list(of: .plain(), count: 0...TextCondition.maximumValues)
}

extension APISchema {
    /// A condition as `ConditionJSON` reads it: the text itself, some texts, or an object.
    static let anyCondition = APISchema.any(of: [
        .plain(), .list(of: .plain(), count: 1...TextCondition.maximumValues), .named("Condition"),
    ])
}
