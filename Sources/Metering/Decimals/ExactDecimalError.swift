/// Why a text is no exact decimal, or why an operation has no exact result.
public enum ExactDecimalError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no text.
    case empty
    /// The text leaves the grammar at this byte, counted from 1; one past the end when it stops too early.
    case malformed(column: Int)
    /// The text spells NaN.
    case nan
    /// The text spells an infinity.
    case infinity
    /// The text is a hexadecimal number.
    case hexadecimal
    /// The text is a number that does not fit the limits.
    case outOfRange
    /// The exact result does not fit 38 digits, 38 of them after the point.
    case overflow
    /// The quotient has no end in decimal digits.
    case inexact
    /// The divisor is zero.
    case divisionByZero

    /// What is wrong and what is allowed, without the value.
    public var description: String {
        switch self {
        case .empty: "value cannot be empty; a decimal number such as 12 or 0.5 is needed"
        case .malformed(let column):
            "value is not a decimal number: column \(column) does not fit; write it like 12, -0.5 or 1.5e3, with no spaces"
        case .nan: "value cannot be NaN"
        case .infinity: "value cannot be infinity"
        case .hexadecimal: "value cannot be hexadecimal; write it in decimal digits"
        case .outOfRange: "value out of range: at most 38 digits, and at most 38 after the point"
        case .overflow: "the exact result has more than 38 digits"
        case .inexact: "the quotient has no exact decimal form"
        case .divisionByZero: "cannot divide by zero"
        }
    }
}
