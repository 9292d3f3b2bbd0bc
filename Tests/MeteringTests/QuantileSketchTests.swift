import Metering
import Testing

@Suite("QuantileSketch")
struct QuantileSketchTests {
    static func sketch(_ values: [ExactDecimal]) -> QuantileSketch {
        values.reduce(into: QuantileSketch()) { $0.add(QuantileCell($1)) }
    }

    /// The ⌈p/100 · n⌉-th smallest value.
    static func nearestRank(_ values: [ExactDecimal], percent: Int) -> ExactDecimal {
        let sorted = values.sorted()
        var rank = 1
        while rank * 100 < percent * sorted.count { rank += 1 }
        return sorted[rank - 1]
    }

    @Test("no values have no percentile")
    func empty() {
        #expect(QuantileSketch().quantile(percent: 50) == nil)
        #expect(QuantileSketch().count == 0)
    }

    @Test(
        "percentiles of 1 to 100 are those numbers",
        arguments: [(1, 1), (50, 50), (90, 90), (95, 95), (99, 99), (100, 100)]
    )
    func hundred(percent: Int, expected: Int) {
        let sketch = Self.sketch((1...100).reversed().map { ExactDecimal($0) })
        #expect(sketch.quantile(percent: percent) == ExactDecimal(expected))
    }

    @Test("of one value every percentile is that value; of two the median is the smaller")
    func few() {
        for percent in [1, 50, 99, 100] {
            #expect(Self.sketch([ExactDecimal(-7)]).quantile(percent: percent) == ExactDecimal(-7))
        }
        #expect(Self.sketch([ExactDecimal(3), ExactDecimal(2)]).quantile(percent: 50) == ExactDecimal(2))
        #expect(Self.sketch([ExactDecimal(3), ExactDecimal(2)]).quantile(percent: 51) == ExactDecimal(3))
    }

    @Test(
        "a percentile is the bound of the exact percentile's cell, less than 1 % nearer to zero",
        arguments: [81, 82, 83, 84, 85] as [UInt64]
    )
    func agreesWithNearestRank(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let values = try (0..<Int.random(in: 1...200, using: &random)).map { _ in
                try ExactDecimal(random.decimalText(maximumDigits: 18, maximumScale: 18))
            }
            let sketch = Self.sketch(values)
            #expect(sketch.count == values.count)
            for percent in [1, 25, 50, 90, 95, 99, 100] {
                let exact = Self.nearestRank(values, percent: percent)
                let shown = try #require(sketch.quantile(percent: percent))
                #expect(shown == QuantileCell(exact).value, "seed \(seed), p\(percent) of \(values)")
                let error = SlowDecimal(exact.description) + -SlowDecimal(shown.description)
                let magnitude = SlowDecimal(exact.description).magnitude
                #expect(
                    error.digits.isEmpty || error.magnitude * SlowDecimal("100") < magnitude,
                    "seed \(seed), p\(percent) of \(values)"
                )
            }
        }
    }

    @Test(
        "parts merged in any order, with values taken out again, are the sketch of the rest",
        arguments: [91, 92] as [UInt64]
    )
    func merging(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let values = try (0..<300).map { _ in
            try ExactDecimal(random.decimalText(maximumDigits: 4, maximumScale: 2))
        }
        let removed = values.filter { _ in random.chance(40) }
        var parts = (0..<7).map { _ in QuantileSketch() }
        for value in values { parts[Int.random(in: 0..<7, using: &random)].add(QuantileCell(value)) }
        for value in removed { parts[Int.random(in: 0..<7, using: &random)].add(QuantileCell(value), count: -1) }
        var whole = QuantileSketch()
        for part in parts.shuffled(using: &random) { whole.merge(part) }
        var rest = values
        for value in removed { rest.remove(at: try #require(rest.firstIndex(of: value))) }
        #expect(whole == Self.sketch(rest), "seed \(seed)")
        #expect(whole.cells.map(\.cell) == Set(rest.map(QuantileCell.init)).sorted())
        #expect(whole.cells.reduce(0) { $0 + $1.count } == whole.count)
    }

    @Test("counts may be as large as counts get")
    func largeCounts() {
        var sketch = QuantileSketch()
        sketch.add(QuantileCell(ExactDecimal(1)), count: .max / 100 * 95)
        sketch.add(QuantileCell(ExactDecimal(2)), count: .max / 100 * 5)
        #expect(sketch.quantile(percent: 95) == ExactDecimal(1))
        #expect(sketch.quantile(percent: 96) == ExactDecimal(2))
    }
}
