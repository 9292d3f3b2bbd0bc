import Foundation
import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import Reports

@Suite("The reconciliation")
struct ReconciliationTests {
    private static let key = "audit/reconciliation.csv"
    private let telemetry = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))
    private let focus = Samples.focusReport()
    private let reconciliation = Samples.reconciliation(of: ["tokens", "focus", "never-heard-of"])

    private func rows(_ bench: ReportBench) throws -> [String] {
        CSVReader.rows(try #require(try bench.file(Self.key))).map { row in
            ["day", "report", "revision", "rows", "total", "previous_total", "events_since", "events", "currency"]
                .map { row[$0] ?? "-" }.joined(separator: " ")
        }
    }

    @Test("it tells of every day and meter that other reports delivered, revision by revision")
    func follows() async throws {
        let bench = try ReportBench()
        let runner = try bench.runner(telemetry, focus, reconciliation)
        #expect(try await runner.run("reconciliation").files.map(\.outcome) == [.empty])
        #expect(try bench.keys().isEmpty)
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "2000")
        _ = try await runner.run("tokens")
        _ = try await runner.run("focus")
        try bench.usage.add("2025-06-06T10:00:00Z", "b", "500")
        _ = try await runner.run("tokens")
        let result = try await runner.run("reconciliation")
        #expect(result.files.map(\.key) == [Self.key])
        #expect(result.rows == 5)
        #expect(
            try rows(bench) == [
                "2025-06-06 focus 1 1 0.002 - 1 1 USD",
                "2025-06-06 tokens 1 1 1000 - 1 1 -",
                "2025-06-06 tokens 2 2 1500 1000 1 2 -",
                "2025-06-07 focus 1 1 0.004 - 1 1 USD",
                "2025-06-07 tokens 1 1 2000 - 1 1 -",
            ]
        )
        _ = try await runner.run("focus")
        _ = try await runner.run("reconciliation")
        #expect(try rows(bench)[1] == "2025-06-06 focus 2 2 0.003 0.002 1 2 USD")
        let deliveries = try await runner.deliveries(report: "reconciliation")
        #expect(deliveries.map(\.period) == ["all", "all"])
        #expect(deliveries.map(\.revision) == [2, 1])
        #expect(deliveries.map(\.rows) == [6, 5])
    }

    @Test("it is made again when something was delivered, and only then, or when it is asked for")
    func changes() async throws {
        let bench = try ReportBench()
        let runner = try bench.runner(telemetry, reconciliation)
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        _ = try await runner.run("tokens")
        #expect(try await runner.run("reconciliation").files.map(\.outcome) == [.written])
        #expect(try await runner.run("reconciliation").files.isEmpty)
        let asked = try await runner.run("reconciliation", from: "2025-06-06", to: "2025-06-07")
        #expect(asked.files.map(\.outcome) == [.unchanged])
        try FileManager.default.removeItem(at: bench.directory.appending(path: "out/" + Self.key))
        let again = try await runner.run("reconciliation", from: "2025-06-06", to: "2025-06-07")
        #expect(again.files.map(\.outcome) == [.written])
        // A report that delivered nothing new changes nothing.
        _ = try await runner.run("tokens")
        #expect(try await runner.run("reconciliation").files.isEmpty)
        bench.clock.advance(seconds: 1)
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        _ = try await runner.run("tokens")
        #expect(try await runner.run("reconciliation").files.map(\.rows) == [2])
    }

    @Test("it has rows of the reports it names alone, in pages of the record")
    func manyDays() async throws {
        let bench = try ReportBench()
        let first = try #require(LocalDay("2021-01-01"))
        for report in ["tokens", "other"] {
            var outcome = RecordedOutcome(report: report)
            outcome.days = try (0..<1_050).map { number in
                let day = first.adding(days: number)
                let figures = DayFigures(
                    day: day,
                    meter: "tokens_total",
                    rows: 1,
                    totals: try #require(ReportTotals("\(number)")),
                    events: 1
                )
                return RecordedDays(
                    period: day.description,
                    span: day...day,
                    revision: 1,
                    key: "k",
                    deliveredAt: bench.clock.now,
                    figures: [figures]
                )
            }
            try await bench.records().record(outcome)
        }
        let result = try await bench.runner(telemetry, reconciliation).run("reconciliation")
        #expect(result.rows == 1_050)
        let rows = CSVReader.rows(try #require(try bench.file(Self.key)))
        #expect(rows.allSatisfy { $0["report"] == "tokens" })
        #expect(rows.map { $0["total"] } == (0..<1_050).map { "\($0)" })
    }
}
