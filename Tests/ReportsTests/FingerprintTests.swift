import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("The fingerprint of a definition")
struct FingerprintTests {
    private func fingerprint(
        _ report: Report,
        _ change: (inout Report, inout ReportCatalog) throws -> Void = { _, _ in }
    ) throws -> String {
        var report = report
        var catalog = try Samples.catalog([report])
        try change(&report, &catalog)
        var digest = ReportDigest()
        report.addDefinition(from: catalog, to: &digest)
        return digest.text
    }

    /// Every change has a fingerprint of its own.
    private func expectDistinct(
        _ report: Report,
        _ changes: [(inout Report, inout ReportCatalog) throws -> Void]
    ) throws {
        let fingerprints = try [fingerprint(report)] + changes.map { try fingerprint(report, $0) }
        for (index, one) in fingerprints.enumerated() {
            for (other, text) in fingerprints.enumerated().dropFirst(index + 1) {
                #expect(one != text, "\(index) and \(other)")
            }
        }
    }

    @Test("a change of anything that a FOCUS report's bytes or place depend on gives another one")
    func focus() throws {
        let rates = Rates(
            allowance: ExactDecimal(5),
            tiers: [
                .init(upTo: ExactDecimal(10), unitPrice: ExactDecimal(2)), .init(upTo: nil, unitPrice: ExactDecimal(1)),
            ]
        )
        var volume = rates
        volume.mode = .volume
        var otherBound = rates
        otherBound.tiers[0].upTo = ExactDecimal(11)
        var otherPrice = rates
        otherPrice.tiers[1].unitPrice = ExactDecimal(0)
        try expectDistinct(
            Samples.focusReport(),
            [
                { report, _ in report.prefix = "other/" },
                { report, _ in report.formulaEscape = true },
                { report, _ in report.format = .focus(FocusFormat(version: .v1_3, meters: ["tokens_total"])) },
                { report, _ in
                    report.format = .focus(
                        FocusFormat(version: .v1_2, meters: ["tokens_total"], compression: .none, delivery: .new)
                    )
                },
                { report, _ in report.format = .anyCost(AnyCostFormat(meters: ["tokens_total"])) },
                { report, _ in report.format = .datadog(DatadogFormat(meters: ["tokens_total"])) },
                { _, catalog in catalog.prices[0].list = rates },
                { _, catalog in catalog.prices[0].contracted = rates },
                { _, catalog in catalog.prices[0].list = volume },
                { _, catalog in catalog.prices[0].list = otherBound },
                { _, catalog in catalog.prices[0].list = otherPrice },
                { _, catalog in catalog.prices[0].overrides = [SubjectRates(subject: "a", rates: rates)] },
                { _, catalog in catalog.prices[0].overrides = [SubjectRates(subject: "b", rates: rates)] },
                { _, catalog in catalog.prices[0].currency = "EUR" },
                { _, catalog in catalog.prices.append(try Samples.price(from: "2025-06-01")) },
                { _, catalog in catalog.focusProfiles["tokens_total"]?.host = .constant("Host") },
                { _, catalog in catalog.focusProfiles["tokens_total"]?.availabilityZone = .constant("Host") },
                { _, catalog in catalog.focusProfiles["tokens_total"]?.serviceSubcategory = "Other" },
                { _, catalog in
                    catalog.focusProfiles["tokens_total"]?.customColumns = [.init(name: "x_Team", value: .subject)]
                },
                { _, catalog in
                    catalog.focusProfiles["tokens_total"]?.customColumns = [.init(name: "x_Unit", value: .subject)]
                },
            ]
        )
    }

    @Test("a change of a vendor's format or of a reconciliation's reports gives another one")
    func others() throws {
        func cloudZero(
            _ stream: CloudZeroTelemetryFormat.Stream,
            _ filters: [CloudZeroTelemetryFormat.Filter] = []
        ) -> Report.Format {
            .cloudZeroTelemetry(CloudZeroTelemetryFormat(meter: "tokens_total", stream: stream, filters: filters))
        }
        try expectDistinct(
            Samples.report(cloudZero(.metric), name: "r"),
            [
                { report, _ in report.format = cloudZero(.allocation(element: "subject")) },
                { report, _ in report.format = cloudZero(.allocation(element: "model")) },
                { report, _ in report.format = cloudZero(.metric, [.init(name: "a", dimension: "subject")]) },
                { report, _ in report.format = cloudZero(.metric, [.init(name: "a", dimension: "model")]) },
                { report, _ in report.format = .reconciliation(ReconciliationFormat(reports: ["a"])) },
                { report, _ in report.format = .reconciliation(ReconciliationFormat(reports: ["b"])) },
                { report, _ in report.format = .csv(Samples.telemetry()) },
            ]
        )
    }

    @Test("what its bytes do not depend on leaves it as it is")
    func same() throws {
        for report in [Samples.focusReport(), Samples.csvReport()] {
            let other = try fingerprint(report) { report, catalog in
                report.schedule = .every(seconds: 7)
                report.grace = 0
                catalog.prices.append(try Samples.price(meter: "another"))
                catalog.meters["another"] = try Samples.meter(slug: "another")
            }
            #expect(try fingerprint(report) == other)
        }
        let reordered = try fingerprint(Samples.focusReport()) { _, catalog in
            catalog.prices = [try Samples.price(from: "2025-06-01"), try Samples.price()]
        }
        let ordered = try fingerprint(Samples.focusReport()) { _, catalog in
            catalog.prices = [try Samples.price(), try Samples.price(from: "2025-06-01")]
        }
        #expect(reordered == ordered)
    }
}
