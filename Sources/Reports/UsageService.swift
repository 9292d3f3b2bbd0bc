public import Metering
public import ReportDefinitions

/// What the reports ask of the engine.
public protocol UsageService: Sendable {
    /// Totals of a meter. Sees every event that was on disk when the query began.
    func query(_ query: UsageQuery) async throws -> UsageResult

    /// The last event each bucket of a meter counted.
    func bucketRevisions(meter slug: String) async throws -> BucketRevisions
}
