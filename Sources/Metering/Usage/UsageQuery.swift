public import CloudEvents

/// What someone asks about a meter's usage.
public struct UsageQuery: Sendable, Hashable {
    /// The meter's slug.
    public var meter: String
    /// The first moment that counts; nil: from the beginning.
    public var from: Timestamp?
    /// The first moment that does not count any more; nil: up to now.
    public var to: Timestamp?
    /// How long the windows are; nil: one for the whole range.
    public var windowSize: WindowSize?
    /// Whose days and hours the windows are.
    public var zone: Zone
    /// Only these subjects, if there are any; they group the rows as well.
    public var subjects: [String]
    /// Names of dimensions to group by, in the order of a row's `dimensions`; `subject` is allowed among them. A name that
    /// begins with `$` is a path in the data, which no total holds: such a query reads the log.
    public var groupBy: [String]
    /// Only events that meet all of these conditions, by dimension, `subject`, or path in the data as in `groupBy`.
    public var filters: [String: TextCondition]

    /// Makes a query.
    public init(
        meter: String,
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        windowSize: WindowSize? = nil,
        zone: Zone = .utc,
        subjects: [String] = [],
        groupBy: [String] = [],
        filters: [String: TextCondition] = [:]
    ) {
        self.meter = meter
        self.from = from
        self.to = to
        self.windowSize = windowSize
        self.zone = zone
        self.subjects = subjects
        self.groupBy = groupBy
        self.filters = filters
    }

    /// Whether rows are split by subject: `subject` is asked for, or subjects are named.
    public var groupsBySubject: Bool { !subjects.isEmpty || groupBy.contains("subject") }

    /// The dimensions asked for, without `subject`.
    public var dimensionNames: [String] { groupBy.filter { $0 != "subject" } }
}
