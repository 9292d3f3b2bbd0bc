import Metering
import Testing

@Suite("ExactDecimal: arithmetic")
struct ExactDecimalArithmeticTests {
    static let largest = "99999999999999999999999999999999999999"

    @Test("tenths add up as on paper")
    func tenths() throws {
        #expect(try ExactDecimal("0.1").adding(ExactDecimal("0.2")) == ExactDecimal("0.3"))
        var sum = ExactDecimal.zero
        for _ in 0..<1000 { sum = try sum.adding(ExactDecimal("0.001")) }
        #expect(sum == .one)
    }

    @Test("a sum of more than 38 digits is an overflow")
    func sumOverflows() throws {
        let largest = try ExactDecimal(Self.largest)
        #expect(throws: ExactDecimalError.overflow) { try largest.adding(.one) }
        #expect(throws: ExactDecimalError.overflow) { try largest.adding(largest) }
        #expect(throws: ExactDecimalError.overflow) { try largest.adding(ExactDecimal("0.1")) }
        #expect(throws: ExactDecimalError.overflow) { try ExactDecimal.zero.subtracting(largest).subtracting(.one) }
    }

    @Test("a sum that comes back into range is exact although its terms do not align in 38 digits")
    func sumComesBack() throws {
        let left = try ExactDecimal("18")
        let right = try ExactDecimal("-9.0000000000000000000000000000000000009")
        #expect(try left.adding(right).description == "8.9999999999999999999999999999999999991")
        let half = try ExactDecimal("9999999999999999999999999999999999999.5")
        #expect(try half.adding(half).description == "19999999999999999999999999999999999999")
    }

    @Test("a product is exact or an overflow, looked at only after its trailing zeros are gone")
    func products() throws {
        let small = try ExactDecimal("0.0000000000000000002")
        let large = try ExactDecimal("5000000000000000000")
        #expect(try small.multiplied(by: large) == .one)
        #expect(try small.multiplied(by: small).description == "0.00000000000000000000000000000000000004")
        #expect(throws: ExactDecimalError.overflow) { try small.multiplied(by: ExactDecimal("0.00000000000000000003")) }
        #expect(throws: ExactDecimalError.overflow) { try ExactDecimal(Self.largest).multiplied(by: ExactDecimal(2)) }
        #expect(try ExactDecimal("-2.5").multiplied(by: ExactDecimal("0.4")) == ExactDecimal(-1))
        #expect(try ExactDecimal("-2.5").multiplied(by: .zero) == .zero)
    }

    @Test("a quotient is exact, or says that it is not")
    func quotients() throws {
        #expect(try ExactDecimal(1).divided(by: ExactDecimal(8)).description == "0.125")
        #expect(try ExactDecimal("-7.5").divided(by: ExactDecimal("0.025")) == ExactDecimal(-300))
        #expect(try ExactDecimal(12345).divided(by: ExactDecimal(1000)).description == "12.345")
        #expect(try ExactDecimal.zero.divided(by: ExactDecimal(3)) == .zero)
        #expect(throws: ExactDecimalError.inexact) { try ExactDecimal(1).divided(by: ExactDecimal(3)) }
        #expect(throws: ExactDecimalError.divisionByZero) { try ExactDecimal(1).divided(by: .zero) }
        #expect(throws: ExactDecimalError.overflow) { try ExactDecimal(Self.largest).divided(by: ExactDecimal("0.1")) }
    }

    @Test("a mean is rounded half to even and keeps as many digits as there is room for")
    func means() throws {
        #expect(ExactDecimal(10).divided(byCount: 4, fractionDigits: 18).description == "2.5")
        #expect(ExactDecimal(2).divided(byCount: 3, fractionDigits: 18).description == "0.666666666666666667")
        #expect(ExactDecimal(-1).divided(byCount: 3, fractionDigits: 2).description == "-0.33")
        #expect(ExactDecimal(5).divided(byCount: 2, fractionDigits: 0).description == "2")
        #expect(ExactDecimal(7).divided(byCount: 2, fractionDigits: 0).description == "4")
        let mean = try ExactDecimal(Self.largest).divided(byCount: 7, fractionDigits: 18)
        #expect(mean.description == "14285714285714285714285714285714285714")
        #expect(try ExactDecimal("1e-38").divided(byCount: .max, fractionDigits: 18) == .zero)
    }

