/// Why a query could not be answered.
public enum UsageReadError: Error, Sendable, Hashable {
    /// A sum has more than 38 digits.
    case overflow
    /// More rows than the limit.
    case tooManyRows(Int)
    /// More distinct values than `UsageReader.maximumUniqueValues`, or cells than `UsageReader.maximumCells`.
    case tooManyValues(Int)
    /// About so many events would have to be read, which are too many.
    case tooManyEvents(Int)
    /// The deadline has passed.
    case tooLong
}
