import Metering

/// A fraction of whole numbers, for numbers that are small.
struct Fraction: Hashable, CustomStringConvertible {
    let numerator: Int128
    let denominator: Int128

    init(_ numerator: Int128, over denominator: Int128 = 1) {
        precondition(denominator > 0, "fractions are written with a positive denominator")
        var (one, other) = (Int128(numerator.magnitude), denominator)
        while other != 0 { (one, other) = (other, one % other) }
        self.numerator = numerator / max(one, 1)
        self.denominator = denominator / max(one, 1)
    }

    init(_ decimal: ExactDecimal) {
        self.init(decimal.mantissa, over: (0..<decimal.scale).reduce(1) { power, _ in power * 10 })
    }

    static func + (one: Fraction, other: Fraction) -> Fraction {
        Fraction(
            one.numerator * other.denominator + other.numerator * one.denominator,
            over: one.denominator * other.denominator
        )
    }

    static func * (one: Fraction, other: Fraction) -> Fraction {
        Fraction(one.numerator * other.numerator, over: one.denominator * other.denominator)
    }

    var description: String { "\(numerator)/\(denominator)" }
}
