import CloudEvents
import Metering

/// What a request asks of a meter's usage, before it is a query: the same from a URL and from a body.
struct UsageQueryBuilder {
    /// Names of the parameters in a URL.
    static let parameters = ["subject"] + portalParameters
    /// Those of a portal query, whose subject is the token's.
    static let portalParameters = [
        "from", "to", "windowSize", "windowTimeZone", "groupBy", "filterGroupBy", "filterGroupBy[]",
        "advancedMeterGroupByFilters", "filterCustomerId", "clientId",
    ]
    /// The most names of one `groupBy`.
    static let maximumGroupings = Meter.maximumDimensions + 1
    /// The most subjects of one query.
    static let maximumSubjects = TextCondition.maximumValues

    private var from: Timestamp?
    private var to: Timestamp?
    private var windowSize: String?
    private var zone: String?
    private var subjects: [String]
    private var groupBy: [String]
    private var customers: [String]
    /// Conditions by name; those of the same name have to be true together.
    private var filters: [(name: String, condition: TextCondition)] = []

    /// Reads a URL's parameters; throws 400.
    init(_ parameters: QueryParameters) throws(Problem) {
        from = try parameters.time("from")
        to = try parameters.time("to")
        windowSize = try parameters.one("windowSize")
        zone = try parameters.one("windowTimeZone")
        subjects = parameters.all("subject")
        groupBy = parameters.all("groupBy")
        customers = parameters.all("filterCustomerId")
        try addSimpleFilters(parameters)
        if let text = try parameters.one("advancedMeterGroupByFilters"), !text.isEmpty {
            let name = "advancedMeterGroupByFilters"
            try addFilters(try JSONMembers.map(try JSONParser.value(Array(text.utf8), of: name), name), name)
        }
    }

    /// Reads a body's members; throws 400.
    init(_ body: JSONMembers) throws(Problem) {
        var body = body
        from = try body.time("from")
        to = try body.time("to")
        windowSize = try body.text("windowSize")
        zone = try body.text("windowTimeZone")
        subjects = try body.texts("subject") ?? []
        groupBy = try body.texts("groupBy") ?? []
        customers = try body.texts("filterCustomerId") ?? []
        _ = try body.text("clientId")
        let (simple, advanced) = ("filterGroupBy", "advancedMeterGroupByFilters")
        for (key, value) in try body.map(simple) ?? [] {
            let condition: TextCondition =
                if case .string = value.content {
                    .equal(try JSONMembers.text(value, "\(simple).\(key)"))
                } else {
                    try ConditionJSON.anyOf(try JSONMembers.texts(value, "\(simple).\(key)"), "\(simple).\(key)")
                }
            filters.append((key, condition))
        }
        try addFilters(try body.map(advanced) ?? [], advanced)
        try body.finish()
    }

    /// `filterGroupBy[name]=value`, which may come again, and `filterGroupBy={'name': 'value'}`.
    private mutating func addSimpleFilters(_ parameters: QueryParameters) throws(Problem) {
        var pairs = parameters.keyed("filterGroupBy")
        for text in parameters.all("filterGroupBy") {
            guard let more = DictionaryText.pairs(text) else {
                throw Problem(
                    status: 400,
                    detail: "filterGroupBy is no dictionary of texts; ask with filterGroupBy[model]=x"
                )
            }
            pairs += more
        }
        for same in Dictionary(grouping: pairs, by: { Array($0.key.utf8) }).values {
            let key = same[0].key
            filters.append((key, try ConditionJSON.anyOf(same.map(\.value), "filterGroupBy.\(key)")))
        }
    }

    private mutating func addFilters(_ map: [(key: String, value: JSONValue)], _ name: String) throws(Problem) {
        for (key, value) in map { filters.append((key, try ConditionJSON.read(value, "\(name).\(key)"))) }
    }

    /// The query; throws 400. With `subject`, only that one's usage is asked for, whatever else is.
    func query(_ meter: Meter, subject: String? = nil) throws(Problem) -> UsageQuery {
        if let from, let to, from >= to {
            throw Problem(status: 400, detail: "from (\(from)) must be before to (\(to))")
        }
        guard customers.allSatisfy(\.isEmpty) else {
            throw Problem(
                status: 400,
                detail:
                    "filterCustomerId: meterd has no customers; filter by subject, or by a dimension that names them"
            )
        }
        var query = UsageQuery(
            meter: meter.slug,
            from: from,
            to: to,
            windowSize: try size(),
            zone: try timeZone(),
            subjects: subject.map { [$0] } ?? Self.different(subjects),
            groupBy: Self.different(groupBy),
            filters: try conditions()
        )
        try Self.check(query.subjects.count, Self.maximumSubjects, "subject")
        try Self.check(query.groupBy.count, Self.maximumGroupings, "groupBy")
        // Asking for subjects splits by subject too.
        if query.groupsBySubject, !query.groupBy.contains("subject") { query.groupBy.insert("subject", at: 0) }
        return query
    }

    private static func check(_ count: Int, _ limit: Int, _ name: String) throws(Problem) {
        guard count > limit else { return }
        throw Problem(status: 400, detail: "\(name) has \(count) values; at most \(limit) are allowed")
    }

    /// Each text once, where it comes first; texts are the same when their bytes are.
    private static func different(_ texts: [String]) -> [String] {
        var seen: Set<[UInt8]> = []
        return texts.filter { seen.insert(Array($0.utf8)).inserted }
    }

    private func conditions() throws(Problem) -> [String: TextCondition] {
        var result: [String: TextCondition] = [:]
        for (name, conditions) in Dictionary(grouping: filters, by: \.name) {
            // The bytes differ, but as texts they are the same: "é" can be written as one scalar or as two.
            guard conditions.allSatisfy({ $0.name.utf8.elementsEqual(name.utf8) }) else {
                throw Problem(status: 400, detail: "the filters have the name \"\(name)\" in two spellings")
            }
            let condition = conditions.count == 1 ? conditions[0].condition : .all(conditions.map(\.condition))
            do throws(TextConditionError) {
                try condition.check()
            } catch {
                throw Problem(status: 400, detail: "the filter of \(name): \(error)")
            }
            result[name] = condition
        }
        return result
    }

    private func size() throws(Problem) -> WindowSize? {
        guard let windowSize else { return nil }
        guard let size = WindowSize(rawValue: windowSize) else {
            throw Problem(status: 400, detail: "windowSize is not one of MINUTE, HOUR, DAY, MONTH")
        }
        return size
    }

    private func timeZone() throws(Problem) -> Zone {
        guard let zone = Zone(zone ?? "UTC") else {
            throw Problem(
                status: 400,
                detail: "windowTimeZone is not a name of the time zone database: \(zone ?? "")"
            )
        }
        return zone
    }
}
