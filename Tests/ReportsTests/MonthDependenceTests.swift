import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Days that depend on their month")
struct MonthDependenceTests {
    private let report = Samples.report(.datadog(DatadogFormat(meters: ["tokens_total"])), name: "dd")

    private func tiers(_ mode: Rates.Mode) throws -> Rates {
        Rates(
            mode: mode,
            tiers: [
                .init(upTo: ExactDecimal(1000), unitPrice: try ExactDecimal("0.002")),
                .init(upTo: nil, unitPrice: try ExactDecimal("0.001")),
            ]
        )
    }

    /// Delivers 3, 4 and 5 June, adds late usage on the 4th, and gives the days that are made again.
    private func madeAgain(_ rates: Rates) async throws -> [DeliveredFile] {
        let bench = try ReportBench()
        for day in ["2025-05-30", "2025-06-03", "2025-06-04", "2025-06-05"] {
            try bench.usage.add("\(day)T10:00:00Z", "a", "600")
        }
        let runner = try bench.runner(report) { $0.prices[0].list = rates }
        _ = try await runner.run("dd")
        #expect(try await runner.run("dd").files.isEmpty)
        try bench.usage.add("2025-06-04T10:00:00Z", "a", "100")
        let files = try await runner.run("dd").files
        #expect(try await runner.run("dd").files.isEmpty)
        return files
    }

    @Test("at one price a late event restates its day alone")
    func flat() async throws {
        let files = try await madeAgain(Rates(unitPrice: try ExactDecimal("0.002")))
        #expect(files.map(\.key) == ["cost/dd-2025-06-04.json"])
    }

    @Test("with graduated tiers or an allowance a late event moves the days behind it")
    func graduated() async throws {
        let files = try await madeAgain(try tiers(.graduated))
        #expect(files.map(\.key) == ["cost/dd-2025-06-04.json", "cost/dd-2025-06-05.json"])
        // All units of the 5th are above the bound before and after.
        #expect(files.map(\.outcome) == [.written, .unchanged])
        var allowance = Rates(unitPrice: try ExactDecimal("0.002"))
        allowance.allowance = ExactDecimal(1500)
        #expect(try await madeAgain(allowance).map(\.outcome) == [.written, .written])
    }

    @Test("with volume tiers it may change every day of the month, and no other month")
    func volume() async throws {
        let files = try await madeAgain(try tiers(.volume))
        #expect(
            files.map(\.key)
                == ["2025-06-03", "2025-06-04", "2025-06-05"].map { "cost/dd-\($0).json" }
        )
    }

    @Test("usage of a subject's own rates counts as well")
    func overrides() throws {
        var catalog = try Samples.catalog([report])
        #expect(report.monthDependence(in: catalog) == .none)
        catalog.prices[0].overrides = [SubjectRates(subject: "b", rates: try tiers(.graduated))]
        #expect(report.monthDependence(in: catalog) == .daysBefore)
        catalog.prices[0].contracted = try tiers(.volume)
        #expect(report.monthDependence(in: catalog) == .allDays)
        catalog.prices[0].meter = "another"
        #expect(report.monthDependence(in: catalog) == .none)
        #expect(Samples.csvReport().monthDependence(in: catalog) == .none)
    }
}
