import Metering
import ReportDefinitions
import Testing

@testable import Charges

@Suite("FOCUS costs against long multiplication")
struct FocusExactnessTests {
    /// A decimal as its digits, lowest first, and how many of them are after the point: slow, obvious, without a limit.
    private struct Digits {
        var digits: [Int]
        var scale: Int

        init(_ text: String) {
            let parts = text.split(separator: ".")
            digits = parts.joined().reversed().compactMap(\.wholeNumberValue)
            scale = parts.count == 2 ? parts[1].count : 0
        }

        static func * (one: Digits, other: Digits) -> Digits {
            var product = Digits("0")
            product.digits = Array(repeating: 0, count: one.digits.count + other.digits.count + 1)
            for (i, a) in one.digits.enumerated() {
                for (j, b) in other.digits.enumerated() { product.digits[i + j] += a * b }
            }
            for i in product.digits.indices.dropLast() {
                product.digits[i + 1] += product.digits[i] / 10
                product.digits[i] %= 10
            }
            product.scale = one.scale + other.scale
            return product
        }

        /// The shortest plain decimal with at least one digit after the point.
        var text: String {
            var digits = digits
            while digits.count <= scale { digits.append(0) }
            var fraction = digits[..<scale].reversed().map(String.init).joined()
            while fraction.hasSuffix("0") { fraction.removeLast() }
            var whole = digits[scale...].reversed().map(String.init).joined()
            while whole.count > 1, whole.hasPrefix("0") { whole.removeFirst() }
            return whole + "." + (fraction.isEmpty ? "0" : fraction)
        }
    }

    private static func decimal(_ random: inout SplitMix, whole: Int, fraction: Int) -> String {
        func digits(_ count: Int) -> String { (0..<count).map { _ in String(random.next() % 10) }.joined() }
        let front = String(1 + random.next() % 9) + digits(Int(random.next() % UInt64(whole)))
        let back = digits(Int(random.next() % UInt64(fraction + 1)))
        return back.isEmpty ? front : front + "." + back
    }

    @Test("quantities and costs are what long multiplication gives", arguments: [UInt64(1), 20_250_607, 0xFEED_F00D])
    func costs(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<300 {
            let usage = Self.decimal(&random, whole: 10, fraction: 6)
            let list = Self.decimal(&random, whole: 3, fraction: 6)
            let contracted = Self.decimal(&random, whole: 3, fraction: 6)
            let (per, inverse) = [
                ("1", "1"), ("1000", "0.001"), ("4", "0.25"), ("1000000", "0.000001"), ("0.5", "2"), ("80", "0.0125"),
            ][Int(random.next() % 6)]
            let price = try Samples.price(Samples.flat(list), contracted: Samples.flat(contracted), per: per)
            let row = try Samples.charge(value: usage, price: price)
            let quantity = Digits(usage) * Digits(inverse)
            let context = Comment(rawValue: "seed \(seed): \(usage) / \(per) at \(list) and \(contracted)")
            #expect(row.text(of: .consumedQuantity) == Digits(usage).text, context)
            #expect(row.text(of: .pricingQuantity) == quantity.text, context)
            #expect(row.text(of: .listCost) == (quantity * Digits(list)).text, context)
            #expect(row.text(of: .contractedCost) == (quantity * Digits(contracted)).text, context)
        }
    }
}
