import CloudEvents
import Logging
import Metering
import ObjectStore
import ReportDefinitions

/// One run of one report: which periods, what their files hold, and what has to be put. It keeps nothing; the caller
/// sees to it that no other run of the report is under way.
struct ReportRun: Sendable {
    let report: Report
    let catalog: ReportCatalog
    let store: any ObjectStore
    let usage: any UsageService
    let records: DeliveryRecords
    let spool: SpoolSettings
    let clock: ReportClock
    let logger: Logger

    /// Days a request may ask for.
    static let daysLimit = 3_660

    /// Runs. Periods whose usage cannot be written are left out and thrown at the end; any other trouble ends the run
    /// where it is, and the next one goes on from there.
    func run(_ request: ReportRunRequest) async throws(ReportError) -> ReportRunResult {
        let openDays = try openDays(of: request)
        let writer: ReportWriter
        do {
            writer = try ReportWriter(report: report, catalog: catalog, usage: usage)
        } catch {
            throw .definition(report: report.name, reason: error.reason)
        }
        let delivered = try await stored { () async throws(DeliveryRecordsError) in
            try await records.periods(report: report.name)
        }
        let plan = try await plan(days: request.days, delivered: delivered)
        let delivery = ReportDelivery(run: self, delivered: delivered, dryRun: request.dryRun)
        var files: [DeliveredFile] = []
        var failures: [ReportError] = []
        for planned in plan.files {
            do throws(ReportError) {
                let outcome = try await writer.write(planned, spool: spool)
                files.append(try await delivery.deliver(planned, outcome))
            } catch {
                guard case .content = error else { throw error }
                failures.append(error)
            }
        }
        let result = ReportRunResult(report: report.name, dryRun: request.dryRun, files: files, openDays: openDays)
        guard failures.isEmpty else { throw .incomplete(delivered: result, failures: failures) }
        return result
    }

    /// The days asked for that are not closed yet.
    private func openDays(of request: ReportRunRequest) throws(ReportError) -> [LocalDay] {
        guard let days = request.days else { return [] }
        guard !days.isEmpty else {
            throw .invalidDays(report: report.name, reason: "from and to are the same day; to is exclusive")
        }
        guard days.upperBound <= days.lowerBound.adding(days: Self.daysLimit) else {
            throw .invalidDays(report: report.name, reason: "a run takes at most \(Self.daysLimit) days; ask for fewer")
        }
        let firstOpen = report.firstOpenDay(at: clock.now())
        guard days.lowerBound < firstOpen else {
            throw .stillOpen(report: report.name, days: days, closes: report.closing(of: days.lowerBound))
        }
        var open: [LocalDay] = []
        var day = firstOpen
        while day < days.upperBound {
            open.append(day)
            day = day.next
        }
        return open
    }

    private func plan(
        days: Range<LocalDay>?,
        delivered: [String: PeriodState]
    ) async throws(ReportError) -> ReportPlan {
        // Revisions are read before usage is: events that come between the two are in the file, and make its periods
        // look changed once more, never unchanged when they are not.
        var buckets: [(meter: String, buckets: [BucketRevision])] = []
        for slug in report.meterSlugs {
            do {
                buckets.append((slug, try await usage.bucketRevisions(meter: slug).buckets))
            } catch {
                if Task.isCancelled { throw .cancelled(report: report.name) }
                throw .usage(report: report.name, period: "all periods", reason: "\(error)")
            }
        }
        var definition = ReportDigest()
        report.addDefinition(from: catalog, to: &definition)
        let usageDays = UsageDays(
            buckets: buckets,
            zone: report.dayZone,
            firstOpenDay: report.firstOpenDay(at: clock.now())
        )
        return ReportPlan(
            .init(report: report, days: days, usage: usageDays, delivered: delivered, definition: definition)
        )
    }

    /// Does something with the delivery record.
    func stored<Value>(
        _ body: () async throws(DeliveryRecordsError) -> Value
    ) async throws(ReportError) -> Value {
        do throws(DeliveryRecordsError) {
            return try await body()
        } catch {
            // SQLite's calls are given up when the task is cancelled.
            if Task.isCancelled { throw .cancelled(report: report.name) }
            throw .storage(report: report.name, reason: "\(error)")
        }
    }
}
