import Charges
import Crypto
import Metering
import ReportDefinitions
import ReportFormats

/// Makes the data files of a report's deliveries from usage.
struct ReportWriter: Sendable {
    private let report: Report
    private let usage: UsageOfDays
    private let encoder: any ReportEncoder
    private let layout: FileLayout

    /// Checks that the report can be made.
    /// - Parameter rowLimit: rows of a data file where the format allows more.
    init(
        report: Report,
        catalog: ReportCatalog,
        usage: any UsageService,
        rowLimit: Int?
    ) throws(ReportDefinitionProblem) {
        self.report = report
        self.usage = UsageOfDays(usage: usage, zone: report.dayZone)
        encoder = try report.makeEncoder(catalog: catalog)
        var layout = encoder.layout
        layout.rowLimit = [layout.rowLimit, rowLimit].compactMap { $0 }.min()
        self.layout = layout
    }

    /// Makes a delivery's files, a day and a meter at a time.
    func write(
        _ planned: PlannedDelivery,
        spool: SpoolSettings,
        progress: RunProgress
    ) async throws(ReportError) -> WrittenDelivery {
        var sections: [WrittenSection] = []
        var period = planned.periods
        do {
            var parts = try PartWriter(layout: layout, isCompressed: report.isCompressed, spool: spool)
            var rows = encoder.rows(
                of: planned.sections.flatMap(\.days),
                closedDays: planned.closedDays,
                usage: usage
            )
            for section in planned.sections {
                period = section.period
                var written = WrittenSection(planned: section)
                var content = SHA256()
                content.update(data: layout.header)
                for day in section.days {
                    guard !Task.isCancelled else { throw ReportError.cancelled(report: report.name) }
                    for part in try await rows.next(day) {
                        content.update(data: part.bytes)
                        try parts.append(part.bytes, rowEnds: part.rowEnds)
                        try written.add(part, day: day)
                        progress.add(rows: part.rowEnds.count)
                    }
                    progress.dayIsDone()
                }
                written.content = content.finalize().hexadecimal
                sections.append(written)
            }
            let (spooled, files) = try parts.finish()
            return WrittenDelivery(
                spooled: spooled,
                parts: files,
                contentType: report.isCompressed ? "application/gzip" : layout.contentType,
                sections: sections
            )
        } catch {
            throw ReportError(error, report: report.name, period: period)
        }
    }
}

/// The usage of a report's days.
struct UsageOfDays: DayUsage {
    let usage: any UsageService
    let zone: Zone

    func rows(meter slug: String, days: Range<LocalDay>, groupBy: [String]) async throws -> [UsageRow] {
        let query = UsageQuery(
            meter: slug,
            from: days.lowerBound.start(in: zone),
            to: days.upperBound.start(in: zone),
            windowSize: nil,
            zone: zone,
            subjects: [],
            groupBy: groupBy,
            filters: [:]
        )
        do {
            return try await usage.query(query).rows
        } catch let refusal as UsageRefusal {
            throw RefusedUsage(meter: slug, days: days, refusal: refusal)
        }
    }
}

/// Usage of a meter that cannot be told, and with it the rows of some days.
struct RefusedUsage: Error, CustomStringConvertible {
    var meter: String
    var days: Range<LocalDay>
    var refusal: UsageRefusal

    var description: String {
        let last = days.upperBound.previous
        let when = last == days.lowerBound ? "on \(last)" : "from \(days.lowerBound) to \(last)"
        return "usage of meter \(meter) \(when): \(refusal)"
    }
}

extension Report {
    /// Whether data files are compressed by gzip.
    fileprivate var isCompressed: Bool {
        switch format {
        case .focus(let format): format.compression == .gzip
        case .anyCost: true
        case .csv, .cloudZeroTelemetry, .datadog, .reconciliation: false
        }
    }
}
