/// Where a value is counted for a percentile: its sign, its power of ten and its first three digits.
///
/// A cell holds the values from its bound (`value`) up to the next bound away from zero: 1.23 is the bound of 1.23 to
/// 1.2399…, and 123000 of 123000 to 123999.… So the bound is the value itself where that has three digits or fewer, and
/// otherwise nearer to zero by less than 1 % of it (less than 1/101). Zero has a cell of its own.
///
/// Cells are whole numbers and order as the values do.
@frozen
public struct QuantileCell: RawRepresentable, Sendable, Hashable, Comparable {
    /// 0 for zero; otherwise, with the value's sign, 1 + 900 times the power of ten above 10^-38 plus the first three digits
    /// above 100.
    public let rawValue: Int32

    /// Digits a cell tells apart.
    public static let digits = 3
    /// Cells of one power of ten: first digits 100 to 999.
    static let cellsAPower = 900
    /// The lowest power of ten a decimal's first digit has.
    static let lowestPower = -ExactDecimal.maximumScale

    /// Takes a stored cell back; nil when no value has it.
    public init?(rawValue: Int32) {
        self.rawValue = rawValue
        guard Int(rawValue.magnitude) <= ExactDecimal.maximumDigits * 2 * Self.cellsAPower, bound != nil else {
            return nil
        }
    }

    /// The cell of a value.
    public init(_ value: ExactDecimal) {
        let magnitude = value.mantissa.magnitude
        guard magnitude != 0 else {
            rawValue = 0
            return
        }
        let count = Self.digitCount(of: magnitude)
        let first: Int
        if count <= Self.digits {
            first = Int(magnitude) * Int(powersOfTen[Self.digits - count])
        } else if let short = UInt64(exactly: magnitude) {
            first = Int(short / UInt64(powersOfTen[count - Self.digits]))
        } else {
            first = Int(magnitude / powersOfTen[count - Self.digits])
        }
        let power = count - 1 - Int(value.scale)
        let place = Int32(1 + (power - Self.lowestPower) * Self.cellsAPower + first - 100)
        rawValue = value.mantissa < 0 ? -place : place
    }

    /// The cell's bound nearer to zero, which is what a percentile shows.
    public var value: ExactDecimal {
        guard let bound else { preconditionFailure("cell \(rawValue) was made of no value") }
        return bound
    }

    private var bound: ExactDecimal? {
        guard rawValue != 0 else { return .zero }
        let place = Int(rawValue.magnitude) - 1
        let power = Self.lowestPower + place / Self.cellsAPower
        return try? ExactDecimal.normalized(
            magnitude: UInt128(100 + place % Self.cellsAPower),
            negative: rawValue < 0,
            scale: Self.digits - 1 - power
        )
    }

    /// Orders cells as the values in them.
    public static func < (left: QuantileCell, right: QuantileCell) -> Bool { left.rawValue < right.rawValue }

    /// How many decimal digits a number other than zero has.
    private static func digitCount(of magnitude: UInt128) -> Int {
        // 1233 / 4096 is log10(2) to five digits: the estimate is right or one too small.
        let bits = UInt128.bitWidth - magnitude.leadingZeroBitCount
        let estimate = (bits * 1233) >> 12
        return magnitude >= powersOfTen[estimate] ? estimate + 1 : estimate
    }
}
