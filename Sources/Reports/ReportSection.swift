import Metering

/// The lines of one period of a report, and what they add up to.
struct ReportSection {
    var bytes: [UInt8] = []
    var rows = 0
    /// Rows the format does not take.
    var skippedRows = 0
    /// The sum of the metric (FOCUS: of BilledCost) over the rows.
    var total = ExactDecimal.zero
}

/// Why usage cannot be written in a format. Nothing of the period is written then.
enum ReportContentError: Error, Hashable, CustomStringConvertible {
    /// A number needs more than 38 digits.
    case overflow(String)
    /// A number cannot be written exactly as a decimal.
    case inexact(String)
    /// No price of the meter holds on the day; the first one begins on `first`.
    case noPrice(meter: String, day: LocalDay, first: LocalDay)
    /// A column that may not be null got an empty value.
    case emptyColumn(String, meter: String, day: LocalDay, source: String)

    var description: String {
        switch self {
        case .overflow(let what): "\(what) has more than 38 digits and cannot be written exactly"
        case .inexact(let what): "\(what) has no exact decimal"
        case .noPrice(let meter, let day, let first):
            "meter \(meter) has usage on \(day) but its first price begins on \(first); add a price from \(day) or earlier"
        case .emptyColumn(let column, let meter, let day, let source):
            "\(column) may not be null, but \(source) is empty in usage of meter \(meter) on \(day); set a constant for it"
        }
    }
}
