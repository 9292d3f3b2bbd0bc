/// What WEIGHTED_SUM adds up: levels times how long they held, exactly.
///
/// The sum is wide: any level that can be measured may hold for any time, in as many series as there are. Only a result can
/// have too many digits.
public struct LevelSum: Sendable, Hashable {
    /// The integral in value-microseconds, times 10^18.
    private var integral = WideSum()

    /// Digits after the point of a result.
    public static let fractionDigits = 18
    /// Microseconds of an hour.
    public static let microsecondsAnHour: UInt128 = 3_600_000_000

    /// Nothing.
    public init() {}

    /// Adds a level that held for so many microseconds.
    ///
    /// - Throws: `.overflow` when the level has more than 18 digits after the point, which no measured value has, or the sum
    ///   more than 255 bits; nothing is changed then.
    public mutating func add(level: ExactDecimal, microseconds: Int64) throws(ExactDecimalError) {
        if level.mantissa == 0 || microseconds == 0 { return }
        let missingDigits = ExactDecimal.maximumMeasuredScale - Int(level.scale)
        guard missingDigits >= 0 else { throw .overflow }
        let value = level.mantissa.magnitude.multipliedFullWidth(by: powersOfTen[missingDigits])
        let product = WideMagnitude(high: value.high, low: value.low).multiplied(by: UInt128(microseconds.magnitude))
        guard let product else { throw .overflow }
        try integral.add(WideSum(product, isNegative: (level.mantissa < 0) != (microseconds < 0)))
    }

    /// Adds another sum.
    ///
    /// - Throws: `.overflow` when the sum would have more than 255 bits; nothing is changed then.
    public mutating func merge(_ other: LevelSum) throws(ExactDecimalError) {
        try integral.add(other.integral)
    }

    /// The integral in value-hours, rounded half to even at 18 digits after the point (fewer where 38 digits do not hold them),
    /// as an AVG is.
    ///
    /// - Throws: `.overflow` when it has more than 38 digits before the point.
    public var result: ExactDecimal {
        get throws(ExactDecimalError) {
            let magnitude = integral.magnitude
            for digits in (0...Self.fractionDigits).reversed() {
                let divisor = Self.microsecondsAnHour * powersOfTen[Self.fractionDigits - digits]
                guard let quotient = magnitude.roundedQuotient(dividingBy: divisor),
                    quotient < ExactDecimal.magnitudeLimit
                else { continue }
                return try ExactDecimal.normalized(
                    magnitude: quotient,
                    negative: integral.isNegative,
                    scale: digits
                )
            }
            throw .overflow
        }
    }
}
