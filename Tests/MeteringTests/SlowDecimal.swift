import Metering

/// Decimal arithmetic with no limits, one digit at a time: slow and plain enough to be believed.
struct SlowDecimal {
    var negative: Bool
    /// Digits from the last to the first.
    var digits: [Int]
    var scale: Int

    /// Reads plain decimal digits.
    init(_ text: String) {
        var rest = text[...]
        negative = rest.first == "-"
        if negative { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        scale = parts.count == 2 ? parts[1].count : 0
        digits = parts.joined().reversed().map { $0.wholeNumberValue ?? 0 }
        tidy()
    }

    init(negative: Bool, digits: [Int], scale: Int) {
        (self.negative, self.digits, self.scale) = (negative, digits, scale)
        tidy()
    }

    /// Drops zeros at both ends that say nothing.
    private mutating func tidy() {
        while scale > 0, digits.first == 0 {
            digits.removeFirst()
            scale -= 1
        }
        while let last = digits.last, last == 0 { digits.removeLast() }
        if digits.isEmpty { (negative, scale) = (false, 0) }
    }

    var text: String {
        var all = digits
        while all.count <= scale { all.append(0) }
        var text = all[scale...].reversed().map(String.init).joined()
        if scale > 0 { text += "." + all[..<scale].reversed().map(String.init).joined() }
        return negative ? "-" + text : text
    }

    /// Whether an `ExactDecimal` can hold it.
    var fits: Bool { digits.count <= 38 && scale <= 38 }

    private func digits(atScale wanted: Int) -> [Int] { Array(repeating: 0, count: wanted - scale) + digits }

    static func + (left: SlowDecimal, right: SlowDecimal) -> SlowDecimal {
        let scale = max(left.scale, right.scale)
        let (a, b) = (left.digits(atScale: scale), right.digits(atScale: scale))
        if left.negative == right.negative {
            return SlowDecimal(negative: left.negative, digits: sum(a, b), scale: scale)
        }
        return isLess(a, b)
            ? SlowDecimal(negative: right.negative, digits: difference(b, a), scale: scale)
            : SlowDecimal(negative: left.negative, digits: difference(a, b), scale: scale)
    }

    static prefix func - (value: SlowDecimal) -> SlowDecimal {
        SlowDecimal(negative: !value.negative, digits: value.digits, scale: value.scale)
    }

    static func * (left: SlowDecimal, right: SlowDecimal) -> SlowDecimal {
        var product: [Int] = []
        for (place, digit) in left.digits.enumerated() {
            for _ in 0..<digit { product = sum(product, Array(repeating: 0, count: place) + right.digits) }
        }
        return SlowDecimal(
            negative: left.negative != right.negative,
            digits: product,
            scale: left.scale + right.scale
        )
    }

    static func < (left: SlowDecimal, right: SlowDecimal) -> Bool {
        let difference = left + -right
        return difference.negative && !difference.digits.isEmpty
    }

    /// `self / divisor` to so many digits after the point, half to even, by long division.
    func divided(by divisor: UInt64, fractionDigits: Int) -> SlowDecimal {
        // One digit more than asked for, and whether anything is left after it, decide the rounding.
        var dividend = digits
        let places = fractionDigits + 1
        var dropped = false
        if scale < places { dividend = Array(repeating: 0, count: places - scale) + dividend }
        while scale > places, dividend.count > 0, dividend.count > digits.count - (scale - places) {
            if dividend.removeFirst() != 0 { dropped = true }
        }
        if scale > places, digits.count <= scale - places { dividend = [] }
        var rest: UInt128 = 0
        var quotient: [Int] = []
        for digit in dividend.reversed() {
            rest = rest * 10 + UInt128(digit)
            quotient.insert(Int(rest / UInt128(divisor)), at: 0)
            rest %= UInt128(divisor)
        }
        let last = quotient.isEmpty ? 0 : quotient.removeFirst()
        let exactHalf = last == 5 && rest == 0 && !dropped
        let up = exactHalf ? (quotient.first ?? 0) % 2 == 1 : last >= 5
        return SlowDecimal(
            negative: negative,
            digits: up ? Self.sum(quotient, [1]) : quotient,
            scale: fractionDigits
        )
    }

    /// Whether `self / divisor` ends within 140 digits after the point; a quotient of 38-digit numbers ends there or never.
    func ends(dividedBy divisor: SlowDecimal) -> Bool {
        let whole = divisor.digits.reversed().reduce(UInt128(0)) { $0 * 10 + UInt128($1) }
        var rest: UInt128 = 0
        for digit in digits.reversed() { rest = (rest * 10 + UInt128(digit)) % whole }
        for _ in 0..<140 { rest = rest * 10 % whole }
        return rest == 0
    }

    private static func sum(_ a: [Int], _ b: [Int]) -> [Int] {
        var result: [Int] = []
        var carry = 0
        for place in 0..<max(a.count, b.count) {
            let total = (place < a.count ? a[place] : 0) + (place < b.count ? b[place] : 0) + carry
            result.append(total % 10)
            carry = total / 10
        }
        if carry > 0 { result.append(carry) }
        return result
    }

    private static func difference(_ a: [Int], _ b: [Int]) -> [Int] {
        var result: [Int] = []
        var borrow = 0
        for place in 0..<a.count {
            let total = a[place] - (place < b.count ? b[place] : 0) - borrow
            result.append((total + 10) % 10)
            borrow = total < 0 ? 1 : 0
        }
        return result
    }

    private static func isLess(_ a: [Int], _ b: [Int]) -> Bool {
        for place in (0..<max(a.count, b.count)).reversed() {
            let (x, y) = (place < a.count ? a[place] : 0, place < b.count ? b[place] : 0)
            if x != y { return x < y }
        }
        return false
    }
}

extension SeededGenerator {
    /// A decimal text of up to so many digits; short ones, long ones, nines and zeros come often.
    mutating func decimalText(maximumDigits: Int = 38, maximumScale: Int = 38) -> String {
        let count = Int.random(in: 1...(chance(50) ? min(6, maximumDigits) : maximumDigits), using: &self)
        let scale = chance(30) ? 0 : Int.random(in: 0...min(chance(80) ? count : 38, maximumScale), using: &self)
        let style = Int.random(in: 0..<4, using: &self)
        let digits = (0..<count).map { _ -> Int in
            switch style {
            case 0: chance(80) ? 9 : 0
            case 1: chance(20) ? 5 : 0
            default: Int.random(in: 0...9, using: &self)
            }
        }
        return SlowDecimal(negative: chance(40), digits: digits, scale: scale).text
    }
}
