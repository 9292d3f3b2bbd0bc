/// The two codes of a block as they are written in front of it (RFC 1951, section 3.2.7).
struct DynamicHeader {
    let literals: HuffmanCode
    let distances: HuffmanCode

    /// The order in which the lengths of the code of lengths are written: those that are often 0 come last.
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    /// Bits of the longest code of lengths.
    private static let codeLimit = 7

    /// Lengths of codes and how they repeat: the symbol, and for 16, 17 and 18 a further number in so many bits.
    private let runs: [(symbol: Int, extra: UInt32, extraBits: Int)]
    private let literalCount: Int
    private let distanceCount: Int
    private let code: HuffmanCode
    /// How many lengths of the code of lengths are written.
    private let orderCount: Int

    init(literals: HuffmanCode, distances: HuffmanCode) {
        self.literals = literals
        self.distances = distances
        literalCount = max(257, literals.usedCount)
        distanceCount = max(1, distances.usedCount)
        runs = Self.runs(of: literals.lengths.prefix(literalCount) + distances.lengths.prefix(distanceCount))
        var counts = [Int](repeating: 0, count: Self.order.count)
        for run in runs { counts[run.symbol] += 1 }
        let code = HuffmanCode(frequencies: counts, limit: Self.codeLimit)
        self.code = code
        orderCount = max(4, (Self.order.lastIndex { code.lengths[$0] > 0 } ?? 0) + 1)
    }

    /// Bits of the header.
    var bits: Int {
        runs.reduce(5 + 5 + 4 + 3 * orderCount) { $0 + Int(code.lengths[$1.symbol]) + $1.extraBits }
    }

    func write(to output: inout BitWriter) {
        output.append(UInt32(literalCount - 257), count: 5)
        output.append(UInt32(distanceCount - 1), count: 5)
        output.append(UInt32(orderCount - 4), count: 4)
        for symbol in Self.order.prefix(orderCount) {
            output.append(UInt32(code.lengths[symbol]), count: 3)
        }
        for run in runs {
            code.write(run.symbol, to: &output)
            output.append(run.extra, count: run.extraBits)
        }
    }

    private static func runs(of lengths: ArraySlice<UInt8>) -> [(symbol: Int, extra: UInt32, extraBits: Int)] {
        var runs: [(symbol: Int, extra: UInt32, extraBits: Int)] = []
        var rest = lengths
        while let length = rest.first {
            var count = rest.prefix { $0 == length }.count
            rest = rest.dropFirst(count)
            if length != 0 {
                runs.append((Int(length), 0, 0))
                count -= 1
            }
            while count >= 3 {
                let (symbol, least, most, extraBits) =
                    length != 0 ? (16, 3, 6, 2) : count <= 10 ? (17, 3, 10, 3) : (18, 11, 138, 7)
                let taken = min(count, most)
                runs.append((symbol, UInt32(taken - least), extraBits))
                count -= taken
            }
            runs += Array(repeating: (Int(length), 0, 0), count: count)
        }
        return runs
    }
}

extension HuffmanCode {
    /// Up to the last symbol that has a code.
    fileprivate var usedCount: Int { (lengths.lastIndex { $0 > 0 } ?? -1) + 1 }

    /// Writes a symbol's code.
    func write(_ symbol: Int, to output: inout BitWriter) {
        output.append(UInt32(codes[symbol]), count: Int(lengths[symbol]))
    }
}
