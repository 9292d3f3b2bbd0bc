/// A condition that events must meet for a meter to count them; those that do not are not the meter's events at all.
public struct MeterFilter: Sendable, Hashable {
    /// What of an event the condition is about.
    public enum Place: Sendable, Hashable {
        /// The event's subject.
        case subject
        /// The event's source.
        case source
        /// A place in its data, read as a dimension is: "" where there is nothing.
        case path(ValuePath)
    }

    /// As its owner names it: a dimension of the meter, `subject`, `source`, or a path beginning with `$`.
    public let name: String
    /// What that is.
    public let place: Place
    /// What must be true of it.
    public let condition: TextCondition

    /// The path of its place in the data; nil where it is about an attribute.
    public var path: ValuePath? { if case .path(let path) = place { path } else { nil } }

    /// Makes a filter; `Meter` checks that the name means the place.
    public init(name: String, place: Place, condition: TextCondition) {
        self.name = name
        self.place = place
        self.condition = condition
    }
}
