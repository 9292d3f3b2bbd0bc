/// Why a meter cannot use an event: the event is stored, not counted, and listed with this reason.
public enum InvalidValue: Error, Sendable, Hashable, CaseIterable {
    /// The event has no data at all, or null.
    case noData
    /// The data has nothing where the meter's value should be.
    case missing
    case null
    case boolean
    case object
    case array
    /// A string that is no number.
    case notANumber
    case nan
    case infinity
    case hexadecimal
    case emptyString
    /// More than 36 digits written out, or more than 18 after the point.
    case outOfRange
    /// The total would have more than 38 digits with this event.
    case totalOverflow

    /// The reason as the API shows it, in OpenMeter's words where it has some (`reference/openmeter-api.md`, "Events").
    ///
    /// - Parameter path: the meter's value property.
    public func reason(path: ValuePath?) -> String {
        let what =
            switch self {
            case .noData: "null and missing value property"
            case .missing: "missing value property: \"\(path?.description ?? "$")\""
            case .null: "value cannot be null"
            case .boolean: "value cannot be a boolean"
            case .object: "value cannot be an object"
            case .array: "value cannot be an array"
            case .notANumber: "value is not a decimal number"
            case .nan: "value cannot be NaN"
            case .infinity: "value cannot be infinity"
            case .hexadecimal: "value cannot be hexadecimal"
            case .emptyString: "value cannot be an empty string"
            case .outOfRange:
                "value out of range: at most \(ExactDecimal.maximumMeasuredDigits) digits, "
                    + "\(ExactDecimal.maximumMeasuredScale) of them after the point"
            case .totalOverflow: "the total would have more than \(ExactDecimal.maximumDigits) digits"
            }
        return "invalid event: \(what)"
    }

    init(_ error: ExactDecimalError) {
        switch error {
        case .empty: self = .emptyString
        case .nan: self = .nan
        case .infinity: self = .infinity
        case .hexadecimal: self = .hexadecimal
        case .outOfRange: self = .outOfRange
        case .overflow: self = .totalOverflow
        case .malformed, .inexact, .divisionByZero: self = .notANumber
        }
    }
}
