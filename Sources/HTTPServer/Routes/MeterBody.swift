import Engine
import Metering

/// Meters as requests write them.
enum MeterBody {
    /// Characters (Unicode scalars) of an event type, as in the configuration.
    static let longestEventType = 256

    /// A meter to be made; throws 400.
    static func meter(_ body: JSONMembers) throws(Problem) -> Meter {
        var body = body
        let slug = try body.requiredText("slug")
        let name = try body.text("name")
        let description = try body.text("description")
        let aggregation = try aggregation(try body.requiredText("aggregation"))
        let eventType = try body.requiredText("eventType")
        guard (1...longestEventType).contains(eventType.unicodeScalars.count),
            !eventType.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw Problem(
                status: 400,
                detail: "eventType is 1 to \(longestEventType) characters, none of them a control character"
            )
        }
        let eventFrom = try body.time("eventFrom")
        let value = try valuePath(try body.text("valueProperty"))
        let groupBy = try dimensions(&body) ?? []
        let filters = try filters(try body.map("filters") ?? [], dimensions: groupBy, slug: slug)
        let metadata = try metadata(&body) ?? [:]
        try body.finish()
        do throws(MeterError) {
            return try Meter(
                slug: slug,
                name: name,
                description: description,
                eventType: eventType,
                eventFrom: eventFrom,
                aggregation: aggregation,
                valueProperty: value,
                groupBy: groupBy,
                filters: filters,
                metadata: metadata
            )
        } catch {
            throw Problem(status: 400, detail: error.description)
        }
    }

    /// What is to be changed of a meter; throws 400.
    static func change(_ body: JSONMembers) throws(Problem) -> MeterChange {
        var body = body
        let change = MeterChange(
            name: try body.text("name"),
            description: try body.text("description"),
            groupBy: try dimensions(&body),
            metadata: try metadata(&body)
        )
        try body.finish()
        return change
    }

    private static func aggregation(_ text: String) throws(Problem) -> Aggregation {
        guard let aggregation = Aggregation(rawValue: text) else {
            let known = Aggregation.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(status: 400, detail: "aggregation \"\(text)\" is not one of \(known)")
        }
        return aggregation
    }

    private static func dimensions(_ body: inout JSONMembers) throws(Problem) -> [Dimension]? {
        guard let map = try body.textMap("groupBy") else { return nil }
        var dimensions: [Dimension] = []
        for (name, text) in map {
            dimensions.append(Dimension(name: name, path: try path(text, "groupBy.\(name)")))
        }
        return dimensions
    }

    private static func valuePath(_ text: String?) throws(Problem) -> ValuePath? {
        guard let text else { return nil }
        return try path(text, "valueProperty")
    }

    private static func path(_ text: String, _ name: String) throws(Problem) -> ValuePath {
        do throws(ValuePathError) {
            return try ValuePath(text)
        } catch {
            throw Problem(status: 400, detail: "\(name): \(error)")
        }
    }

    private static func metadata(_ body: inout JSONMembers) throws(Problem) -> [String: String]? {
        try body.textMap("metadata").map { Dictionary($0.map { ($0.key, $0.value) }) { first, _ in first } }
    }

    private static func filters(
        _ map: [(key: String, value: JSONValue)],
        dimensions: [Dimension],
        slug: String
    ) throws(Problem) -> [MeterFilter] {
        var filters: [MeterFilter] = []
        for (name, value) in map {
            let condition = try ConditionJSON.read(value, "filters.\(name)")
            do throws(MeterError) {
                filters.append(
                    try MeterFilter(name: name, condition: condition, dimensions: dimensions, slug: slug)
                )
            } catch {
                throw Problem(status: 400, detail: error.description)
            }
        }
        return filters
    }
}
