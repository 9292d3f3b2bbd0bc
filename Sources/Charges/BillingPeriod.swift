public import Metering

/// A billing month in UTC: what FOCUS delivers and replaces as a whole, and what tiers and allowances count over.
public struct BillingPeriod: Hashable, Comparable, CustomStringConvertible, Sendable {
    /// The month's first day.
    public let first: LocalDay

    /// The month a day is in.
    public init(containing day: LocalDay) {
        first = day.startOfMonth
    }

    /// The month after.
    public var next: BillingPeriod { BillingPeriod(containing: first.startOfNextMonth) }

    /// `2025-06`.
    public var description: String { String(first.description.prefix(7)) }

    /// By time.
    public static func < (one: BillingPeriod, other: BillingPeriod) -> Bool { one.first < other.first }
}
