public import Metering
public import ReportDefinitions

/// What the reports ask of the engine.
public protocol UsageService: Sendable {
    /// Totals of a meter. Sees every event that was on disk when the query began.
    /// - Throws: `UsageRefusal` where asking again gives no other answer.
    func query(_ query: UsageQuery) async throws -> UsageResult

    /// The last event each bucket of a meter counted.
    func bucketRevisions(meter slug: String) async throws -> BucketRevisions
}

/// Why usage cannot be told, now or later, as long as its events are what they are.
public enum UsageRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sum has more than 38 digits.
    case overflow
    /// There are more rows than fit into memory.
    case tooManyRows(Int, limit: Int)

    /// One sentence without its subject.
    public var description: String {
        switch self {
        case .overflow:
            "a total has more than 38 significant digits; look for a wrong value among the events of these days"
        case .tooManyRows(let rows, let limit):
            "there are \(rows) rows or more and a report takes \(limit) at a time; give the meter fewer subjects or dimensions"
        }
    }
}
