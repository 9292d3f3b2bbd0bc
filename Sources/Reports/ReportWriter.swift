import Crypto
import Metering
import ReportDefinitions

/// Makes a report's files from usage.
struct ReportWriter: Sendable {
    private let report: Report
    private let usage: any UsageService
    private let format: Format

    private enum Format: Sendable {
        case csv(TelemetryCSV)
        case focus(FocusCSV, [FocusMeter])
    }

    /// What a file came to, period by period.
    struct Outcome {
        var file: SpooledReport
        var sections: [Section]

        /// One period.
        struct Section {
            var planned: PlannedSection
            var rows: Int
            var skippedRows: Int
            var total: ExactDecimal
            /// Digest of the header and the period's lines.
            var content: String
        }
    }

    /// Checks that the report can be made.
    init(report: Report, catalog: ReportCatalog, usage: any UsageService) throws(ReportDefinitionProblem) {
        self.report = report
        self.usage = usage
        switch report.format {
        case .csv(let telemetry):
            guard let meter = catalog.meters[telemetry.meter] else {
                throw ReportDefinitionProblem("there is no meter \(telemetry.meter)")
            }
            let known = Set(meter.groupBy.map(\.name) + ["subject"])
            if let name = telemetry.dimensions.first(where: { !known.contains($0) }) {
                throw ReportDefinitionProblem("meter \(meter.slug) has no dimension \(name)")
            }
            format = .csv(TelemetryCSV(format: telemetry))
        case .focus(let focus):
            var meters: [FocusMeter] = []
            for slug in report.meterSlugs { meters.append(try FocusMeter(slug: slug, in: catalog)) }
            format = .focus(FocusCSV(version: focus.version), meters)
        }
    }

    /// Makes a file, a day and a meter at a time.
    func write(_ file: PlannedFile, spool settings: SpoolSettings) async throws(ReportError) -> Outcome {
        var spool = ReportSpool(settings)
        var sections: [Outcome.Section] = []
        do {
            try spool.append(header)
            for planned in file.sections {
                sections.append(try await write(planned, to: &spool))
            }
            return Outcome(file: try spool.finish(), sections: sections)
        } catch let error as SpoolError {
            throw .storage(report: report.name, reason: "\(error)")
        } catch let error as ReportError {
            throw error
        } catch {
            throw .storage(report: report.name, reason: "\(error)")
        }
    }

    private var header: [UInt8] {
        switch format {
        case .csv(let csv): csv.header
        case .focus(let csv, _): csv.header
        }
    }

    /// Appends a period's lines to the file.
    private func write(_ planned: PlannedSection, to spool: inout ReportSpool) async throws -> Outcome.Section {
        var content = SHA256()
        content.update(data: header)
        var section = Outcome.Section(planned: planned, rows: 0, skippedRows: 0, total: .zero, content: "")
        for day in planned.days {
            guard !Task.isCancelled else { throw ReportError.cancelled(report: report.name) }
            for part in try await parts(of: day, period: planned.period) {
                content.update(data: part.bytes)
                try spool.append(part.bytes)
                section.rows += part.rows
                section.skippedRows += part.skippedRows
                do {
                    section.total = try section.total.adding(part.total)
                } catch {
                    let problem = ReportContentError.overflow("the period's total")
                    throw ReportError.content(report: report.name, period: planned.period, reason: "\(problem)")
                }
            }
        }
        section.content = content.finalize().hexadecimal
        return section
    }

    /// The lines of one day, a meter after the other.
    private func parts(of day: LocalDay, period: String) async throws(ReportError) -> [ReportSection] {
        var parts: [ReportSection] = []
        do {
            switch format {
            case .csv(let csv):
                let rows = try await rows(csv.format.meter, day, csv.format.dimensions)
                parts.append(try csv.section(day: day, rows: rows))
            case .focus(let csv, let meters):
                for meter in meters {
                    let rows = try await rows(meter.meter.slug, day, meter.groupBy)
                    parts.append(try csv.section(day: day, meter: meter, rows: rows))
                }
            }
            return parts
        } catch let error as ReportContentError {
            throw .content(report: report.name, period: period, reason: "\(error)")
        } catch let error as ReportError {
            throw error
        } catch {
            if Task.isCancelled { throw .cancelled(report: report.name) }
            throw .usage(report: report.name, period: period, reason: "\(error)")
        }
    }

    /// A meter's totals of one day, a row for each combination of what they are grouped by.
    private func rows(_ meter: String, _ day: LocalDay, _ groupBy: [String]) async throws -> [UsageRow] {
        let zone = report.dayZone
        let query = UsageQuery(
            meter: meter,
            from: day.start(in: zone),
            to: day.next.start(in: zone),
            windowSize: .day,
            zone: zone,
            subjects: [],
            groupBy: groupBy,
            filters: [:]
        )
        return try await usage.query(query).rows
    }
}
