/// Why a query was refused.
public enum QueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No meter has this slug or id.
    case unknownMeter(String)
    /// The meter has no such dimension; `known` lists those it has.
    case unknownDimension(String, known: [String])
    /// The range or the window is not usable; the text says why.
    case invalidRange(String)
    /// The sum does not fit 38 decimal digits.
    case overflow
    /// More of the log would have to be read than a query may; the text says what to change.
    case tooMuch(String)
    /// The log does not reach back as far; the text names the first moment that can be answered.
    case logTooShort(String)
    /// The meter with this slug is being counted from the log.
    case counting(String)
    /// The answer would have more rows than the limit.
    case tooLarge(rows: Int, limit: Int)
    /// The engine is not able to answer now.
    case unavailable(String)

    /// One sentence for the problem document.
    public var description: String {
        switch self {
        case .unknownMeter(let slug): "no meter has the slug or id \"\(slug)\""
        case .unknownDimension(let name, let known):
            "the meter has no dimension \"\(name)\"; it has: \((["subject"] + known).joined(separator: ", "))"
        case .invalidRange(let why): why
        case .overflow:
            "the total has more than 38 significant digits and cannot be written exactly; look for a wrong value among the "
                + "events"
        case .tooLarge(let rows, let limit):
            "the answer would have \(rows) rows or more, over the limit of \(limit); ask for a shorter range"
        case .tooMuch(let why), .logTooShort(let why), .unavailable(let why): why
        case .counting(let slug): "the meter \"\(slug)\" is being counted from the log; ask again when that is done"
        }
    }
}
