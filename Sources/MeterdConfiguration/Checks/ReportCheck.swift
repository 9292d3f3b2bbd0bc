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
            if let names = report.reports { check(names, of: report) }
            if report.kind == .reconciliation, report.reports == nil, reconcilable.isEmpty {
                diagnostics.report(
                    report.position,
                    "\(report.place) accounts for other reports, and there are none",
                    allowed: "write the reports whose deliveries are to be followed"
                )
            }
            return make(report)
        }
    }

    /// A reconciliation accounts for reports that deliver days.
    private func check(_ names: [Placed<String>], of report: ReportDraft) {
        let others = reconcilable.compactMap(\.name)
        var lines: [String: Int] = [:]
        for name in names {
            if let line = lines[name.value] {
                diagnostics.report(
                    name.position,
                    "the report names the report \(name.shown) twice",
                    allowed: "it is on line \(line) already"
                )
            }
            lines[name.value] = name.position.line
            guard !others.contains(where: { $0.value == name.value }) else { continue }
            let isThere = draft.reports.contains { $0.value.name?.value == name.value }
            diagnostics.report(
                name.position,
                isThere ? "\(name.shown) is a reconciliation itself" : "there is no report \(name.shown)",
                allowed: Known.list("other reports are", others.map(\.node.written), none: "there is no other report")
            )
        }
    }

    /// What a reconciliation may account for.
    private var reconcilable: [ReportDraft] { draft.reports.map(\.value).filter { $0.kind != .reconciliation } }

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
        guard let slug = report.meters.first else { return }
        for dimension in telemetry.dimensions { meters.checkGroup(dimension, of: slug, diagnostics) }
    }

    private func make(_ report: ReportDraft) -> Report? {
        guard let name = report.name, let destination = report.destination, let prefix = report.prefix,
            let zone = report.zone, let grace = report.grace, let schedule = report.schedule,
            let formulaEscape = report.formulaEscape, let format = format(of: report)
        else { return nil }
        return Report(
            name: name.value,
            format: format,
            zone: zone,
            grace: grace,
            destination: destination.value,
            prefix: prefix.value,
            schedule: schedule,
            formulaEscape: formulaEscape
        )
    }

    private func format(of report: ReportDraft) -> Report.Format? {
        let slugs = report.meters.map(\.value)
        switch report.kind {
        case .csv: return telemetry(of: report).map(Report.Format.csv)
        case .focus:
            guard let focus = report.focus, let version = focus.version, let compression = focus.compression,
                let delivery = focus.delivery
            else { return nil }
            return .focus(
                FocusFormat(version: version, meters: slugs, compression: compression, delivery: delivery)
            )
        case .cloudZero: return cloudZero(of: report).map(Report.Format.cloudZeroTelemetry)
        case .anyCost: return .anyCost(AnyCostFormat(meters: slugs))
        case .datadog: return .datadog(DatadogFormat(meters: slugs))
        case .reconciliation:
            return .reconciliation(ReconciliationFormat(reports: report.reports?.map(\.value)))
        }
    }

    private func telemetry(of report: ReportDraft) -> TelemetryFormat? {
        guard let telemetry = report.telemetry, let meter = report.meters.first, let date = telemetry.dateColumn,
            let metric = telemetry.metricColumn, let dateFormat = telemetry.dateFormat, let files = telemetry.files
        else { return nil }
        return TelemetryFormat(
            meter: meter.value,
            dimensions: telemetry.dimensions.map(\.value),
            dateColumn: date.value,
            metricColumn: metric.value,
            dateFormat: dateFormat,
            files: files
        )
    }

    private func cloudZero(of report: ReportDraft) -> CloudZeroTelemetryFormat? {
        guard let cloudZero = report.cloudZero, let meter = report.meters.first else { return nil }
        let stream: CloudZeroTelemetryFormat.Stream
        switch (cloudZero.stream, cloudZero.element) {
        case (.metric, _): stream = .metric
        case (.allocation, let element?): stream = .allocation(element: element.value)
        default: return nil
        }
        return CloudZeroTelemetryFormat(
            meter: meter.value,
            stream: stream,
            filters: cloudZero.filters.sorted { $0.name < $1.name }.compactMap { filter in
                filter.value.map { .init(name: filter.name, dimension: $0.value) }
            }
        )
    }
}
