import Metering

extension APIGroup {
    /// Usage: what was counted.
    static let usage = APIGroup(
        "Usage",
        "What was counted: exact, with every event in it that was acknowledged before.",
        paths: [
            APIPath("/api/v1/meters/{meter}/query", query, queryByBody),
            APIPath("/api/v1/meters/{meter}/subjects", subjects),
            APIPath("/api/v1/meters/{meter}/group-by/{dimension}/values", values),
        ],
        schemas: [("Usage", result), ("UsageRow", row), ("UsageQuery", request)]
    )

    private static let query = APIOperation(
        .get,
        "queryMeter",
        "Shows a meter's usage.",
        access: .scope("query"),
        parameters: [
            .query(
                "subject",
                .list(of: .plain(), count: 0...UsageQueryBuilder.maximumSubjects),
                "Only these subjects; rows are split by them."
            )
        ] + APIParameter.usage,
        answers: [usageAnswer],
        problems: [404, 406, 422, 503]
    )

    private static let queryByBody = APIOperation(
        .post,
        "queryMeterByBody",
        "Shows a meter's usage; the question is in the body.",
        access: .scope("query"),
        body: .json(.named("UsageQuery"), isRequired: false),
        answers: [usageAnswer],
        problems: [404, 406, 422, 503]
    )

    private static let subjects = APIOperation(
        .get,
        "listMeterSubjects",
        "Lists the subjects a meter counted.",
        access: .scope("query"),
        parameters: APIParameter.range,
        answers: [.json(.list(of: .text()), "The subjects, sorted by their bytes.")],
        problems: [404, 503]
    )

    private static let values = APIOperation(
        .get,
        "listMeterGroupByValues",
        "Lists the values of a dimension that a meter counted.",
        access: .scope("query"),
        parameters: APIParameter.range,
        answers: [
            .json(.list(of: .text()), "The values, sorted by their bytes; the empty one where an event had none.")
        ],
        problems: [404, 503]
    )

    /// The answer to each kind of usage query.
    static let usageAnswer = APIAnswer(
        status: 200,
        about: "The usage; as CSV where `Accept` prefers that.",
        content: [("application/json", .named("Usage")), ("text/csv", .text())]
    )
}

extension APIParameter {
    /// From when to when.
    static let range: [APIParameter] = [
        .query("from", .time, "The first moment that counts."),
        .query("to", .time, "The first moment that does not count any more."),
    ]

    /// What a usage query may ask, beside subjects.
    static let usage: [APIParameter] =
        range + [
            .query(
                "windowSize",
                .one(of: WindowSize.allCases.map(\.rawValue)),
                "How long the windows are; one for all where it is missing."
            ),
            .query(
                "windowTimeZone",
                .text(1 ... .max),
                "Whose days and hours the windows are: a name of the time zone database."
            ),
            .query(
                "groupBy",
                .list(of: .plain(1 ... .max), count: 0...UsageQueryBuilder.maximumGroupings),
                "Dimensions to split by; `subject` and paths such as `$.region` too."
            ),
            .keyed("filterGroupBy", .map(names: .plain(), to: .plain()), "Only this value of each dimension."),
            .json(
                "advancedMeterGroupByFilters",
                conditions,
                "Only what meets a condition for each dimension."
            ),
            .clientID, .customers("filterCustomerId"),
        ]

    /// OpenMeter's clients may send it.
    static let clientID = APIParameter.query("clientId", .plain(), "Ignored.")

    /// A condition for each of some dimensions.
    static let conditions = APISchema.map(names: .plain(), to: .anyCondition)

    /// A list that names no customer.
    fileprivate static let noCustomers = APISchema.list(of: .one(of: [""]))

    /// OpenMeter's customers, which do not exist here.
    static func customers(_ name: String) -> APIParameter {
        .query(name, noCustomers, "There are no customers here, so none can be named.")
    }
}

// MARK: - Schemas

extension APIGroup {
    private static let window = APISchema.one(of: WindowSize.allCases.map(\.rawValue))

    private static let request = APISchema.object(
        .optional("from", .time),
        .optional("to", .time),
        .optional("windowSize", window),
        .optional("windowTimeZone", .plain(1 ... .max)),
        .optional("subject", .list(of: .plain(), count: 0...UsageQueryBuilder.maximumSubjects)),
        .optional("groupBy", .list(of: .plain(1 ... .max), count: 0...UsageQueryBuilder.maximumGroupings)),
        .optional(
            "filterGroupBy",
            .map(names: .plain(), to: .any(of: [.plain(), .list(of: .plain(), count: 1 ... .max)])),
            "Some values of each dimension."
        ),
        .optional("advancedMeterGroupByFilters", APIParameter.conditions),
        .optional("clientId", .plain(), "Ignored."),
        .optional("filterCustomerId", APIParameter.noCustomers)
    ).example([
        "from": "2025-06-01T00:00:00Z", "to": "2025-07-01T00:00:00Z", "windowSize": "DAY",
        "windowTimeZone": "Europe/Budapest", "subject": ["customer-1"],
    ])

    private static let result = APISchema.object(
        .perhaps("from", .time),
        .perhaps("to", .time),
        .perhaps("windowSize", window),
        .always("data", .list(of: .named("UsageRow")))
    )

    private static let row = APISchema.object(
        .always("value", .decimal),
        .always("windowStart", .time),
        .always("windowEnd", .time),
        .always("subject", APISchema.text().orNull, "Null where rows are not split by subject."),
        .always("groupBy", .map(names: .text(1 ... .max), to: .text()))
    )
}
