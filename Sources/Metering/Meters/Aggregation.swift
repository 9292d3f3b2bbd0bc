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
    /// The median of the values: the 50th percentile.
    case p50 = "P50"
    /// The 90th percentile of the values.
    case p90 = "P90"
    /// The 95th percentile of the values.
    case p95 = "P95"
    /// The 99th percentile of the values.
    case p99 = "P99"
    /// A level over time, in value-hours: each event sets the level of its series until the series' next event.
    case weightedSum = "WEIGHTED_SUM"

    /// 50, 90, 95 or 99; nil for the aggregations that are no percentiles.
    public var percentile: Int? {
        switch self {
        case .p50: 50
        case .p90: 90
        case .p95: 95
        case .p99: 99
        default: nil
        }
    }

    /// Whether a meter with this aggregation needs a value property; COUNT alone has none.
    public var measuresValue: Bool { self != .count }

    /// Whether the value must be a number; UNIQUE_COUNT takes any text.
    public var measuresNumber: Bool { self != .count && self != .uniqueCount }

    /// Whether an event can be taken out of a total by subtracting it: SUM, COUNT and AVG.
    public var isAdditive: Bool { self == .sum || self == .count || self == .avg }

    /// Whether a total is a count for each `QuantileCell`.
    public var keepsCells: Bool { percentile != nil }

    /// Whether every level is kept with its time, because a total depends on the events before it.
    public var keepsLevels: Bool { self == .weightedSum }
}
