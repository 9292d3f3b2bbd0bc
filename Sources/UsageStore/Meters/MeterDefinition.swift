import CloudEvents
import Foundation
import Metering

/// The JSON form of a meter's definition in the `meter` table.
struct MeterDefinition: Codable {
    struct Filter: Codable {
        var name: String
        /// `subject`, `source`, or a path.
        var place: String
        var condition: TextCondition
    }

    var slug: String
    var name: String
    var description: String?
    var eventType: String
    var eventFrom: Int64?
    var aggregation: String
    var valueProperty: String?
    var groupBy: [String: String]
    /// Not there in the definitions of format 2, and in those without filters.
    var filters: [Filter]?
    var metadata: [String: String]

    init(_ meter: Meter) {
        slug = meter.slug
        name = meter.name
        description = meter.description
        eventType = meter.eventType
        eventFrom = meter.eventFrom?.microseconds
        aggregation = meter.aggregation.rawValue
        valueProperty = meter.valueProperty?.description
        groupBy = Dictionary(uniqueKeysWithValues: meter.groupBy.map { ($0.name, $0.path.description) })
        filters = meter.filters.isEmpty ? nil : meter.filters.map(Filter.init)
        metadata = meter.metadata
    }

    /// The JSON text, with sorted keys so that the same definition is the same text.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    static func meter(from text: String) throws -> Meter {
        let stored = try JSONDecoder().decode(MeterDefinition.self, from: Data(text.utf8))
        guard let aggregation = Aggregation(rawValue: stored.aggregation) else {
            throw UsageStoreError.damaged(path: "meter", what: "\(stored.slug) has aggregation \(stored.aggregation)")
        }
        return try Meter(
            slug: stored.slug,
            name: stored.name,
            description: stored.description,
            eventType: stored.eventType,
            eventFrom: stored.eventFrom.map { Timestamp(microseconds: $0) },
            aggregation: aggregation,
            valueProperty: try stored.valueProperty.map { try ValuePath($0) },
            groupBy: try stored.groupBy.map { Dimension(name: $0.key, path: try ValuePath($0.value)) },
            filters: try (stored.filters ?? []).map { try $0.filter() },
            metadata: stored.metadata
        )
    }
}

extension MeterDefinition.Filter {
    init(_ filter: MeterFilter) {
        name = filter.name
        condition = filter.condition
        place =
            switch filter.place {
            case .subject: "subject"
            case .source: "source"
            case .path(let path): path.description
            }
    }

    func filter() throws -> MeterFilter {
        let place: MeterFilter.Place =
            switch place {
            case "subject": .subject
            case "source": .source
            default: .path(try ValuePath(place))
            }
        return MeterFilter(name: name, place: place, condition: condition)
    }
}
