/// Telemetry records for CloudZero, a file a UTC day: the body of a request to its telemetry API.
///
/// https://docs.cloudzero.com/reference/unit-metric-telemetry-api-1 and
/// https://docs.cloudzero.com/reference/allocation-telemetry
public struct CloudZeroTelemetryFormat: Sendable, Hashable {
    /// The meter's slug.
    public var meter: String
    /// What the records are for.
    public var stream: Stream
    /// What each record is filtered by, sorted by name; at most ``filterLimit``.
    public var filters: [Filter]

    /// The most filters CloudZero takes.
    public static let filterLimit = 5

    /// A unit cost metric, or an allocation stream, whose records are each for one element (a customer, a team).
    public enum Stream: Sendable, Hashable {
        case metric
        /// `element`: `subject` or a dimension of the meter.
        case allocation(element: String)
    }

    /// A CloudZero dimension and where its value comes from.
    public struct Filter: Sendable, Hashable {
        /// CloudZero's name, for example `custom:Customer`.
        public var name: String
        /// `subject` or a dimension of the meter.
        public var dimension: String

        /// Makes a filter.
        public init(name: String, dimension: String) {
            self.name = name
            self.dimension = dimension
        }
    }

    /// Makes a format.
    public init(meter: String, stream: Stream, filters: [Filter]) {
        self.meter = meter
        self.stream = stream
        self.filters = filters
    }
}

/// CloudZero's Common Bill Format in AnyCost drops, a drop a billing month.
///
/// https://docs.cloudzero.com/docs/anycost-common-bill-format-cbf and https://docs.cloudzero.com/docs/anycost-cbf-drop-specs
public struct AnyCostFormat: Sendable, Hashable {
    /// Slugs of the meters, each with a price.
    public var meters: [String]

    /// Makes a format.
    public init(meters: [String]) {
        self.meters = meters
    }
}

/// Datadog custom costs, a JSON file a UTC day.
///
/// https://docs.datadoghq.com/cloud_cost_management/setup/custom/
public struct DatadogFormat: Sendable, Hashable {
    /// Slugs of the meters, each with a price in USD, which is all that Datadog takes.
    public var meters: [String]

    /// Makes a format.
    public init(meters: [String]) {
        self.meters = meters
    }
}

/// What was delivered of other reports, by day and meter, for an auditor: one CSV file that grows.
public struct ReconciliationFormat: Sendable, Hashable {
    /// Names of the reports it accounts for; nil: all that ever delivered, those that are configured no more included.
    public var reports: [String]?

    /// Makes a format.
    public init(reports: [String]?) {
        self.reports = reports
    }
}
