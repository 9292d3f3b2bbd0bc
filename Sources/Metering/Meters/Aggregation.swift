/// How a meter makes one number of many events.
public enum Aggregation: String, Sendable, Hashable, CaseIterable {
    /// The sum of the values.
    case sum = "SUM"
    /// How many events.
    case count = "COUNT"
    /// How many different values.
    case uniqueCount = "UNIQUE_COUNT"
    /// The mean of the values.
    case avg = "AVG"
    /// The smallest value.
    case min = "MIN"
    /// The largest value.
    case max = "MAX"
    /// The value of the event with the latest time.
    case latest = "LATEST"

    /// Whether a meter with this aggregation needs a value property; COUNT alone has none.
    public var measuresValue: Bool { self != .count }

    /// Whether the value must be a number; UNIQUE_COUNT takes any text.
    public var measuresNumber: Bool { self != .count && self != .uniqueCount }
}
