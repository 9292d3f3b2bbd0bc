extension ExactDecimal {
    /// The exact quotient.
    ///
    /// - Throws: `.inexact` when it has no end in decimal digits (1/3), `.overflow` when it has more than 38 of them,
    ///   `.divisionByZero`.
    public func divided(by divisor: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        guard divisor.mantissa != 0 else { throw .divisionByZero }
        guard mantissa != 0 else { return .zero }
        let common = Self.greatestCommonDivisor(mantissa.magnitude, divisor.mantissa.magnitude)
        var numerator = mantissa.magnitude / common
        var denominator = divisor.mantissa.magnitude / common
        // The quotient ends if nothing but twos and fives is left below the line; each is a tenth with a five or a two above.
        let twos = denominator.trailingZeroBitCount
        denominator >>= UInt128(twos)
        var fives = 0
        while denominator > 1 {
            let (quotient, remainder) = denominator.quotientAndRemainder(dividingBy: 5)
            guard remainder == 0 else { throw .inexact }
            denominator = quotient
            fives += 1
        }
        let tens = max(twos, fives)
        for _ in 0..<(tens - twos) { numerator = try Self.product(numerator, 2) }
        for _ in 0..<(tens - fives) { numerator = try Self.product(numerator, 5) }
        return try Self.normalized(
            magnitude: numerator,
            negative: (mantissa < 0) != (divisor.mantissa < 0),
            scale: Int(scale) - Int(divisor.scale) + tens
        )
    }

    /// The mean of `count` values whose sum this is, rounded half to even: for AVG only.
    ///
    /// It has at most `fractionDigits` digits after the point, and fewer where 38 digits do not hold them all.
    ///
    /// - Precondition: `count` is not zero.
    public func divided(byCount count: UInt64, fractionDigits: Int) -> ExactDecimal {
        precondition(count > 0, "a mean needs at least one value")
        var digits = min(max(fractionDigits, 0), Self.maximumScale)
        while true {
            if let mean = mean(of: UInt128(count), fractionDigits: digits) { return mean }
            digits -= 1
        }
    }

    /// The value with at most `fractionDigits` digits after the point, rounded half to even.
    ///
    /// For amounts in a currency that has no finer unit, and nothing else: totals are never rounded.
    public func rounded(fractionDigits: Int) -> ExactDecimal {
        let digits = max(fractionDigits, 0)
        guard Int(scale) > digits, let rounded = mean(of: 1, fractionDigits: digits) else { return self }
        return rounded
    }

    /// `self / count` to so many fraction digits, or nil when that has more than 38 digits. With no fraction digits it always
    /// fits, because the divisor is at least 1.
    private func mean(of count: UInt128, fractionDigits: Int) -> ExactDecimal? {
        let shift = fractionDigits - Int(scale)
        var numerator = WideMagnitude(high: 0, low: mantissa.magnitude)
        var divisor = count
        if shift >= 0 {
            let product = mantissa.magnitude.multipliedFullWidth(by: powersOfTen[shift])
            numerator = WideMagnitude(high: product.high, low: product.low)
        } else {
            let (product, overflow) = divisor.multipliedReportingOverflow(by: powersOfTen[-shift])
            // A divisor beyond 10^38.5 is more than twice any mantissa.
            if overflow { return .zero }
            divisor = product
        }
        guard let magnitude = numerator.roundedQuotient(dividingBy: divisor) else { return nil }
        return try? Self.normalized(magnitude: magnitude, negative: mantissa < 0, scale: fractionDigits)
    }

    private static func product(_ value: UInt128, _ factor: UInt128) throws(ExactDecimalError) -> UInt128 {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        if overflow { throw .overflow }
        return product
    }

    private static func greatestCommonDivisor(_ first: UInt128, _ second: UInt128) -> UInt128 {
        var first = first
        var second = second
        while second != 0 { (first, second) = (second, first % second) }
        return first
    }
}
