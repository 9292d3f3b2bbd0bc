import Engine
import Metering
import ReportDefinitions
import Reports

/// The engine as the reports ask it: a day may have more rows than an answer over HTTP.
struct ReportUsage: UsageService {
    let engine: EngineService

    /// Rows a report reads at a time: the series of one meter on one day, or the subjects of a month.
    static let rowLimit = 2_000_000

    func query(_ query: UsageQuery) async throws -> UsageResult {
        do {
            return try await engine.query(query, rowLimit: Self.rowLimit)
        } catch QueryError.overflow {
            throw UsageRefusal.overflow
        } catch QueryError.tooLarge(let rows, let limit) {
            throw UsageRefusal.tooManyRows(rows, limit: limit)
        }
    }

    func bucketRevisions(meter slug: String) async throws -> BucketRevisions {
        let revisions = try await engine.bucketRevisions(meter: slug)
        return BucketRevisions(
            through: revisions.through,
            buckets: revisions.buckets.map { BucketRevision(window: $0.window, lastSequence: $0.lastSequence) }
        )
    }
}
