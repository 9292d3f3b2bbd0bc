import Metering

/// A billing month: what FOCUS delivers and replaces as a whole.
struct BillingPeriod: Hashable, Comparable, CustomStringConvertible {
    /// The month's first day.
    let first: LocalDay

    /// The month a day is in.
    init(containing day: LocalDay) {
        first = day.startOfMonth
    }

    /// The month after.
    var next: BillingPeriod { BillingPeriod(containing: first.startOfNextMonth) }

    /// `2025-06`.
    var description: String { String(first.description.prefix(7)) }

    static func < (one: BillingPeriod, other: BillingPeriod) -> Bool { one.first < other.first }
}
