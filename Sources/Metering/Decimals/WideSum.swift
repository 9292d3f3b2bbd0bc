/// A whole number of up to 255 bits with a sign, for sums of products of decimals.
struct WideSum: Sendable, Hashable {
    /// Two's complement: the number is `high * 2^128 + low`.
    private var high: Int128 = 0
    private var low: UInt128 = 0

    var isNegative: Bool { high < 0 }

    /// The number without its sign.
    var magnitude: WideMagnitude {
        guard high < 0 else { return WideMagnitude(high: UInt128(bitPattern: high), low: low) }
        let (negated, carried) = (~low).addingReportingOverflow(1)
        return WideMagnitude(high: UInt128(bitPattern: ~high) &+ (carried ? 1 : 0), low: negated)
    }

    init() {}

    /// - Throws: `.overflow` when it has more than 255 bits.
    init(_ magnitude: WideMagnitude, isNegative: Bool) throws(ExactDecimalError) {
        guard let positive = Int128(exactly: magnitude.high) else { throw .overflow }
        (high, low) = (positive, magnitude.low)
        if isNegative {
            let (negated, carried) = (~low).addingReportingOverflow(1)
            (high, low) = (~high &+ (carried ? 1 : 0), negated)
        }
    }

    /// - Throws: `.overflow` when the sum has more than 255 bits; nothing is changed then.
    mutating func add(_ other: WideSum) throws(ExactDecimalError) {
        let (sum, carried) = low.addingReportingOverflow(other.low)
        let (highs, overflow) = high.addingReportingOverflow(other.high)
        let (carry, carryOverflow) = highs.addingReportingOverflow(carried ? 1 : 0)
        // A carry can bring back what left the range downwards by one.
        if overflow != carryOverflow { throw .overflow }
        (high, low) = (carry, sum)
    }
}

extension WideMagnitude {
    /// The product; nil when it has more than 256 bits.
    func multiplied(by factor: UInt128) -> WideMagnitude? {
        let (carry, lowProduct) = low.multipliedFullWidth(by: factor)
        let (highProduct, overflow) = high.multipliedReportingOverflow(by: factor)
        let (sum, carryOverflow) = highProduct.addingReportingOverflow(carry)
        return overflow || carryOverflow ? nil : WideMagnitude(high: sum, low: lowProduct)
    }

    /// The quotient rounded half to even; nil when it has more than 128 bits.
    func roundedQuotient(dividingBy divisor: UInt128) -> UInt128? {
        let (quotient, remainder) = divided(by: divisor)
        guard quotient.high == 0 else { return nil }
        let rest = divisor - remainder
        guard remainder > rest || (remainder == rest && quotient.low & 1 == 1) else { return quotient.low }
        let (next, overflow) = quotient.low.addingReportingOverflow(1)
        return overflow ? nil : next
    }
}
