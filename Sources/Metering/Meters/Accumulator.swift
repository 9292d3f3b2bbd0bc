/// What is kept of the events of one series in one bucket, enough for each aggregation but UNIQUE_COUNT, percentiles and
/// WEIGHTED_SUM, whose values, cells and levels live elsewhere.
///
/// `value` is the sum for SUM and AVG, the value so far for MIN, MAX and LATEST, and 0 for the others. `time`
/// and `sequence` belong to LATEST and are 0 for the others, so that equal totals are equal accumulators.
@frozen
public struct Accumulator: Sendable, Hashable {
    /// The sum or the value so far.
    public var value: ExactDecimal
    /// How many events.
    public var count: UInt64
    /// LATEST: the time of the event the value is from, in microseconds since 1970-01-01T00:00:00Z.
    public var time: Int64
    /// LATEST: the sequence number of the event the value is from.
    public var sequence: UInt64

    /// Digits after the point of an AVG.
    public static let meanFractionDigits = 18

    /// No events.
    @inlinable
    public init() {
        self.init(value: .zero, count: 0, time: 0, sequence: 0)
    }

    /// Takes back stored parts.
    @inlinable
    public init(value: ExactDecimal, count: UInt64, time: Int64, sequence: UInt64) {
        self.value = value
        self.count = count
        self.time = time
        self.sequence = sequence
    }

    /// Adds an event.
    ///
    /// - Throws: `.overflow` when the sum would have more than 38 digits; nothing is changed then.
    @inlinable
    public mutating func add(
        _ value: ExactDecimal,
        aggregation: Aggregation,
        time: Int64,
        sequence: UInt64
    ) throws(ExactDecimalError) {
        switch aggregation {
        case .count, .uniqueCount, .p50, .p90, .p95, .p99, .weightedSum: break
        case .sum, .avg: self.value = try self.value.adding(value)
        case .min: if count == 0 || value < self.value { self.value = value }
        case .max: if count == 0 || self.value < value { self.value = value }
        case .latest:
            if count == 0 || (self.time, self.sequence) < (time, sequence) {
                self.value = value
                self.time = time
                self.sequence = sequence
            }
        }
        count &+= 1
    }

    /// Takes an event out that was added: its value for SUM and AVG; COUNT, percentiles and WEIGHTED_SUM only count it here.
    ///
    /// - Precondition: it was added, and the aggregation is one of these; the others are counted again without it.
    /// - Throws: `.overflow` when the sum of the rest has more than 38 digits, which can happen only where they cancelled each
    ///   other out in another order; nothing is changed then.
    public mutating func subtract(
        _ value: ExactDecimal,
        aggregation: Aggregation
    ) throws(ExactDecimalError) {
        precondition(count > 0, "an event is taken out of a total that has it")
        switch aggregation {
        case .count, .p50, .p90, .p95, .p99, .weightedSum: break
        case .sum, .avg: self.value = try self.value.subtracting(value)
        case .min, .max, .latest, .uniqueCount: preconditionFailure("\(aggregation.rawValue) is counted again")
        }
        count -= 1
    }

    /// Adds another bucket or series of the same aggregation; the order does not matter.
    ///
    /// - Throws: `.overflow` when the sum or the count would not be exact; nothing is changed then.
    @inlinable
    public mutating func merge(_ other: Accumulator, aggregation: Aggregation) throws(ExactDecimalError) {
        if other.count == 0 { return }
        let (total, overflow) = count.addingReportingOverflow(other.count)
        if overflow { throw .overflow }
        try add(other.value, aggregation: aggregation, time: other.time, sequence: other.sequence)
        count = total
    }

    /// What the meter shows: 0 for a COUNT of no events, nil for the other aggregations of no events.
    ///
    /// AVG is the exact sum divided by the count, rounded half to even at 18 digits after the point (fewer where 38
    /// digits do not hold them): here alone a total is rounded. UNIQUE_COUNT, percentiles and WEIGHTED_SUM are nil: whoever
    /// keeps their values, cells and levels has the result.
    public func result(_ aggregation: Aggregation) -> ExactDecimal? {
        switch aggregation {
        case .count: ExactDecimal(count: count)
        case .uniqueCount, .p50, .p90, .p95, .p99, .weightedSum: nil
        case .sum, .min, .max, .latest: count == 0 ? nil : value
        case .avg: count == 0 ? nil : value.divided(byCount: count, fractionDigits: Self.meanFractionDigits)
        }
    }
}
