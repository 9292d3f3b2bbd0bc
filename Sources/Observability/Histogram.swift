import Synchronization

/// Counts observations by size, for latencies in seconds or sizes in bytes.
///
/// Each observation is counted in one bucket only; the page's cumulative numbers are summed when it is rendered.
public final class Histogram: Sendable {
    /// Upper bounds, inclusive, ascending. The bucket above the last one is always there.
    public let bounds: [Double]
    private let cells: [Cell]
    private let sumBits = Atomic<UInt64>(0)

    private final class Cell: Sendable {
        let count = Atomic<Int>(0)
    }

    init(bounds: [Double]) {
        self.bounds = bounds
        self.cells = (0...bounds.count).map { _ in Cell() }
    }

    /// Counts one observation. A NaN is no observation and is left out.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        cells[bucket(of: value)].count.wrappingAdd(1, ordering: .relaxed)
        sumBits.addDouble(value)
    }

    /// How many observations there were.
    public var count: Int { cells.reduce(0) { $0 + $1.count.load(ordering: .relaxed) } }

    /// What the observations add up to.
    public var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }

    /// Observations at or below each bound, and last all of them.
    var cumulativeCounts: [Int] {
        var running = 0
        return cells.map { cell in
            running += cell.count.load(ordering: .relaxed)
            return running
        }
    }

    private func bucket(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Histogram {
    /// Bounds for the latency of requests and syncs, in seconds: 100 µs to 10 s.
    public static let latencyBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