    @Test(
        "rounding is half to even and never overflows",
        arguments: [
            ("0.125", 2, "0.12"), ("0.135", 2, "0.14"), ("-0.125", 2, "-0.12"), ("2.5", 0, "2"), ("3.5", 0, "4"),
            ("0.1250001", 2, "0.13"), ("1.999", 2, "2"), ("12", 2, "12"), ("0.004", 2, "0"),
            ("9999999999999999999999999999999999999.9", 0, "10000000000000000000000000000000000000"),
        ]
    )
    func rounding(text: String, digits: Int, expected: String) throws {
        #expect(try ExactDecimal(text).rounded(fractionDigits: digits).description == expected)
    }

    @Test("values are ordered whatever their scales")
    func ordering() throws {
        let ordered = try [
            "-99999999999999999999999999999999999999", "-1.5", "-1", "-0.00000000000000000000000000000000000001", "0",
            "0.00000000000000000000000000000000000001", "0.9", "1", "1.0000000000000000000000000000000000001", "2",
            "99999999999999999999999999999999999999",
        ].map { try ExactDecimal($0) }
        for (place, value) in ordered.enumerated() {
            for (other, otherValue) in ordered.enumerated() {
                #expect((value < otherValue) == (place < other), "\(value) and \(otherValue)")
            }
        }
    }

    @Test("sums, differences, products and order are those of long arithmetic", arguments: [1, 2, 3, 4] as [UInt64])
    func agreesWithLongArithmetic(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            let (leftText, rightText) = (random.decimalText(), random.decimalText())
            let (left, right) = (SlowDecimal(leftText), SlowDecimal(rightText))
            let (a, b) = (try ExactDecimal(leftText), try ExactDecimal(rightText))
            let about = Comment(rawValue: "\(leftText) and \(rightText), seed \(seed)")
            #expect(a.description == leftText, about)
            check(left + right, about) { try a.adding(b) }
            check(left + -right, about) { try a.subtracting(b) }
            check(left * right, about) { try a.multiplied(by: b) }
            #expect((a < b) == (left < right), about)
            #expect((a == b) == (leftText == rightText), about)
        }
    }

    private func check(_ expected: SlowDecimal, _ about: Comment, _ body: () throws -> ExactDecimal) {
        if expected.fits {
            #expect((try? body())?.description == expected.text, about)
        } else {
            #expect(throws: ExactDecimalError.overflow, about) { try body() }
        }
    }

    @Test(
        "quotients times the divisor give the dividend, and the refused ones have no end",
        arguments: [5, 6] as [UInt64]
    )
    func quotientsAgree(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            let (dividend, divisor) = (random.decimalText(maximumDigits: 30), random.decimalText(maximumDigits: 12))
            if divisor == "0" { continue }
            let about = Comment(rawValue: "\(dividend) / \(divisor), seed \(seed)")
            do {
                let quotient = try ExactDecimal(dividend).divided(by: ExactDecimal(divisor))
                #expect((SlowDecimal(quotient.description) * SlowDecimal(divisor)).text == dividend, about)
            } catch ExactDecimalError.inexact {
                #expect(!SlowDecimal(dividend).ends(dividedBy: SlowDecimal(divisor)), about)
            } catch ExactDecimalError.overflow {
                #expect(SlowDecimal(dividend).ends(dividedBy: SlowDecimal(divisor)), about)
            }
        }
    }

    @Test("means and rounded values are those of long division", arguments: [7, 8] as [UInt64])
    func meansAgree(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            let text = random.decimalText()
            let count = random.chance(50) ? UInt64.random(in: 1...20, using: &random) : random.next() | 1
            let digits = Int.random(in: 0...20, using: &random)
            let about = Comment(rawValue: "\(text) / \(count) to \(digits), seed \(seed)")
            let expected = SlowDecimal(text).divided(by: count, fractionDigits: digits)
            let mean = try ExactDecimal(text).divided(byCount: count, fractionDigits: digits)
            if expected.fits { #expect(mean.description == expected.text, about) }
            let rounded = SlowDecimal(text).divided(by: 1, fractionDigits: digits)
            #expect(try ExactDecimal(text).rounded(fractionDigits: digits).description == rounded.text, about)
        }
    }
}
