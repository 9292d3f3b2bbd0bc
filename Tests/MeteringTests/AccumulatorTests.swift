import Metering
import Testing

@Suite("Accumulator")
struct AccumulatorTests {
    /// Events as (value, time, sequence).
    static func total(
        _ events: [(String, Int64, UInt64)],
        _ aggregation: Aggregation
    ) throws -> Accumulator {
        var total = Accumulator()
        for (value, time, sequence) in events {
            try total.add(ExactDecimal(value), aggregation: aggregation, time: time, sequence: sequence)
        }
        return total
    }

    @Test(
        "each aggregation makes its own number of the same events",
        arguments: [
            (.sum, "6.5"), (.count, "4"), (.avg, "1.625"), (.min, "-1"), (.max, "5"), (.latest, "2"),
            (.uniqueCount, nil), (.p50, nil), (.p99, nil), (.weightedSum, nil),
        ] as [(Aggregation, String?)]
    )
    func aggregations(aggregation: Aggregation, expected: String?) throws {
        let total = try Self.total([("0.5", 10, 1), ("5", 20, 2), ("2", 30, 3), ("-1", 5, 4)], aggregation)
        #expect(total.count == 4)
        #expect(total.result(aggregation)?.description == expected)
    }

    @Test("no events are a COUNT of 0 and no number otherwise", arguments: Aggregation.allCases)
    func noEvents(aggregation: Aggregation) {
        #expect(Accumulator().result(aggregation) == (aggregation == .count ? .zero : nil))
    }

    @Test("negative values alone have a negative maximum, and zero is a value")
    func extremes() throws {
        #expect(try Self.total([("-3", 0, 1), ("-2", 0, 2)], .max).result(.max) == ExactDecimal(-2))
        #expect(try Self.total([("3", 0, 1), ("0", 0, 2)], .min).result(.min) == .zero)
    }

    @Test("of equal times the greater sequence number is the latest, in whatever order they come")
    func latestTies() throws {
        #expect(try Self.total([("1", 7, 2), ("2", 7, 1)], .latest).result(.latest) == .one)
        #expect(try Self.total([("2", 7, 1), ("1", 7, 2)], .latest).result(.latest) == .one)
        #expect(try Self.total([("9", -5, 1)], .latest).result(.latest) == ExactDecimal(9))
    }

    @Test("an average is rounded half to even at the eighteenth digit and nowhere else")
    func average() throws {
        #expect(
            try Self.total([("1", 0, 1), ("1", 0, 2), ("0", 0, 3)], .avg).result(.avg)?.description
                == "0.666666666666666667"
        )
        #expect(try Self.total([("1", 0, 1), ("0", 0, 2), ("0", 0, 3)], .avg).value == .one)
    }

    @Test("an overflow leaves the total as it was")
    func overflow() throws {
        var total = try Self.total([("99999999999999999999999999999999999999", 0, 1)], .sum)
        let before = total
        #expect(throws: ExactDecimalError.overflow) { try total.add(.one, aggregation: .sum, time: 0, sequence: 2) }
        #expect(throws: ExactDecimalError.overflow) { try total.merge(before, aggregation: .sum) }
        #expect(total == before)
        var counts = Accumulator(value: .zero, count: .max, time: 0, sequence: 0)
        #expect(throws: ExactDecimalError.overflow) {
            try counts.merge(Accumulator(value: .zero, count: 1, time: 0, sequence: 0), aggregation: .count)
        }
        #expect(counts.count == .max)
    }

    @Test(
        "totals of parts merge to the total of the whole, in any order",
        arguments: Aggregation.allCases,
        [31, 32] as [UInt64]
    )
    func merging(aggregation: Aggregation, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let events = (0..<60).map { sequence in
            (
                random.decimalText(maximumDigits: 17, maximumScale: 18), Int64.random(in: -3...3, using: &random),
                UInt64(sequence)
            )
        }
        let whole = try Self.total(events, aggregation)
        var parts: [Accumulator] = [Accumulator()]
        for event in events.shuffled(using: &random) {
            if random.chance(20) { parts.append(Accumulator()) }
            let part = try Self.total([event], aggregation)
            try parts[parts.count - 1].merge(part, aggregation: aggregation)
        }
        var merged = Accumulator()
        for part in parts.shuffled(using: &random) { try merged.merge(part, aggregation: aggregation) }
        #expect(merged == whole, "seed \(seed)")
    }

    @Test("merging nothing changes nothing, and merging into nothing is a copy", arguments: Aggregation.allCases)
    func mergingNothing(aggregation: Aggregation) throws {
        let whole = try Self.total([("-7", -20, 3)], aggregation)
        var total = whole
        try total.merge(Accumulator(), aggregation: aggregation)
        #expect(total == whole)
        var empty = Accumulator()
        try empty.merge(whole, aggregation: aggregation)
        #expect(empty == whole)
    }

    @Test("an accumulator takes 48 bytes")
    func size() {
        #expect(MemoryLayout<Accumulator>.stride == 48)
    }
}
