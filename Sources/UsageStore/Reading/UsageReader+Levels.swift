import GRDB
import Metering

extension UsageReader {
    /// Adds what the levels of a WEIGHTED_SUM come to, each from its point until the series' next one, or until `to`.
    ///
    /// - Parameters:
    ///   - from: microseconds since 1970-01-01T00:00:00Z, the first that counts; the level that holds then counts on.
    ///   - to: the first microsecond that does not count any more; now, where a level goes on.
    /// - Returns: false when the store has moved on since the snapshot was taken; what was added is of no use then.
    /// - Throws: `UsageReadError`, `UsageStoreError`.
    public func readLevels(from: Int64, to: Int64, into aggregation: inout UsageAggregation) throws -> Bool {
        guard from < to else { return true }
        let added = Dictionary(grouping: snapshot.levels.added.filter { $0.time < to }, by: \.series)
        let read: Void? = try store.read("read levels", at: snapshot.generation) { database in
            for series in 0..<UInt32(snapshot.series.count) where try aggregation.wants(series: series) {
                let new = (added[series] ?? []).sorted(by: LevelPoint.precedes)
                var sum = LevelCurve(series: series, from: from, to: to)
                try readPoints(of: series, new, from: from, to: to, database) { point in
                    try sum.pass(point, into: &aggregation)
                }
                try sum.end(into: &aggregation)
            }
        }
        return read != nil
    }

    /// The points of a series in order of time, from the last one that is not after `from`.
    private func readPoints(
        of series: UInt32,
        _ new: [LevelPoint],
        from: Int64,
        to: Int64,
        _ database: Database,
        _ body: (LevelPoint) throws -> Void
    ) throws {
        let stored = try storedPointBefore(from, of: series, database)
        let before = new.last { $0.time < from }
        switch (stored, before) {
        case (let stored?, let before?): try body(LevelPoint.precedes(stored, before) ? before : stored)
        case (let point?, nil), (nil, let point?): try body(point)
        case (nil, nil): break
        }
        let statement = try database.cachedStatement(
            sql: """
                SELECT time, sequence, value FROM level WHERE meter = ? AND series = ? AND time >= ? AND time < ?
                ORDER BY time, sequence
                """
        )
        let rows = try Row.fetchCursor(statement, arguments: [snapshot.meter.number, series, from, to])
        var rest = new[...].drop { $0.time < from }
        while let row = try rows.next() {
            let point = try LevelRow.point(row, series: series, path: store.path)
            guard !snapshot.levels.removed.contains(point.key) else { continue }
            while let next = rest.first, LevelPoint.precedes(next, point) {
                try body(next)
                rest.removeFirst()
            }
            try body(point)
        }
        for point in rest { try body(point) }
    }

    private func storedPointBefore(_ time: Int64, of series: UInt32, _ database: Database) throws -> LevelPoint? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT time, sequence, value FROM level WHERE meter = ? AND series = ? AND time < ?
                ORDER BY time DESC, sequence DESC
                """
        )
        let rows = try Row.fetchCursor(statement, arguments: [snapshot.meter.number, series, time])
        while let row = try rows.next() {
            let point = try LevelRow.point(row, series: series, path: store.path)
            if !snapshot.levels.removed.contains(point.key) { return point }
        }
        return nil
    }
}

/// The level of one series as time goes by.
private struct LevelCurve {
    let series: UInt32
    let from: Int64
    let to: Int64
    private var last: LevelPoint?

    init(series: UInt32, from: Int64, to: Int64) {
        self.series = series
        self.from = from
        self.to = to
    }

    /// Goes on to the next point.
    mutating func pass(_ point: LevelPoint, into aggregation: inout UsageAggregation) throws {
        try add(until: point.time, into: &aggregation)
        last = point
    }

    /// Goes on to the end.
    func end(into aggregation: inout UsageAggregation) throws {
        try add(until: to, into: &aggregation)
    }

    private func add(until time: Int64, into aggregation: inout UsageAggregation) throws {
        guard let last else { return }
        let start = max(last.time, from)
        guard start < time || last.time >= from else { return }
        try aggregation.add(
            level: last.value,
            during: start..<max(start, time),
            series: series,
            isEvent: last.time >= from
        )
    }
}
