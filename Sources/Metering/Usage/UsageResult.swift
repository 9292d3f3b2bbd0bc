public import CloudEvents

/// The usage of one group in one window.
public struct UsageRow: Sendable, Hashable {
    /// The window it was in.
    public var window: TimeWindow
    /// The subject; nil when rows are not split by subject.
    public var subject: String?
    /// The values of the dimensions in the order of `UsageResult.dimensionNames`; "" where an event has none.
    public var dimensions: [String]
    /// What the meter measured.
    public var value: ExactDecimal
    /// How many events the meter counted for it.
    public var events: UInt64

    /// Makes a row.
    public init(
        window: TimeWindow,
        subject: String?,
        dimensions: [String],
        value: ExactDecimal,
        events: UInt64 = 0
    ) {
        self.window = window
        self.subject = subject
        self.dimensions = dimensions
        self.value = value
        self.events = events
    }

    /// The order rows are shown in: by the window's start, then subject (none first), then the dimensions one by one, texts
    /// compared by their UTF-8 bytes. It depends on nothing but the rows, so the same usage gives the same bytes.
    public static func precedes(_ left: UsageRow, _ right: UsageRow) -> Bool {
        if left.window.start != right.window.start { return left.window.start < right.window.start }
        if let order = compare(left.subject, right.subject) { return order }
        for (leftValue, rightValue) in zip(left.dimensions, right.dimensions) {
            if let order = compare(leftValue, rightValue) { return order }
        }
        return left.dimensions.count < right.dimensions.count
    }

    /// Whether the left text comes first; nil when they are the same bytes.
    private static func compare(_ left: String?, _ right: String?) -> Bool? {
        guard let left, let right else { return left == nil && right == nil ? nil : left == nil }
        if left.utf8.elementsEqual(right.utf8) { return nil }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// The answer to a `UsageQuery`.
public struct UsageResult: Sendable, Hashable {
    /// As in the query.
    public var from: Timestamp?
    /// As in the query.
    public var to: Timestamp?
    /// As in the query.
    public var windowSize: WindowSize?
    /// The dimensions asked for, without `subject`.
    public var dimensionNames: [String]
    /// Sorted as `UsageRow.precedes` says.
    public let rows: [UsageRow]

    /// Makes an answer; rows may come in any order.
    public init(
        from: Timestamp?,
        to: Timestamp?,
        windowSize: WindowSize?,
        dimensionNames: [String],
        rows: [UsageRow]
    ) {
        self.from = from
        self.to = to
        self.windowSize = windowSize
        self.dimensionNames = dimensionNames
        self.rows = rows.sorted(by: UsageRow.precedes)
    }
}
