import CloudEvents
import Engine
import Metering
import Testing

/// A meter's hours as they were once.
struct SeenBuckets {
    /// The first event that was not in them.
    var through: UInt64
    /// The clock then.
    var now: Int64
    /// By the hour's start.
    var rows: [Int64: [UsageRow]]
    var dimensions: [String]
}

extension ModelRun {
    /// Whatever changed in a bucket since the last look, the bucket's last sequence number tells: reports deliver a day again
    /// when it does.
    func checkRevisions(_ place: String) async throws {
        var seen: [String: SeenBuckets] = [:]
        for meter in model.meters {
            let (through, buckets) = try await fixture.engine.bucketRevisions(meter: meter.slug)
            let now = SeenBuckets(
                through: through,
                now: fixture.clock.now,
                rows: try hours(of: meter),
                dimensions: meter.dimensions.map(\.path)
            )
            seen[meter.slug] = now
            let revisions = Dictionary(
                uniqueKeysWithValues: buckets.map { ($0.window.start.microseconds, $0.lastSequence) }
            )
            for start in now.rows.keys where !meter.aggregation.keepsLevels {
                try #require(revisions[start] != nil, "\(place): \(meter.slug) has no bucket at \(start)")
            }
            guard let before = seenBuckets[meter.slug], before.dimensions == now.dimensions else { continue }
            for start in Set(before.rows.keys).union(now.rows.keys) where before.rows[start] != now.rows[start] {
                // A level that lasts grows by itself.
                if meter.aggregation.keepsLevels, start + 3_600_000_000 > before.now { continue }
                let revision = try #require(revisions[start], "\(place): \(meter.slug) has no bucket at \(start)")
                try #require(revision >= before.through, "\(place): \(meter.slug) changed at \(start)")
            }
        }
        seenBuckets = seen
    }

    private func hours(of meter: ModelMeter) throws -> [Int64: [UsageRow]] {
        let query = UsageQuery(
            meter: meter.slug,
            windowSize: .hour,
            groupBy: ["subject"] + meter.dimensions.map(\.name)
        )
        let counted = model.counted(by: meter)
        let rows =
            meter.aggregation.keepsLevels
            ? try Model.levelRows(query, of: meter, counted, now: fixture.clock.now).filter {
                $0.value != .zero || $0.events > 0
            }
            : try Model.rows(query, of: meter, counted)
        return Dictionary(grouping: rows) { $0.window.start.microseconds }
    }
}
