import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("A report that gets another place")
struct MovedReportTests {
    private func bench() throws -> ReportBench {
        let bench = try ReportBench()
        for day in 1...3 { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "1000") }
        return bench
    }

    @Test("says once that the files before it stay and are read twice")
    func files() async throws {
        let bench = try bench()
        #expect(try await bench.runner(Samples.csvReport()).run("tokens").warnings.isEmpty)
        let runner = try bench.runner(Samples.csvReport(Samples.telemetry(files: .single)))
        let warnings = try await runner.run("tokens").warnings
        try #require(warnings.count == 1)
        #expect(warnings[0].hasPrefix("the report was delivered as tokens/tokens-2025-06-01.csv and 2 more before"))
        #expect(try await runner.run("tokens").warnings.isEmpty)
    }

    @Test("says nothing where it tidies up behind it, and that versions stay where it does not")
    func export() async throws {
        let bench = try bench()
        _ = try await bench.runner(Samples.focusReport()).run("focus")
        #expect(try await bench.runner(Samples.focusReport(compression: .gzip)).run("focus").warnings.isEmpty)
        #expect(try await bench.runner(Samples.focusReport(delivery: .new)).run("focus").warnings.isEmpty)
        let warnings = try await bench.runner(Samples.focusReport()).run("focus").warnings
        #expect(warnings.count == 1 && warnings[0].contains("/data/BILLING_PERIOD=2025-06/*/"))
    }

    @Test("goes on when it gets another format under its name, from days to months and back, where its files still are")
    func otherFormat() async throws {
        let bench = try bench()
        _ = try await bench.runner(Samples.csvReport(name: "x")).run("x")
        _ = try await bench.runner(Samples.focusReport(name: "x")).run("x")
        _ = try await bench.runner(Samples.csvReport(name: "x")).run("x")
        let days = try await bench.records().dayDeliveries(reports: ["x"], after: .init(), limit: 100)
        #expect(
            days.map { "\($0.day) \($0.totals)" } == [
                "2025-06-01 1000", "2025-06-01 USD 0.002", "2025-06-02 1000", "2025-06-02 USD 0.002",
                "2025-06-03 1000", "2025-06-03 USD 0.002",
            ]
        )
    }
}
