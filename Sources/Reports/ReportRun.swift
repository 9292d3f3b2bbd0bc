import Charges
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
    /// Rows of a data file where the format allows more.
    let rowLimit: Int?
    let progress: RunProgress
    let clock: ReportClock
    let logger: Logger

    /// Days a request may ask for.
    static let daysLimit = 3_660

    /// Deliveries in a row that the destination may refuse for a reason that stays before the run gives up.
    static let refusalsLimit = 3

    /// Runs, the oldest period first. Periods whose usage cannot be written, or whose files the destination will not take,
    /// are left out and thrown at the end; any other trouble ends the run where it is. The next one goes on from there.
    func run(_ request: ReportRunRequest) async throws(ReportError) -> ReportRunResult {
        let openDays = try report.openDays(of: request, at: clock.now())
        let source = try makeSource()
        let delivered = try await stored { () async throws(DeliveryRecordsError) in
            try await records.periods(report: report.name)
        }
        let plan = try await plan(source, days: request.days, delivered: delivered)
        let warnings = warnings(of: plan, delivered: delivered)
        for warning in warnings {
            logger.warning("report moved", metadata: ["report": "\(report.name)", "warning": "\(warning)"])
        }
        progress.planned(files: plan.count, days: plan.reduce(0) { $0 + $1.days })
        var delivery = ReportDelivery(run: self, delivered: delivered, dryRun: request.dryRun)
        var files: [DeliveredFile] = []
        var failures: [ReportError] = []
        var refusals = 0
        var daysDone = 0
        for planned in plan {
            progress.begins(period: planned.periods)
            do throws(ReportError) {
                // Its spool is closed before the next one is opened.
                let written = try await write(planned, from: source)
                files += try await delivery.deliver(planned, written)
                refusals = 0
            } catch {
                if case .cancelled = error { throw error }
                failures.append(error)
                if case .destination = error { refusals += 1 }
                if error.endsRun || refusals == Self.refusalsLimit { break }
            }
            daysDone += planned.days
            progress.isDone(daysDone: daysDone)
        }
        failures += delivery.untidied
        if let failure = failures.first, failures.count == 1, files.isEmpty, failure.endsRun { throw failure }
        let result = ReportRunResult(
            report: report.name,
            dryRun: request.dryRun,
            files: files,
            openDays: openDays,
            warnings: warnings
        )
        guard failures.isEmpty else { throw .incomplete(delivered: result, failures: failures) }
        return result
    }

    /// Files that were delivered to other keys before and that nobody removes: a reader of both counts twice.
    private func warnings(of plan: [PlannedDelivery], delivered: [String: PeriodState]) -> [String] {
        var left: [String] = []
        for planned in plan {
            for section in planned.sections {
                guard let before = delivered[section.period], before.revision > 0, before.place != planned.keys.place,
                    !planned.keys.tidies(before.place), !left.contains(before.place)
                else { continue }
                left.append(before.place)
            }
        }
        guard let first = left.first else { return [] }
        return [
            "the report was delivered as \(first)\(left.count > 1 ? " and \(left.count - 1) more" : "") before; what is there "
                + "stays, and whoever reads both counts twice: remove it"
        ]
    }

    /// What the files are made from.
    private enum Source {
        case usage(ReportWriter)
        case record(ReconciliationWriter)
    }

    private func makeSource() throws(ReportError) -> Source {
        if case .reconciliation(let format) = report.format {
            return .record(ReconciliationWriter(report: report, format: format, records: records))
        }
        do {
            return .usage(try ReportWriter(report: report, catalog: catalog, usage: usage, rowLimit: rowLimit))
        } catch {
            throw .definition(report: report.name, reason: error.reason)
        }
    }

    private func write(_ planned: PlannedDelivery, from source: Source) async throws(ReportError) -> WrittenDelivery {
        switch source {
        case .usage(let writer): try await writer.write(planned, spool: spool, progress: progress)
        case .record(let writer): try await writer.write(planned, spool: spool)
        }
    }

    private func plan(
        _ source: Source,
        days: Range<LocalDay>?,
        delivered: [String: PeriodState]
    ) async throws(ReportError) -> [PlannedDelivery] {
        var definition = ReportDigest()
        report.addDefinition(from: catalog, to: &definition)
        if case .record(let writer) = source {
            let inputs = try await stored { [definition] () async throws(DeliveryRecordsError) in
                try await writer.inputs(after: definition)
            }
            let period = Report.wholePeriod
            guard days != nil || delivered[period]?.inputs != inputs else { return [] }
            return [
                PlannedDelivery(
                    keys: DeliveryKeys(report: report, day: report.firstOpenDay(at: clock.now())),
                    sections: [PlannedSection(period: period, days: [], inputs: inputs)],
                    closedDays: []
                )
            ]
        }
        return ReportPlan(
            .init(
                report: report,
                days: days,
                // Revisions are read before usage is: events that come between the two are in the file, and make its
                // periods look changed once more, never unchanged when they are not.
                usage: try await usage.days(of: report, at: clock.now()),
                delivered: delivered,
                dependence: report.monthDependence(in: catalog),
                definition: definition
            )
        ).deliveries
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

extension ReportError {
    /// Whether the periods behind one that failed this way fail as well, for now.
    fileprivate var endsRun: Bool {
        switch self {
        case .content: false
        case .destination(_, _, _, _, let passing): passing
        default: true
        }
    }
}

extension Report {
    /// The days asked for that are not closed yet.
    func openDays(of request: ReportRunRequest, at now: Timestamp) throws(ReportError) -> [LocalDay] {
        guard let days = request.days else { return [] }
        let firstOpen = try checked(days, at: now)
        var open: [LocalDay] = []
        var day = firstOpen
        while day < days.upperBound {
            open.append(day)
            day = day.next
        }
        return open
    }

    /// The first day that is not closed, after it was seen that some of the days asked for are.
    func checked(_ days: Range<LocalDay>, at now: Timestamp) throws(ReportError) -> LocalDay {
        guard !days.isEmpty else {
            throw .invalidDays(report: name, reason: "from and to are the same day; to is exclusive")
        }
        guard days.upperBound <= days.lowerBound.adding(days: ReportRun.daysLimit) else {
            throw .invalidDays(
                report: name,
                reason: "a run takes at most \(ReportRun.daysLimit) days; ask for fewer"
            )
        }
        let firstOpen = firstOpenDay(at: now)
        guard days.lowerBound < firstOpen else {
            throw .stillOpen(report: name, days: days, closes: closing(of: days.lowerBound))
        }
        return firstOpen
    }
}

extension UsageService {
    /// Which closed days of a report have usage.
    func days(of report: Report, at now: Timestamp) async throws(ReportError) -> UsageDays {
        var days = UsageDays(zone: report.dayZone, firstOpenDay: report.firstOpenDay(at: now))
        for slug in report.meterSlugs {
            do {
                days.add(meter: slug, buckets: try await bucketRevisions(meter: slug).buckets)
            } catch {
                if Task.isCancelled { throw .cancelled(report: report.name) }
                throw .usage(report: report.name, period: "all periods", reason: "\(error)")
            }
        }
        return days
    }
}
