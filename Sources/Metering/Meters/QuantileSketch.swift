/// How many values there are in each cell, from which percentiles are read.
///
/// A percentile is exact but for the cell's width: it is the bound of the cell in which the exact nearest-rank percentile is
/// (`QuantileCell`: less than 1 % nearer to zero). Adding, taking away and merging are sums of counts, so neither order nor
/// grouping matters, and there is nothing random.
public struct QuantileSketch: Sendable, Hashable {
    /// No count is zero.
    private var counts: [QuantileCell: Int64] = [:]
    /// How many values there are.
    public private(set) var count: Int64 = 0

    /// No values.
    public init() {}

    /// Adds so many values of a cell; a negative number takes them away.
    public mutating func add(_ cell: QuantileCell, count more: Int64 = 1) {
        let sum = (counts[cell] ?? 0) + more
        counts[cell] = sum == 0 ? nil : sum
        count += more
    }

    /// Adds all of another one's values.
    public mutating func merge(_ other: QuantileSketch) {
        for (cell, count) in other.counts { add(cell, count: count) }
    }

    /// The cells and how many values are in each, in the order of the values.
    public var cells: [(cell: QuantileCell, count: Int64)] {
        counts.map { (cell: $0.key, count: $0.value) }.sorted { $0.cell < $1.cell }
    }

    /// The nearest-rank percentile: the bound of the cell of the ⌈percent / 100 × count⌉-th smallest value; nil where there are
    /// no values.
    ///
    /// - Precondition: `percent` is 1 to 100.
    public func quantile(percent: Int) -> ExactDecimal? {
        precondition((1...100).contains(percent), "a percentile is 1 to 100")
        guard count > 0 else { return nil }
        let rank = (Int128(count) * Int128(percent) + 99) / 100
        var passed: Int128 = 0
        for (cell, count) in cells {
            passed += Int128(count)
            if passed >= rank { return cell.value }
        }
        return nil
    }
}
