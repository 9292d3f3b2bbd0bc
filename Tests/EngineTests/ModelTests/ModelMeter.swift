import CloudEvents
import Engine
import Metering
import UsageStore

/// A meter as the model counts by it.
struct ModelMeter {
    var slug: String
    var type: String
    var aggregation: Aggregation
    /// `$.a` or `$.a.b`; nil for COUNT.
    var value: String?
    /// Names and paths, ordered by name.
    var dimensions: [(name: String, path: String)] = []
    /// Names (of dimensions, `subject`, `source`, paths) and conditions.
    var filters: [(name: String, condition: TextCondition)] = []
    /// Microseconds.
    var eventFrom: Int64?
    var description: String?
    /// Which sequence numbers it counts; the last stretch has no end as long as it does.
    var activity: [Range<UInt64>] = []
    /// Whether it was counted again from the log: its own ledger then begins anew.
    var isRecounted = false

    /// What a meter makes of an event.
    enum Outcome: Equatable {
        case notItsOwn
        case invalid(String)
        /// COUNT has no number, UNIQUE_COUNT a text.
        case value(Fraction, unique: String)
    }

    /// - Parameter time: the event's own, or that of its arrival.
    func outcome(of event: ModelEvent, time: Int64) -> Outcome {
        guard event.type.utf8.elementsEqual(type.utf8), time >= eventFrom ?? .min,
            filters.allSatisfy({ ModelCondition.holds($0.condition, for: text($0.name, of: event)) })
        else { return .notItsOwn }
        guard let value else { return .value(.zero, unique: "") }
        guard let data = event.data, data != .null else {
            return .invalid("invalid event: null and missing value property")
        }
        switch event.value(at: value) {
        case nil: return .invalid("invalid event: missing value property: \"\(value)\"")
        case .null: return .invalid("invalid event: value cannot be null")
        case .object: return .invalid("invalid event: value cannot be an object")
        case .boolean(let value) where aggregation == .uniqueCount: return .value(.zero, unique: "\(value)")
        case .boolean: return .invalid("invalid event: value cannot be a boolean")
        case .text(let text) where aggregation == .uniqueCount: return .value(.zero, unique: text)
        case .text(""): return .invalid("invalid event: value cannot be an empty string")
        case .number(let text), .text(let text):
            guard let number = Fraction(text) else { return .invalid("invalid event: value is not a decimal number") }
            return .value(number, unique: number.text)
        }
    }

    /// What a name of a filter, a grouping or a condition of a query means.
    func text(_ name: String, of event: ModelEvent) -> String {
        if name.hasPrefix("$") { return event.dimension(name) }
        if let dimension = dimensions.first(where: { $0.name == name }) { return event.dimension(dimension.path) }
        return name == "subject" ? event.subject : event.source
    }

    /// Whether it counts an event of this sequence number.
    func isActive(at sequence: UInt64) -> Bool { activity.contains { $0.contains(sequence) } }

    /// The meter as the engine takes it.
    var meter: Meter {
        get throws {
            let dimensions = try dimensions.map { Dimension(name: $0.name, path: try ValuePath($0.path)) }
            return try Meter(
                slug: slug,
                description: description,
                eventType: type,
                eventFrom: eventFrom.map { Timestamp(microseconds: $0) },
                aggregation: aggregation,
                valueProperty: try value.map { try ValuePath($0) },
                groupBy: dimensions,
                filters: try filters.map {
                    try MeterFilter(name: $0.name, condition: $0.condition, dimensions: dimensions, slug: slug)
                }
            )
        }
    }

    /// The meter as the configuration asks for it.
    var request: MeterRequest { get throws { MeterRequest(meter: try meter, bucketSeconds: 3600) } }
}

/// Conditions as their definitions say, tried in every way.
enum ModelCondition {
    static func holds(_ condition: TextCondition, for text: String) -> Bool {
        let bytes = Array(text.utf8)
        switch condition {
        case .equal(let value): return bytes == Array(value.utf8)
        case .notEqual(let value): return bytes != Array(value.utf8)
        case .oneOf(let values): return values.contains { Array($0.utf8) == bytes }
        case .noneOf(let values): return !values.contains { Array($0.utf8) == bytes }
        case .like(let pattern): return fits(Array(pattern.unicodeScalars)[...], Array(text.unicodeScalars)[...])
        case .notLike(let pattern): return !holds(.like(pattern), for: text)
        case .likeIgnoringCase(let pattern): return holds(.like(pattern.lowercased()), for: text.lowercased())
        case .notLikeIgnoringCase(let pattern): return !holds(.likeIgnoringCase(pattern), for: text)
        case .greater(let value): return value.utf8.lexicographicallyPrecedes(text.utf8)
        case .greaterOrEqual(let value): return !text.utf8.lexicographicallyPrecedes(value.utf8)
        case .less(let value): return text.utf8.lexicographicallyPrecedes(value.utf8)
        case .lessOrEqual(let value): return !value.utf8.lexicographicallyPrecedes(text.utf8)
        case .all(let conditions): return conditions.allSatisfy { holds($0, for: text) }
        case .any(let conditions): return conditions.contains { holds($0, for: text) }
        }
    }

    private static func fits(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let step = pattern.first else { return text.isEmpty }
        switch step {
        case "%":
            return (text.startIndex...text.endIndex).contains { fits(pattern.dropFirst(), text[$0...]) }
        case "_": return !text.isEmpty && fits(pattern.dropFirst(), text.dropFirst())
        default: return text.first == step && fits(pattern.dropFirst(), text.dropFirst())
        }
    }
}
