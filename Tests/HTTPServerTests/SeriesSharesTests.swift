import Testing

@testable import HTTPServer

/// SplitMix64, so that a test has the same numbers each time.
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

@Suite("Shares of a page's room for series")
struct SeriesSharesTests {
    /// A series of each meter in turn, for as long as there is room.
    private static func slowly(_ wanted: [Int], _ limit: Int) -> [Int] {
        var shares = wanted.map { _ in 0 }
        var room = limit
        while room > 0, shares != wanted {
            for index in wanted.indices where room > 0 && shares[index] < wanted[index] {
                shares[index] += 1
                room -= 1
            }
        }
        return shares
    }

    @Test("each meter gets a series in turn until the room is full")
    func turns() {
        var random = SeededNumbers(seed: 20_250_607)
        for _ in 0..<2000 {
            let wanted = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                Int.random(in: 0...12, using: &random)
            }
            let limit = Int.random(in: 0...60, using: &random)
            #expect(
                SeriesShares.shares(of: wanted, limit: limit) == Self.slowly(wanted, limit),
                "\(wanted) in \(limit)"
            )
        }
    }

    @Test("with more meters, or more series of one, no other meter's share becomes larger")
    func steady() {
        var random = SeededNumbers(seed: 20_250_607)
        for _ in 0..<2000 {
            var wanted = (0..<Int.random(in: 1...8, using: &random)).map { _ in Int.random(in: 0...12, using: &random) }
            let limit = Int.random(in: 1...60, using: &random)
            let before = SeriesShares.shares(of: wanted, limit: limit)
            let changed = Int.random(in: 0...wanted.count, using: &random)
            if changed == wanted.count { wanted.append(5) } else { wanted[changed] += 1 }
            let after = SeriesShares.shares(of: wanted, limit: limit)
            for index in before.indices where index != changed {
                #expect(after[index] <= before[index], "\(wanted) in \(limit), \(changed) changed")
            }
        }
    }
}
