import Metering
import Testing

@Suite("Accumulator, taking out")
struct AccumulatorSubtractionTests {
    @Test(
        "events taken out again leave what the rest makes alone",
        arguments: Aggregation.allCases.filter { $0.isAdditive || $0.keepsCells || $0.keepsLevels },
        [41, 42] as [UInt64]
    )
    func subtracting(aggregation: Aggregation, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var total = Accumulator()
        var rest = Accumulator()
        var removed: [ExactDecimal] = []
        for sequence in 0..<80 as Range<UInt64> {
            let value = try ExactDecimal(random.decimalText(maximumDigits: 17, maximumScale: 18))
            try total.add(value, aggregation: aggregation, time: 0, sequence: sequence)
            if random.chance(50) {
                removed.append(value)
            } else {
                try rest.add(value, aggregation: aggregation, time: 0, sequence: sequence)
            }
        }
        for value in removed.shuffled(using: &random) { try total.subtract(value, aggregation: aggregation) }
        #expect(total == rest, "seed \(seed)")
    }

    @Test("all events taken out leave an empty total", arguments: [Aggregation.sum, .avg, .count, .p99, .weightedSum])
    func nothingLeft(aggregation: Aggregation) throws {
        var total = Accumulator()
        for value in ["0.1", "-7", "1e17"] {
            try total.add(ExactDecimal(value), aggregation: aggregation, time: 9, sequence: 9)
        }
        for value in ["1e17", "0.1", "-7"] { try total.subtract(ExactDecimal(value), aggregation: aggregation) }
        #expect(total == Accumulator())
    }

    @Test("a rest that has too many digits is refused and nothing is changed")
    func overflow() throws {
        var total = Accumulator()
        for value in ["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0.1"] {
            try total.add(ExactDecimal(value), aggregation: .sum, time: 0, sequence: 0)
        }
        let before = total
        #expect(throws: ExactDecimalError.overflow) {
            try total.subtract(ExactDecimal("-99999999999999999999999999999999999999"), aggregation: .sum)
        }
        #expect(total == before)
    }
}
