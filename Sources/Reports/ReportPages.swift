import Charges
import CloudEvents
import Metering
import ReportDefinitions
import ReportFormats

/// Makes pages from the usage of closed days when they are asked for. Nothing of them is kept or recorded.
struct ReportPages: Sendable {
    let catalog: ReportCatalog
    let usage: any UsageService
    let spool: SpoolSettings
    let now: Timestamp
    /// Bytes a page may have.
    var bytesLimit = 256 << 20
    /// Rows a page may have.
    var rowsLimit = 1_000_000

    /// How long after midnight a UTC day closes where no report says it, in seconds.
    private static let defaultGrace = 3_600

    /// What messages call the page of all meters, after the word "report".
    static let usageName = "of all usage"

    /// Makes a page.
    func make(_ request: ReportPageRequest) async throws(ReportError) -> any ReportPage {
        switch request {
        case .focusCSV(let name, let days, let version):
            var (report, format) = try focusReport(name, page: "FOCUS CSV")
            format.version = version ?? format.version
            report.format = .focus(format)
            return try await make(report, days: days) { report throws(ReportDefinitionProblem) in
                try report.makeEncoder(catalog: catalog)
            }
        case .krateoCost(let name, let days):
            let (report, _) = try focusReport(name, page: "Krateo cost")
            return try await make(report, days: days) { report throws(ReportDefinitionProblem) in
                try KrateoCostPage(report: report, catalog: catalog)
            }
        case .krateoUsage(let days):
            return try await makeUsagePage(days)
        }
    }

    private func focusReport(_ name: String, page: String) throws(ReportError) -> (Report, FocusFormat) {
        guard let report = catalog.report(named: name) else {
            throw .unknownReport(name, known: catalog.reports.map(\.name))
        }
        guard case .focus(let format) = report.format else {
            throw .unsuitable(report: name, reason: "only reports of the format focus have a \(page) page")
        }
        return (report, format)
    }

    private func make(
        _ report: Report,
        days: Range<LocalDay>?,
        encoder: (Report) throws(ReportDefinitionProblem) -> any ReportEncoder
    ) async throws(ReportError) -> any ReportPage {
        let asked = try days.map { days throws(ReportError) in
            days.lowerBound..<min(days.upperBound, try report.checked(days, at: now))
        }
        let usageDays = try await usage.days(of: report, at: now)
        let closed = usageDays.days
        let wanted = closed.filter { (asked ?? latestMonths(to: usageDays.firstOpenDay)).contains($0) }
        let months = Set(wanted.map(BillingPeriod.init(containing:)))
        let pricing = closed.filter { months.contains(BillingPeriod(containing: $0)) }
        return try await write(report.name) { page in
            let encoder = try encoder(report)
            try page.append(encoder.layout.header)
            var rows = encoder.rows(
                of: wanted,
                closedDays: pricing,
                usage: UsageOfDays(usage: usage, zone: report.dayZone)
            )
            for day in wanted {
                for part in try await rows.next(day) { try page.append(part) }
            }
            try page.append(encoder.layout.footer)
        }
    }

    /// This billing month and the one before, as far as days are closed.
    private func latestMonths(to firstOpenDay: LocalDay) -> Range<LocalDay> {
        let first = LocalDay(containing: now, in: .utc).startOfMonth.previous.startOfMonth
        return first..<max(first, firstOpenDay)
    }

    private func makeUsagePage(_ days: Range<LocalDay>?) async throws(ReportError) -> any ReportPage {
        // A report that stands for all: UTC days that close when those of the fastest report do.
        let all = Report(
            name: Self.usageName,
            format: .reconciliation(ReconciliationFormat(reports: [])),
            zone: .utc,
            grace: catalog.reports.map(\.grace).min() ?? Self.defaultGrace,
            destination: "",
            prefix: "",
            schedule: .every(seconds: 1)
        )
        let firstOpen = all.firstOpenDay(at: now)
        let wanted = try days.map { days throws(ReportError) in
            days.lowerBound..<min(days.upperBound, try all.checked(days, at: now))
        }
        let source = UsageOfDays(usage: usage, zone: .utc)
        return try await write(all.name) { page in
            let texts = KrateoUsagePage(catalog: catalog)
            try page.append(texts.header)
            for meter in texts.meters {
                try page.append(texts.header(of: meter))
                var day = wanted?.lowerBound ?? firstOpen.previous
                while day < wanted?.upperBound ?? firstOpen {
                    let rows = try await source.rows(
                        meter: meter,
                        days: day..<day.next,
                        groupBy: texts.groupBy(meter)
                    )
                    try page.append(texts.samples(of: meter, on: day, rows: rows))
                    day = day.next
                }
            }
        }
    }

    /// Collects a page.
    private func write(
        _ report: String,
        _ body: (inout PageWriter) async throws -> Void
    ) async throws(ReportError) -> any ReportPage {
        do {
            var page = PageWriter(
                report: report,
                bytesLimit: bytesLimit,
                rowsLimit: rowsLimit,
                spool: ReportSpool(spool)
            )
            try await body(&page)
            return try page.finish()
        } catch let error as ReportDefinitionProblem {
            throw .definition(report: report, reason: error.reason)
        } catch {
            throw ReportError(error, report: report, period: "the page")
        }
    }
}

/// A page while it is made.
private struct PageWriter: ~Copyable {
    let report: String
    let bytesLimit: Int
    let rowsLimit: Int
    var spool: ReportSpool
    var rows = 0
    var bytes = 0

    mutating func append(_ day: MeterDay) throws {
        guard !Task.isCancelled else { throw ReportError.cancelled(report: report) }
        rows += day.rowEnds.count
        guard rows <= rowsLimit else { throw tooLarge("\(rowsLimit) rows") }
        try append(day.bytes)
    }

    mutating func append(_ more: [UInt8]) throws {
        bytes += more.count
        guard bytes <= bytesLimit else { throw tooLarge("\(bytesLimit) bytes") }
        try spool.append(more)
    }

    consuming func finish() throws -> SpooledPage {
        let bytes = bytes
        return SpooledPage(bytes: bytes, spooled: try spool.finish())
    }

    private func tooLarge(_ limit: String) -> ReportError {
        .invalidDays(report: report, reason: "the page would have more than \(limit); ask for fewer days")
    }
}

/// A finished page, in memory or in a nameless file.
private struct SpooledPage: ReportPage {
    let bytes: Int
    let spooled: SpooledReport

    func read(at offset: Int, limit: Int) throws -> [UInt8] { try spooled.read(at: offset, limit: limit) }
}
