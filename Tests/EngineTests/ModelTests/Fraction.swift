/// A number as a numerator over a denominator, in lowest terms. The model counts with these and nothing else.
struct Fraction: Hashable, Comparable {
    let numerator: Int128
    /// Above 0.
    let denominator: Int128

    static let zero = Fraction(0, 1)

    init(_ numerator: Int128, _ denominator: Int128) {
        var (divisor, rest) = (numerator.magnitude, denominator.magnitude)
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        let sign: Int128 = denominator < 0 ? -1 : 1
        self.numerator = sign * numerator / Int128(divisor)
        self.denominator = sign * denominator / Int128(divisor)
    }

    /// Reads digits with a sign, a point and an exponent; nil for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: "e", omittingEmptySubsequences: false)
        guard parts.count <= 2, var exponent = parts.count == 2 ? Int(parts[1]) : 0 else { return nil }
        let isNegative = parts[0].hasPrefix("-")
        let halves = (isNegative ? parts[0].dropFirst() : parts[0]).split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard halves.count <= 2, halves.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }),
            let digits = Int128(halves.joined())
        else { return nil }
        exponent -= halves.count == 2 ? halves[1].count : 0
        let power = (0..<exponent.magnitude).reduce(Int128(1)) { power, _ in power * 10 }
        let signed = isNegative ? -digits : digits
        self = exponent < 0 ? Fraction(signed, power) : Fraction(signed * power, 1)
    }

    static func + (left: Fraction, right: Fraction) -> Fraction {
        Fraction(
            left.numerator * right.denominator + right.numerator * left.denominator,
            left.denominator * right.denominator
        )
    }

    static func * (left: Fraction, right: Fraction) -> Fraction {
        Fraction(left.numerator * right.numerator, left.denominator * right.denominator)
    }

    static func / (left: Fraction, right: Int) -> Fraction {
        Fraction(left.numerator, left.denominator * Int128(right))
    }

    static func < (left: Fraction, right: Fraction) -> Bool {
        left.numerator * right.denominator < right.numerator * left.denominator
    }

    /// In plain digits, at most 18 of them after the point, rounded half to even; no zeros at the end.
    var text: String {
        let places = 18
        var rest = numerator.magnitude % denominator.magnitude
        var digits: [Int] = []
        for _ in 0..<places {
            rest *= 10
            digits.append(Int(rest / denominator.magnitude))
            rest %= denominator.magnitude
        }
        var whole = numerator.magnitude / denominator.magnitude
        let isOdd = (digits.last ?? 0) % 2 == 1
        if rest * 2 > denominator.magnitude || (rest * 2 == denominator.magnitude && isOdd) {
            var place = places - 1
            while place >= 0, digits[place] == 9 {
                digits[place] = 0
                place -= 1
            }
            if place >= 0 { digits[place] += 1 } else { whole += 1 }
        }
        while digits.last == 0 { digits.removeLast() }
        if whole == 0, digits.isEmpty { return "0" }
        let fraction = digits.isEmpty ? "" : "." + digits.map(String.init).joined()
        return (numerator < 0 ? "-" : "") + "\(whole)" + fraction
    }

    /// With everything after the third digit that is not a leading zero cut off, as percentiles show it.
    var cutToThreeDigits: Fraction {
        var (unit, value) = (Fraction(1, 1), magnitude)
        guard value != .zero else { return self }
        while value >= Fraction(1000, 1) { (value, unit) = (value * Fraction(1, 10), unit * Fraction(10, 1)) }
        while value < Fraction(100, 1) { (value, unit) = (value * Fraction(10, 1), unit * Fraction(1, 10)) }
        let cut = Fraction(value.numerator / value.denominator, 1) * unit
        return numerator < 0 ? Fraction(-cut.numerator, cut.denominator) : cut
    }

    private var magnitude: Fraction { Fraction(numerator < 0 ? -numerator : numerator, denominator) }
}
