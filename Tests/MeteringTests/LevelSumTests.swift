import Metering
import Testing

@Suite("LevelSum")
struct LevelSumTests {
    static func sum(_ levels: [(String, Int64)]) throws -> LevelSum {
        var sum = LevelSum()
        for (level, microseconds) in levels { try sum.add(level: ExactDecimal(level), microseconds: microseconds) }
        return sum
    }

    @Test(
        "levels times hours add up",
        arguments: [
            ([], "0"), ([("5", 3_600_000_000)], "5"), ([("0.5", 7_200_000_000), ("2", 1_800_000_000)], "2"),
            ([("3", 1)], "0.000000000833333333"), ([("1", 1_200_000_000)], "0.333333333333333333"),
            ([("1", 2_400_000_000)], "0.666666666666666667"), ([("-4", 900_000_000)], "-1"),
            ([("0", .max)], "0"), ([("10", 0)], "0"), ([("1", 1), ("-1", 1)], "0"),
            ([("100", 31_536_000_000_000)], "876000"),
        ] as [([(String, Int64)], String)]
    )
    func results(levels: [(String, Int64)], expected: String) throws {
        #expect(try Self.sum(levels).result.description == expected)
    }

    @Test("only the result is rounded: parts merged in any order are the whole", arguments: [101, 102] as [UInt64])
    func merging(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let levels = (0..<100).map { _ in
            (
                random.decimalText(maximumDigits: 12, maximumScale: 12),
                Int64.random(in: 0...3_600_000_000, using: &random)
            )
        }
        let exact = levels.reduce(SlowDecimal("0")) { $0 + SlowDecimal($1.0) * SlowDecimal(String($1.1)) }
        var merged = LevelSum()
        for level in levels.shuffled(using: &random) { try merged.merge(Self.sum([level])) }
        #expect(merged == (try Self.sum(levels)), "seed \(seed)")
        #expect(
            try merged.result.description == exact.divided(by: 3_600_000_000, fractionDigits: 18).text,
            "seed \(seed)"
        )
    }

    @Test("digits far apart are kept: noise beside terabytes for a century")
    func farApart() throws {
        let century: Int64 = 876_600 * 3_600_000_000
        let sum = try Self.sum([
            ("12.300000000000001", century), ("1000000000000000000", century), ("-0.000000000000000001", 1_800_000_000),
            ("-1000000000000000000", century), ("-12.300000000000001", century),
        ])
        #expect(try sum.result.description == "0")
        #expect(sum != LevelSum())
        #expect(sum == (try Self.sum([("-0.000000000000000001", 1_800_000_000)])))
        let large = try Self.sum([("12.300000000000001", century), ("1000000000000000000", century)])
        #expect(try large.result.description == "876600000000000010782180.0000000008766")
        // 36 digits before the point leave room for two after it.
        #expect(
            try Self.sum([("999999999999999999999999999999999999", 3_600_000_000), ("0.125", 3_600_000_000)]).result
                .description == "999999999999999999999999999999999999.12"
        )
        #expect(
            try Self.sum([("99999999999999999999999999999999999.5", 3_600_000_000), ("0.125", 3_600_000_000)]).result
                .description == "99999999999999999999999999999999999.625"
        )
    }

    @Test("sums that cross zero and 128 bits in either direction are those of all their parts", arguments: [103, 104])
    func crossing(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var sum = LevelSum()
        var added: [(String, Int64)] = []
        for _ in 0..<60 {
            let level = random.decimalText(maximumDigits: random.chance(50) ? 35 : 12, maximumScale: 18)
            added.append((level, Int64.random(in: 0...(.max / 1000), using: &random)))
            try sum.merge(Self.sum([added[added.count - 1]]))
        }
        var rest = sum
        let kept = added.filter { _ in random.chance(30) }
        for (level, microseconds) in added { try rest.add(level: ExactDecimal(level), microseconds: -microseconds) }
        #expect(rest == LevelSum(), "seed \(seed)")
        for (level, microseconds) in kept { try rest.add(level: ExactDecimal(level), microseconds: microseconds) }
        #expect(rest == (try Self.sum(kept)), "seed \(seed)")
    }

    @Test("a result of more than 38 digits is refused, a sum of more than 255 bits too, and nothing is changed then")
    func overflow() throws {
        let largest = String(repeating: "9", count: 36)
        var sum = try Self.sum([(largest, .max)])
        #expect(throws: ExactDecimalError.overflow) { try sum.result }
        try sum.add(level: ExactDecimal("-" + largest), microseconds: .max)
        #expect(try sum.result == .zero)
        try sum.add(level: ExactDecimal(largest), microseconds: .max)
        #expect(throws: ExactDecimalError.overflow) { for _ in 0..<100_000 { try sum.merge(sum) } }
        let before = sum
        #expect(throws: ExactDecimalError.overflow) { try sum.merge(sum) }
        #expect(throws: ExactDecimalError.overflow) {
            try sum.add(level: ExactDecimal("0.0000000000000000001"), microseconds: 1)
        }
        #expect(sum == before)
    }
}
