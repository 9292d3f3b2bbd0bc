import Metering

/// A level of a WEIGHTED_SUM meter: a series has it from its time until the series' next point.
struct LevelPoint: Sendable, Hashable {
    var series: UInt32
    /// Microseconds since 1970-01-01T00:00:00Z.
    var time: Int64
    /// Of the event; it decides between points of one time.
    var sequence: UInt64
    var value: ExactDecimal

    /// What tells it from the others of its meter.
    var key: LevelKey { LevelKey(series: series, time: time, sequence: sequence) }

    /// The order of the points of one series.
    static func precedes(_ left: LevelPoint, _ right: LevelPoint) -> Bool {
        (left.time, left.sequence) < (right.time, right.sequence)
    }
}

/// What tells a point from the others of its meter.
struct LevelKey: Sendable, Hashable {
    var series: UInt32
    var time: Int64
    var sequence: UInt64
}

/// The points that a meter got and lost since the last checkpoint.
struct LevelChanges: Sendable {
    /// Those that are not in the store, in the order of the log.
    private(set) var added: [LevelPoint] = []
    /// Those whose row in the store does not count any more.
    private(set) var removed: Set<LevelKey> = []

    @inline(__always)
    mutating func add(_ point: LevelPoint) { added.append(point) }

    mutating func remove(_ key: LevelKey) {
        added.removeAll { $0.key == key }
        removed.insert(key)
    }
}
