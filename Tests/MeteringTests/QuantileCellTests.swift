import Metering
import Testing

@Suite("QuantileCell")
struct QuantileCellTests {
    @Test(
        "a cell's bound keeps the first three digits",
        arguments: [
            ("0", "0"), ("1", "1"), ("-1", "-1"), ("12", "12"), ("123", "123"), ("1230", "1230"), ("1234", "1230"),
            ("9999", "9990"), ("-9999", "-9990"), ("0.00123456", "0.00123"), ("1000.1", "1000"), ("100", "100"),
            ("99.99", "99.9"), ("0.1", "0.1"), ("0.000000000000000001", "0.000000000000000001"),
            ("0.000000000000000019", "0.000000000000000019"),
            ("99999999999999999999999999999999999999", "99900000000000000000000000000000000000"),
            ("-10000000000000000000000000000000000000", "-10000000000000000000000000000000000000"),
            ("18446744073709551615", "18400000000000000000"), ("18446744073709551616", "18400000000000000000"),
            ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
        ]
    )
    func bounds(value: String, bound: String) throws {
        let cell = QuantileCell(try ExactDecimal(value))
        #expect(cell.value.description == bound)
        #expect(QuantileCell(cell.value) == cell)
        #expect(QuantileCell(rawValue: cell.rawValue) == cell)
    }

    @Test("stored numbers are these for ever")
    func rawValues() throws {
        for (value, raw) in [("0", 0), ("1", 34_201), ("-1", -34_201), ("1.01", 34_202), ("10", 35_101)] {
            #expect(QuantileCell(try ExactDecimal(value)).rawValue == Int32(raw))
        }
    }

    @Test(
        "cells order as values do, and the bound is nearer to zero by less than 1/101 of the value",
        arguments: [71, 72, 73] as [UInt64]
    )
    func orderAndError(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let text = random.decimalText()
            let other = random.chance(30) ? text + (text.contains(".") ? "1" : ".1") : random.decimalText()
            guard let value = try? ExactDecimal(text), let second = try? ExactDecimal(other) else { continue }
            let (cell, secondCell) = (QuantileCell(value), QuantileCell(second))
            if value <= second { #expect(cell <= secondCell, "seed \(seed): \(value), \(second)") }
            if cell < secondCell { #expect(value < second, "seed \(seed): \(value), \(second)") }
            // |value| - |bound| >= 0, and 101 times it is less than |value|, or both are 0.
            let magnitude = SlowDecimal(value.description).magnitude
            let bound = SlowDecimal(cell.value.description)
            #expect(bound.digits.isEmpty || bound.negative == (value < .zero))
            let error = magnitude + -bound.magnitude
            #expect(!error.negative, "seed \(seed): \(value)")
            if magnitude.digits.count > 3 {
                #expect(error * SlowDecimal("101") < magnitude, "seed \(seed): \(value)")
            } else {
                #expect(error.digits.isEmpty, "seed \(seed): \(value)")
            }
        }
    }

    @Test("every number is the cell of its own bound, or no cell; bounds rise with the numbers")
    func allCells() {
        var last: ExactDecimal?
        var known = 0
        for raw in Int32(-68_500)...68_500 {
            guard let cell = QuantileCell(rawValue: raw) else { continue }
            known += 1
            let bound = cell.value
            if QuantileCell(bound) != cell { Issue.record("\(raw) is not the cell of its bound \(bound)") }
            if let last, bound <= last { Issue.record("\(raw): \(bound) comes after \(last)") }
            last = bound
        }
        // Of the two lowest powers of ten only cells with one and with two digits have values.
        #expect(known == 1 + 2 * (9 + 90 + 74 * 900))
        for raw in [Int32.min, -68_401, 68_401, Int32.max, 2] { #expect(QuantileCell(rawValue: raw) == nil) }
    }
}

extension SlowDecimal {
    var magnitude: SlowDecimal { SlowDecimal(negative: false, digits: digits, scale: scale) }
}
