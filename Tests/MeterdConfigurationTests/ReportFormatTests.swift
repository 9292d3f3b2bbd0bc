import MeterdConfiguration
import Metering
import ReportDefinitions
import Testing

@Suite("formats of reports")
struct ReportFormatTests {
    /// The reports of a file with a meter `a`, which has a dimension `team` and a price.
    private func reports(_ entries: String...) throws -> [Report] {
        let text = """
            meters: [{ slug: a, eventType: a, aggregation: COUNT, groupBy: { team: $.team } }]
            destinations: { d: { directory: x } }
            prices: [{ meter: a, sku: a, unit: Requests, listUnitPrice: 1, from: 2025-01-01 }]
            focus:
              provider: Example Metering
              billingAccount: { id: acct-001 }
              currency: USD
              service: { name: Example API, category: Integration }
            reports:

            """
        let lines = entries.enumerated().map { "  - { name: r\($0), destination: d, every: 1h, \($1) }\n" }
        return try Sample.parse(text + lines.joined()).reports
    }

    @Test("focus is 1.2, gzip and overwritten where the file says no more", arguments: FocusFormat.Version.allCases)
    func focus(version: FocusFormat.Version) throws {
        let reports = try reports(
            "format: focus, meters: [a]",
            "format: focus, meters: [a], version: \(version.rawValue), compression: none, delivery: new, formulaEscape: true"
        )
        #expect(reports[0].format == .focus(FocusFormat(version: .v1_2, meters: ["a"])))
        #expect(
            reports[1].format
                == .focus(FocusFormat(version: version, meters: ["a"], compression: .none, delivery: .new))
        )
        #expect(reports.map(\.formulaEscape) == [false, true])
    }

    @Test("cloudzero-telemetry is a metric, or an allocation stream with an element, its filters sorted by name")
    func cloudZero() throws {
        let reports = try reports(
            "format: cloudzero-telemetry, meter: a",
            """
            format: cloudzero-telemetry, meter: a, stream: allocation, element: subject,
                  filters: { "tag:team": team, "custom:Customer": subject }
            """
        )
        #expect(
            reports[0].format == .cloudZeroTelemetry(CloudZeroTelemetryFormat(meter: "a", stream: .metric, filters: []))
        )
        let filters: [CloudZeroTelemetryFormat.Filter] = [
            .init(name: "custom:Customer", dimension: "subject"), .init(name: "tag:team", dimension: "team"),
        ]
        #expect(
            reports[1].format
                == .cloudZeroTelemetry(
                    CloudZeroTelemetryFormat(meter: "a", stream: .allocation(element: "subject"), filters: filters)
                )
        )
        #expect(reports.allSatisfy { $0.zone == .utc && $0.grace == 3600 })
    }

    @Test("anycost-cbf and datadog-custom-costs name meters with prices, and need no focus report")
    func costs() throws {
        let reports = try reports(
            "format: anycost-cbf, meters: [a], formulaEscape: true",
            "format: datadog-custom-costs, meters: [a], grace: 2h"
        )
        #expect(reports[0].format == .anyCost(AnyCostFormat(meters: ["a"])) && reports[0].formulaEscape)
        #expect(reports[1].format == .datadog(DatadogFormat(meters: ["a"])) && reports[1].grace == 7200)
    }

    @Test("meters of costs have profiles, whatever the format")
    func profiles() throws {
        let text = """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT }
              - { slug: b, eventType: a, aggregation: COUNT }
              - { slug: c, eventType: a, aggregation: COUNT }
            destinations: { d: { directory: x } }
            prices:
              - { meter: a, sku: a, unit: Requests, listUnitPrice: 1, from: 2025-01-01 }
              - { meter: b, sku: b, unit: Requests, listUnitPrice: 1, from: 2025-01-01 }
            focus:
              provider: Example Metering
              billingAccount: { id: acct-001 }
              currency: USD
              service: { name: Example API, category: Integration }
            reports:
              - { name: one, format: anycost-cbf, meters: [a], destination: d, every: 1h }
              - { name: two, format: datadog-custom-costs, meters: [b], destination: d, every: 1h }
              - { name: three, format: cloudzero-telemetry, meter: c, destination: d, every: 1h }
            """
        #expect(try Sample.parse(text).focusProfiles.keys.sorted() == ["a", "b"])
    }

    @Test("a reconciliation accounts for all reports there ever were, or for those it names")
    func reconciliation() throws {
        let reports = try reports(
            "format: reconciliation",
            "format: csv, meter: a",
            "format: focus, meters: [a]",
            "format: reconciliation, reports: [r2], formulaEscape: true"
        )
        #expect(reports[0].format == .reconciliation(ReconciliationFormat(reports: nil)))
        #expect(reports[3].format == .reconciliation(ReconciliationFormat(reports: ["r2"])) && reports[3].formulaEscape)
    }

    @Test("reports may share a prefix where each has files of its own name")
    func shared() throws {
        let reports = try reports(
            "format: focus, meters: [a], prefix: out",
            "format: focus, meters: [a], prefix: out",
            "format: anycost-cbf, meters: [a], prefix: out",
            "format: datadog-custom-costs, meters: [a], prefix: out",
            "format: cloudzero-telemetry, meter: a, prefix: out",
            "format: reconciliation, prefix: out"
        )
        #expect(Set(reports.map(\.prefix)) == ["out/"])
    }

    @Test("the metrics page has a limit on its series, and 0 switches it off")
    func usageMetrics() throws {
        #expect(try Sample.parse("server: { usageMetrics: { series: 50 } }").server.usageMetrics.seriesLimit == 50)
        #expect(try Sample.parse("server: { usageMetrics: { series: 0 } }").server.usageMetrics.seriesLimit == 0)
        #expect(try Sample.parse("server: { usageMetrics: }").server.usageMetrics == .init(seriesLimit: 10_000))
    }
}
