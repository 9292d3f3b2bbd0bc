extension ExactDecimal {
    /// The exact sum.
    ///
    /// - Throws: `.overflow` when it has more than 38 digits.
    @inlinable
    public func adding(_ other: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        if (scale | other.scale) == 0 {
            let (sum, overflow) = mantissa.addingReportingOverflow(other.mantissa)
            if !overflow, sum.magnitude < Self.magnitudeLimit { return ExactDecimal(normalizedMantissa: sum, scale: 0) }
            throw .overflow
        }
        return try addingFraction(other)
    }

    /// The exact difference.
    ///
    /// - Throws: `.overflow` when it has more than 38 digits.
    @inlinable
    public func subtracting(_ other: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        try adding(ExactDecimal(normalizedMantissa: -other.mantissa, scale: other.scale))
    }

    /// The exact product.
    ///
    /// - Throws: `.overflow` when it has more than 38 digits, or more than 38 after the point.
    public func multiplied(by other: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        let product = mantissa.magnitude.multipliedFullWidth(by: other.mantissa.magnitude)
        var wide = WideMagnitude(high: product.high, low: product.low)
        var digitsAfterPoint = Int(scale) + Int(other.scale)
        // 2.5 × 0.4 has a trailing zero; it must go before the limits are looked at.
        while wide.high != 0 || digitsAfterPoint > Self.maximumScale {
            guard digitsAfterPoint > 0, wide.isNonZero, let tenth = wide.dividedExactlyByTen() else { break }
            wide = tenth
            digitsAfterPoint -= 1
        }
        if wide.high != 0 { throw .overflow }
        return try Self.normalized(
            magnitude: wide.low,
            negative: (mantissa < 0) != (other.mantissa < 0),
            scale: digitsAfterPoint
        )
    }

    /// 10^38, which no mantissa's magnitude reaches.
    @inlinable
    static var magnitudeLimit: UInt128 { 100_000_000_000_000_000_000_000_000_000_000_000_000 }

    /// The sum where one of the two has a fraction.
    @usableFromInline
    func addingFraction(_ other: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        if scale == other.scale {
            let (sum, overflow) = mantissa.addingReportingOverflow(other.mantissa)
            if !overflow {
                // An odd last digit is no zero; nothing to strip then.
                if sum & 1 != 0, sum.magnitude < Self.magnitudeLimit {
                    return ExactDecimal(normalizedMantissa: sum, scale: scale)
                }
                return try Self.normalized(magnitude: sum.magnitude, negative: sum < 0, scale: Int(scale))
            }
            // Both have 38 digits and the same sign. The sum is below 2 × 10^38, which the magnitude still holds.
            return try Self.normalized(
                magnitude: mantissa.magnitude + other.mantissa.magnitude,
                negative: mantissa < 0,
                scale: Int(scale)
            )
        }
        return scale < other.scale ? try addingFiner(other) : try other.addingFiner(self)
    }

    /// Adds a value with more fraction digits than this one. Its last digit is the sum's last digit, so there is nothing to
    /// strip afterwards.
    private func addingFiner(_ other: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        let (aligned, overflow) = mantissa.magnitude.multipliedReportingOverflow(
            by: powersOfTen[Int(other.scale - scale)]
        )
        // The other one is below 10^38, so a magnitude beyond 2 × 10^38 cannot come back into range.
        if overflow { throw .overflow }
        let sameSign = (mantissa < 0) == (other.mantissa < 0)
        let otherMagnitude = other.mantissa.magnitude
        let magnitude: UInt128
        let negative: Bool
        if sameSign {
            let (sum, carried) = aligned.addingReportingOverflow(otherMagnitude)
            if carried { throw .overflow }
            magnitude = sum
            negative = mantissa < 0
        } else if aligned >= otherMagnitude {
            magnitude = aligned - otherMagnitude
            negative = mantissa < 0
        } else {
            magnitude = otherMagnitude - aligned
            negative = other.mantissa < 0
        }
        guard magnitude < Self.magnitudeLimit else { throw .overflow }
        let signed = Int128(magnitude)
        return ExactDecimal(normalizedMantissa: negative ? -signed : signed, scale: other.scale)
    }

    /// Compares the values; every pair can be compared exactly.
    @inlinable
    public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        if left.scale == right.scale { return left.mantissa < right.mantissa }
        return isLess(left, right)
    }

    @usableFromInline
    static func isLess(_ left: ExactDecimal, _ right: ExactDecimal) -> Bool {
        let leftSign = left.mantissa.signum()
        let rightSign = right.mantissa.signum()
        if leftSign != rightSign { return leftSign < rightSign }
        let magnitudeIsLess = hasSmallerMagnitude(left, right)
        // Scales differ here, and normalised values with different scales are never equal.
        return leftSign < 0 ? !magnitudeIsLess : magnitudeIsLess
    }

    private static func hasSmallerMagnitude(_ left: ExactDecimal, _ right: ExactDecimal) -> Bool {
        if left.scale < right.scale {
            let (aligned, overflow) = left.mantissa.magnitude.multipliedReportingOverflow(
                by: powersOfTen[Int(right.scale - left.scale)]
            )
            return !overflow && aligned < right.mantissa.magnitude
        }
        let (aligned, overflow) = right.mantissa.magnitude.multipliedReportingOverflow(
            by: powersOfTen[Int(left.scale - right.scale)]
        )
        return overflow || left.mantissa.magnitude < aligned
    }
}

/// A magnitude of 256 bits, for products before their trailing zeros go and for quotients that are rounded.
struct WideMagnitude {
    var high: UInt128
    var low: UInt128

    var isNonZero: Bool { (high | low) != 0 }

    /// A tenth of it, or nil when that is no whole number.
    func dividedExactlyByTen() -> WideMagnitude? {
        let (quotient, remainder) = divided(by: 10)
        return remainder == 0 ? quotient : nil
    }

    /// The quotient and the remainder.
    func divided(by divisor: UInt128) -> (quotient: WideMagnitude, remainder: UInt128) {
        let (highQuotient, highRemainder) = high.quotientAndRemainder(dividingBy: divisor)
        let (lowQuotient, remainder) = divisor.dividingFullWidth((highRemainder, low))
        return (WideMagnitude(high: highQuotient, low: lowQuotient), remainder)
    }
}
