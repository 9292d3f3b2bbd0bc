import Metering
import ReportDefinitions

/// Checks reports against meters and destinations, and makes them.
struct ReportCheck {
    let draft: ConfigurationDraft
    let meters: MeterTable
    let diagnostics: Diagnostics

    /// The most metadata columns Finout reads.
    static let metadataColumnLimit = 10

    /// The reports that are good, in the order of the file.
    func reports() -> [Report] {
        var names: [String: Position] = [:]
        return draft.reports.compactMap { placed in
            let report = placed.value
            if let name = report.name {
                if let first = names[name.value] {
                    diagnostics.report(
                        name.position,
                        "a second report has the name \(name.shown)",
                        allowed: "names differ, the first one is on line \(first.line)"
                    )
                } else {
                    names[name.value] = name.position
                }
            }
            checkDestination(of: report)
            checkMeters(of: report)
            if let telemetry = report.telemetry { check(telemetry, of: report) }
            return make(report)
        }
    }

    private func checkDestination(of report: ReportDraft) {
        guard let name = report.destination, !draft.destinations.contains(where: { $0.name == name.value }) else {
            return
        }
        diagnostics.report(
            name.position,
            "there is no destination \(name.shown)",
            allowed: Known.list("the destinations are", draft.destinations.map(\.name), none: "destinations is empty")
        )
    }

    private func checkMeters(of report: ReportDraft) {
        var lines: [String: Int] = [:]
        for slug in report.meters {
            _ = meters.meter(slug, diagnostics)
            if let line = lines[slug.value] {
                diagnostics.report(
                    slug.position,
                    "the report names the meter \(slug.shown) twice",
                    allowed: "it is on line \(line) already"
                )
            }
            lines[slug.value] = slug.position.line
        }
    }

    private func check(_ telemetry: ReportDraft.Telemetry, of report: ReportDraft) {
        if telemetry.dimensions.count > Self.metadataColumnLimit {
            diagnostics.report(
                telemetry.dimensions[Self.metadataColumnLimit].position,
                "a telemetry has \(telemetry.dimensions.count) metadata columns",
                allowed: "Finout reads at most \(Self.metadataColumnLimit)"
            )
        }
        var headers: Set<String> = []
        let columns = ([telemetry.dateColumn] + telemetry.dimensions + [telemetry.metricColumn]).compactMap(\.self)
        for column in columns.sorted(by: { $0.position < $1.position }) where !headers.insert(column.value).inserted {
            diagnostics.report(
                column.position,
                "two columns have the header \(column.shown)",
                allowed: "headers differ"
            )
        }
        guard let slug = report.meters.first, let meter = meters[slug.value] else { return }
        for dimension in telemetry.dimensions
        where dimension.value != "subject" && !meter.dimensions.contains(dimension.value) {
            diagnostics.report(
                dimension.position,
                "the meter \(slug.shown) has no dimension \(dimension.shown)",
                allowed: Known.list("it has subject,", meter.dimensions, none: "it has only subject")
            )
        }
    }

    private func make(_ report: ReportDraft) -> Report? {
        guard let name = report.name, let destination = report.destination, let prefix = report.prefix,
            let zone = report.zone, let grace = report.grace, let schedule = report.schedule,
            let format = format(of: report)
        else { return nil }
        return Report(
            name: name.value,
            format: format,
            zone: zone,
            grace: grace,
            destination: destination.value,
            prefix: prefix.value,
            schedule: schedule
        )
    }

    private func format(of report: ReportDraft) -> Report.Format? {
        if let version = report.version {
            return .focus(FocusFormat(version: version, meters: report.meters.map(\.value)))
        }
        guard let telemetry = report.telemetry, let meter = report.meters.first, let date = telemetry.dateColumn,
            let metric = telemetry.metricColumn, let dateFormat = telemetry.dateFormat, let files = telemetry.files
        else { return nil }
        return .csv(
            TelemetryFormat(
                meter: meter.value,
                dimensions: telemetry.dimensions.map(\.value),
                dateColumn: date.value,
                metricColumn: metric.value,
                dateFormat: dateFormat,
                files: files
            )
        )
    }
}
