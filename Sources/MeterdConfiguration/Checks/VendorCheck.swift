import Metering
import ReportDefinitions

/// Checks what the formats of single vendors ask beside what FOCUS asks.
struct VendorCheck {
    let draft: ConfigurationDraft
    let meters: MeterTable
    let diagnostics: Diagnostics

    /// The only currency Datadog takes: https://docs.datadoghq.com/cloud_cost_management/setup/custom/
    static let datadogCurrency = "USD"

    func check() {
        for report in draft.reports.map(\.value) {
            switch report.kind {
            case .cloudZero: if let cloudZero = report.cloudZero { check(cloudZero, of: report) }
            case .anyCost:
                checkTags(of: report)
                checkOneCurrency(of: report)
            case .datadog: checkDatadogCurrency(of: report)
            case .csv, .focus, .reconciliation: break
            }
        }
    }

    private func check(_ cloudZero: ReportDraft.CloudZero, of report: ReportDraft) {
        if cloudZero.stream == .allocation, !cloudZero.hasElement {
            diagnostics.report(
                report.position,
                "\(report.place) is an allocation stream without an element",
                allowed: "element is subject or a dimension of the meter: whom each record is for"
            )
        }
        if cloudZero.stream == .metric, let element = cloudZero.element {
            diagnostics.report(
                element.position,
                "a unit cost metric has no element",
                allowed: "take it out, or write stream: allocation"
            )
        }
        let limit = CloudZeroTelemetryFormat.filterLimit
        if cloudZero.filters.count > limit {
            diagnostics.report(
                cloudZero.filters[limit].position,
                "a telemetry has \(cloudZero.filters.count) filters",
                allowed: "CloudZero takes at most \(limit)"
            )
        }
        guard let slug = report.meters.first else { return }
        for name in cloudZero.filters.map(\.value) + [cloudZero.element] {
            if let name { meters.checkGroup(name, of: slug, diagnostics) }
        }
    }

    /// CBF's `resource/tag:<key>`: https://docs.cloudzero.com/docs/anycost-common-bill-format-cbf
    private func checkTags(of report: ReportDraft) {
        for slug in report.meters where meters[slug.value] != nil {
            let tags = draft.focus?.draft(for: slug.value).tags ?? [:]
            for (key, value) in tags.sorted(by: { $0.key < $1.key }) where !Self.isTagKey(key) {
                diagnostics.report(
                    value.position,
                    "the tag '\(key)' cannot stand in an anycost-cbf report",
                    allowed: "its tags are named with ASCII letters, digits and _ . : / = + @ -"
                )
            }
        }
    }

    private static func isTagKey(_ key: String) -> Bool {
        key.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                || "_.:/=+@-".unicodeScalars.contains(scalar)
        }
    }

    /// CBF has no column for a currency.
    private func checkOneCurrency(of report: ReportDraft) {
        var first: Placed<String>?
        for slug in report.meters where meters[slug.value] != nil {
            guard let currency = draft.focus?.draft(for: slug.value).currency else { continue }
            if let first, first.value != currency.value {
                diagnostics.report(
                    slug.position,
                    "the meter \(slug.shown) is billed in \(currency.shown), another one of the report in \(first.shown)",
                    allowed: "anycost-cbf has no currency in it, make a report for each"
                )
            }
            first = first ?? currency
        }
    }

    private func checkDatadogCurrency(of report: ReportDraft) {
        for slug in report.meters where meters[slug.value] != nil {
            guard let currency = draft.focus?.draft(for: slug.value).currency,
                currency.value != Self.datadogCurrency
            else { continue }
            diagnostics.report(
                slug.position,
                "the meter \(slug.shown) is billed in \(currency.shown)",
                allowed: "Datadog takes custom costs in \(Self.datadogCurrency) only"
            )
        }
    }
}
