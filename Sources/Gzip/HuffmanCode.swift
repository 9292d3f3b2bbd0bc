/// A canonical prefix code (RFC 1951, section 3.2.2).
struct HuffmanCode {
    /// By symbol, bits of its code; 0 where the symbol has none.
    let lengths: [UInt8]
    /// By symbol, the code as it is written: the highest bit first, so turned around.
    let codes: [UInt16]

    init(lengths: [UInt8]) {
        self.lengths = lengths
        var counts = [Int](repeating: 0, count: 16)
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var next = [UInt16](repeating: 0, count: 16)
        for length in 1..<15 {
            next[length + 1] = (next[length] + UInt16(counts[length])) << 1
        }
        codes = lengths.map { length in
            guard length > 0 else { return 0 }
            defer { next[Int(length)] += 1 }
            return Self.turned(next[Int(length)], bits: length)
        }
    }

    /// The code that needs the fewest bits for symbols of these frequencies, none longer than `limit` bits.
    ///
    /// Two symbols have a code always: some readers take neither a code of one symbol nor one of none.
    init(frequencies: [Int], limit: Int) {
        var symbols = frequencies.indices.filter { frequencies[$0] > 0 }
        for filler in 0..<2 where symbols.count < 2 && !symbols.contains(filler) {
            symbols.append(filler)
        }
        symbols.sort { (frequencies[$0], $0) < (frequencies[$1], $1) }
        var lengths = [UInt8](repeating: 0, count: frequencies.count)
        let bits = Self.packageMerge(weights: symbols.map { frequencies[$0] }, limit: limit)
        for (symbol, length) in zip(symbols, bits) {
            lengths[symbol] = length
        }
        self.init(lengths: lengths)
    }

    /// Bits of the codes of rising weights, by the package-merge algorithm (Larmore and Hirschberg 1990).
    ///
    /// Each round pairs the items of the round before and merges the pairs with the single weights. The first `2n - 2` items
    /// of the last round are taken, with all they are made of; a weight's code is as long as the rounds it was taken in.
    private static func packageMerge(weights: [Int], limit: Int) -> [UInt8] {
        precondition(weights.count >= 2 && weights.count <= 1 << limit)
        // By round, whether the item at an index is a single weight.
        var rounds: [[Bool]] = []
        var items: [Int] = []
        for _ in 0..<limit {
            var merged: [Int] = []
            var isSingle: [Bool] = []
            var pair = 0
            var single = 0
            while single < weights.count || pair + 1 < items.count {
                let pairWeight = pair + 1 < items.count ? items[pair] + items[pair + 1] : Int.max
                if single < weights.count, weights[single] <= pairWeight {
                    merged.append(weights[single])
                    isSingle.append(true)
                    single += 1
                } else {
                    merged.append(pairWeight)
                    isSingle.append(false)
                    pair += 2
                }
            }
            items = merged
            rounds.append(isSingle)
        }
        var lengths = [UInt8](repeating: 0, count: weights.count)
        var taken = 2 * weights.count - 2
        for isSingle in rounds.reversed() {
            let singles = isSingle.prefix(taken).count { $0 }
            for index in 0..<singles { lengths[index] += 1 }
            taken = 2 * (taken - singles)
        }
        return lengths
    }

    private static func turned(_ code: UInt16, bits: UInt8) -> UInt16 {
        var code = code
        var turned: UInt16 = 0
        for _ in 0..<bits {
            turned = turned << 1 | code & 1
            code >>= 1
        }
        return turned
    }
}
