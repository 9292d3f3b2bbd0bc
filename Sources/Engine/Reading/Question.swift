import CloudEvents
import Metering
import UsageStore

/// A query that can be answered: its names are known and its range makes sense.
struct Question {
    let meter: StoredMeter
    let query: UsageQuery
    /// The query's own places in the data, which totals do not hold.
    let paths: [ValuePath]

    /// Places in the data that one query may name.
    static let maximumPaths = 64

    /// Checks a query against its meter.
    init(_ query: UsageQuery, of meter: StoredMeter) throws(QueryError) {
        let known = meter.meter.groupBy.map(\.name)
        var paths: [ValuePath] = []
        for name in query.groupBy + query.filters.keys.sorted(by: { $0.precedesBytewise($1) }) {
            if name == "subject" || known.contains(name) { continue }
            guard UsageQuery.isPath(name) else { throw .unknownDimension(name, known: known) }
            do {
                let path = try ValuePath(name)
                if !paths.contains(path) { paths.append(path) }
            } catch {
                throw .invalidRange(error.description)
            }
        }
        guard paths.count <= Self.maximumPaths else {
            throw .invalidRange(
                "a query names \(Self.maximumPaths) places in the data at most, this one \(paths.count)"
            )
        }
        if !paths.isEmpty, meter.meter.aggregation.keepsLevels {
            throw .invalidRange(
                "a level (\(meter.meter.aggregation.rawValue)) belongs to a series: it splits by the meter's dimensions "
                    + "and the subject, not by \(paths[0])"
            )
        }
        do throws(TextConditionError) {
            for condition in query.filters.values { try condition.check() }
            try TextCondition.checkPatterns(of: query.filters.values)
        } catch {
            throw .invalidRange(error.description)
        }
        if let from = query.from, let to = query.to, from >= to {
            throw .invalidRange("from (\(from)) must be before to (\(to))")
        }
        self.meter = meter
        self.query = query
        self.paths = paths
    }

    /// Starts of the buckets that have something of the asked range, in seconds since 1970-01-01T00:00:00Z.
    var buckets: Range<Int64> {
        let width = meter.bucketSeconds
        let from = query.from.map { $0.microseconds.flooredQuotient(1_000_000).flooredQuotient(width) * width }
        let to = query.to.map { ($0.microseconds - 1).flooredQuotient(1_000_000) + 1 }
        return (from ?? .min)..<(to ?? .max)
    }
}

extension Int64 {
    /// The quotient rounded towards the past, not towards zero.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
