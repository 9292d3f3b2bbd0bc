/// Which rule a meter's definition breaks.
public enum MeterError: Error, Sendable, Hashable, CustomStringConvertible {
    case slug(String)
    case nameLength(slug: String)
    case descriptionLength(slug: String)
    case eventTypeMissing(slug: String)
    case valuePropertyMissing(slug: String, aggregation: Aggregation)
    case valuePropertyNotAllowed(slug: String)
    case tooManyDimensions(slug: String, count: Int)
    case dimensionName(slug: String, name: String)
    case dimensionReserved(slug: String, name: String)
    case dimensionRepeated(slug: String, name: String)
    case dimensionIsValue(slug: String, name: String, path: ValuePath)
    case tooManyFilters(slug: String, count: Int)
    case filterUnknown(slug: String, name: String, dimensions: [String])
    case filterPath(slug: String, name: String, error: ValuePathError)
    case filterRepeated(slug: String, name: String)
    case filterMoved(slug: String, name: String)
    case filterCondition(slug: String, name: String, error: TextConditionError)

    /// The field of the definition it is about, as configuration names it: `slug`, `groupBy.model`.
    public var field: String {
        switch self {
        case .slug: "slug"
        case .nameLength: "name"
        case .descriptionLength: "description"
        case .eventTypeMissing: "eventType"
        case .valuePropertyMissing, .valuePropertyNotAllowed: "valueProperty"
        case .tooManyDimensions: "groupBy"
        case .dimensionName(_, let name), .dimensionReserved(_, let name), .dimensionRepeated(_, let name),
            .dimensionIsValue(_, let name, _):
            "groupBy.\(name)"
        case .tooManyFilters: "filters"
        case .filterUnknown(_, let name, _), .filterPath(_, let name, _), .filterRepeated(_, let name),
            .filterMoved(_, let name), .filterCondition(_, let name, _):
            "filters.\(name)"
        }
    }

    /// The meter, the field, what is wrong and what is allowed.
    public var description: String { "meter \"\(slug)\": \(field): \(reason)" }

    /// What is wrong and what is allowed.
    public var reason: String {
        switch self {
        case .slug:
            "a slug is 1 to \(Meter.maximumSlugLength) characters: lower-case letters and digits, in words joined by "
                + "single underscores"
        case .nameLength: "a name is 1 to \(Meter.maximumNameLength) characters long"
        case .descriptionLength: "a description is at most \(Meter.maximumDescriptionLength) characters long"
        case .eventTypeMissing: "an event type of at least one character is required"
        case .valuePropertyMissing(_, let aggregation):
            "required for \(aggregation.rawValue): the path of the value, for example $.tokens; only COUNT has none"
        case .valuePropertyNotAllowed: "not allowed for COUNT, which counts events and reads no value"
        case .tooManyDimensions(_, let count): "\(count) dimensions; at most \(Meter.maximumDimensions) are allowed"
        case .dimensionName(_, let name):
            "the name \"\(name)\" does not fit: letters, digits and underscores, not starting with a digit"
        case .dimensionReserved(_, let name):
            "the name \"\(name)\" is taken by the event's own subject; choose another name"
        case .dimensionRepeated(_, let name): "the name \"\(name)\" stands there twice; names are unique"
        case .dimensionIsValue(_, _, let path): "the path \(path) is the value's own; a dimension reads another place"
        case .tooManyFilters(_, let count): "\(count) filters; at most \(Meter.maximumFilters) are allowed"
        case .filterUnknown(_, let name, let dimensions):
            "\"\(name)\" is nothing to filter by; there are \(Self.list(dimensions)), and paths such as $.model"
        case .filterPath(_, _, let error): error.description
        case .filterRepeated(_, let name): "the name \"\(name)\" stands there twice; join its conditions with $and"
        case .filterMoved(_, let name):
            "the filter was made when \"\(name)\" was another place in the event, so events would count by another rule than "
                + "before; make another meter, or keep the dimension as it was"
        case .filterCondition(_, _, let error): error.description
        }
    }

    private static func list(_ dimensions: [String]) -> String {
        ([MeterFilter.subject, MeterFilter.source] + dimensions.filter { $0 != MeterFilter.source })
            .joined(separator: ", ")
    }

    private var slug: String {
        switch self {
        case .slug(let slug), .nameLength(let slug), .descriptionLength(let slug), .eventTypeMissing(let slug),
            .valuePropertyMissing(let slug, _), .valuePropertyNotAllowed(let slug), .tooManyDimensions(let slug, _),
            .dimensionName(let slug, _), .dimensionReserved(let slug, _), .dimensionRepeated(let slug, _),
            .dimensionIsValue(let slug, _, _), .tooManyFilters(let slug, _), .filterUnknown(let slug, _, _),
            .filterPath(let slug, _, _), .filterRepeated(let slug, _), .filterMoved(let slug, _),
            .filterCondition(let slug, _, _):
            slug
        }
    }
}
