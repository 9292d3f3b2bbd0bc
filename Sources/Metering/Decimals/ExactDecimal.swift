/// A decimal number that is exact or refused: `mantissa / 10^scale`, with at most 38 significant digits.
///
/// Nothing here rounds, except `rounded(fractionDigits:)` and `divided(byCount:fractionDigits:)`, which say so in their
/// names and are used for currencies and for AVG alone. Every other operation gives the exact result or throws.
///
/// A value has one representation only: the fraction has no trailing zeros and zero has scale 0, so `1.0` and `1` are
/// equal and hash equally. The magnitude of the mantissa is below 10^38.
@frozen
public struct ExactDecimal: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The digits with their sign; the magnitude is below 10^38.
    public let mantissa: Int128
    /// How many of the digits stand after the point: 0 to 38.
    public let scale: UInt8

    /// The most significant digits a value has.
    public static let maximumDigits = 38
    /// The most digits after the point a value has.
    public static let maximumScale = 38
    /// The most digits a measured value has when written out without an exponent.
    public static let maximumMeasuredDigits = 36
    /// The most digits after the point a measured value has.
    public static let maximumMeasuredScale = 18

    /// Takes parts that are normalised and in range already.
    @inlinable
    init(normalizedMantissa mantissa: Int128, scale: UInt8) {
        self.mantissa = mantissa
        self.scale = scale
    }

    /// 0.
    @inlinable
    public static var zero: ExactDecimal { ExactDecimal(normalizedMantissa: 0, scale: 0) }

    /// 1, what each event adds to a COUNT.
    @inlinable
    public static var one: ExactDecimal { ExactDecimal(normalizedMantissa: 1, scale: 0) }

    /// A whole number.
    @inlinable
    public init(_ value: Int) {
        self.init(normalizedMantissa: Int128(value), scale: 0)
    }

    /// A count, which may be beyond `Int.max`.
    @inlinable
    public init(count: UInt64) {
        self.init(normalizedMantissa: Int128(count), scale: 0)
    }

    /// `mantissa / 10^scale`, normalised; this is how stored numbers come back.
    ///
    /// - Throws: `.overflow` when the value has more than 38 digits.
    @inlinable
    public init(mantissa: Int128, scale: UInt8) throws(ExactDecimalError) {
        self = try Self.normalized(
            magnitude: mantissa.magnitude,
            negative: mantissa < 0,
            scale: Int(scale)
        )
    }

    /// Strips trailing zeros from the fraction and checks the limits.
    @usableFromInline
    static func normalized(
        magnitude: UInt128,
        negative: Bool,
        scale: Int
    ) throws(ExactDecimalError) -> ExactDecimal {
        var magnitude = magnitude
        var scale = scale
        if magnitude == 0 { return .zero }
        while scale > 0, magnitude & 1 == 0 {
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { break }
            magnitude = quotient
            scale -= 1
        }
        if scale < 0 {
            guard -scale < powersOfTen.count else { throw .overflow }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: powersOfTen[-scale])
            if overflow { throw .overflow }
            magnitude = product
            scale = 0
        }
        guard magnitude < powersOfTen[maximumDigits], scale <= maximumScale else { throw .overflow }
        let mantissa = Int128(magnitude)
        return ExactDecimal(normalizedMantissa: negative ? -mantissa : mantissa, scale: UInt8(scale))
    }
}

/// 10^0 to 10^38.
let powersOfTen: InlineArray<39, UInt128> = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
    100_000_000_000_000_000,
    1_000_000_000_000_000_000,
    10_000_000_000_000_000_000,
    100_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000,
    10_000_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000_000,
    10_000_000_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000_000_000,
    10_000_000_000_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000_000_000_000,
    10_000_000_000_000_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000_000_000_000_000,
    10_000_000_000_000_000_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000_000_000_000_000_000,
    10_000_000_000_000_000_000_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000_000_000_000_000_000,
]
