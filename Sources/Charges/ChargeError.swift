public import Metering

/// Why usage cannot be charged. Nothing of its month is written then.
public enum ChargeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A number needs more than 38 digits. `what` names it, for example `ListCost`.
    case overflow(what: String, meter: String, subject: String, day: LocalDay)
    /// A number has no end in decimal digits.
    case inexact(what: String, meter: String, subject: String, day: LocalDay)
    /// No price of the meter holds on the day; the first one begins on `first`.
    case noPrice(meter: String, day: LocalDay, first: LocalDay)
    /// A column that may not be null got an empty value.
    case emptyColumn(String, meter: String, day: LocalDay, source: String)
    /// Volume tiers need the month's quantity of a subject, and the month's totals do not have it.
    case noMonthTotal(meter: String, subject: String, day: LocalDay)
    /// A month has more subjects than are counted: ``ChargeMonth/subjectLimit``.
    case tooManySubjects(meter: String, limit: Int)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .overflow(let what, let meter, let subject, let day):
            "\(what) of \(Self.usage(meter, subject, day)) has more than 38 digits and cannot be written exactly; look for "
                + "a wrong value among the events of that day, or give meter \(meter) a price with fewer digits"
        case .inexact(let what, let meter, let subject, let day):
            "\(what) of \(Self.usage(meter, subject, day)) has no exact decimal; give meter \(meter) a price whose per "
                + "has no prime factors but 2 and 5"
        case .noPrice(let meter, let day, let first):
            "meter \(meter) has usage on \(day) but its first price begins on \(first); add a price from \(day) or earlier"
        case .emptyColumn(let column, let meter, let day, let source):
            "\(column) may not be null, but \(source) is empty in usage of meter \(meter) on \(day); set a constant for it"
        case .noMonthTotal(let meter, let subject, let day):
            "\(Self.usage(meter, subject, day)) was counted after the month's totals were read, which its volume tiers "
                + "need; run the report again"
        case .tooManySubjects(let meter, let limit):
            "meter \(meter) has more than \(limit) subjects in one month, and its tiers or allowances count each; give "
                + "the meter a flat price, or events fewer subjects"
        }
    }

    private static func usage(_ meter: String, _ subject: String, _ day: LocalDay) -> String {
        subject.isEmpty ? "\(meter) usage on \(day)" : "\(meter) usage by \(subject) on \(day)"
    }
}

/// What a report's definition lacks; the configuration should have refused it.
public struct ReportDefinitionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence that says what is missing.
    public var reason: String

    /// Makes a problem.
    public init(_ reason: String) { self.reason = reason }

    /// The reason.
    public var description: String { reason }
}
