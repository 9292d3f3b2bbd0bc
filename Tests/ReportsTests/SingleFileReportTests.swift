import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import Reports

@Suite("The single growing telemetry file")
struct SingleFileReportTests {
    private static let header = "\"date\",\"subject\",\"tokens\"\n"
    private static let key = "tokens/tokens.csv"
    private let report = Samples.csvReport(Samples.telemetry(dimensions: ["subject"], files: .single))

    private func lines(_ lines: (String, String, String)...) -> String {
        Self.header + lines.map { "\"\($0)\",\"\($1)\",\"\($2)\"\n" }.joined()
    }

    @Test("the file holds every closed day in order, and grows with the days")
    func grows() async throws {
        let bench = try ReportBench(at: "2025-06-08T12:00:00Z")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "2")
        try bench.usage.add("2025-06-05T10:00:00Z", "b", "1")
        try bench.usage.add("2025-06-08T10:00:00Z", "a", "3")
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens")
        #expect(try bench.file(Self.key) == lines(("2025-06-05", "b", "1"), ("2025-06-07", "a", "2")))
        bench.clock.advance(seconds: 86_400)
        _ = try await runner.run("tokens")
        #expect(
            try bench.file(Self.key)
                == lines(("2025-06-05", "b", "1"), ("2025-06-07", "a", "2"), ("2025-06-08", "a", "3"))
        )
        #expect(try bench.keys() == [Self.key])
        let deliveries = try await runner.deliveries(report: "tokens")
        #expect(deliveries.map(\.period) == ["2025-06-08", "2025-06-07", "2025-06-05"])
        #expect(deliveries.map(\.revision) == [1, 1, 1])
        #expect(deliveries.map(\.totals) == ["3", "2", "1"].map { ReportTotals($0) })
        #expect(try await runner.run("tokens").files.isEmpty)
    }

    @Test("a late event restates its day alone")
    func restatement() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-05T10:00:00Z", "a", "1")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "2")
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens")
        try bench.usage.add("2025-06-05T10:00:00Z", "a", "0.5")
        _ = try await runner.run("tokens")
        let deliveries = try await runner.deliveries(report: "tokens")
        #expect(deliveries.map { "\($0.period) \($0.revision)" } == ["2025-06-07 1", "2025-06-05 2", "2025-06-05 1"])
        #expect(deliveries[1].previousTotals == ReportTotals("1"))
        #expect(try bench.file(Self.key) == lines(("2025-06-05", "a", "1.5"), ("2025-06-07", "a", "2")))
    }

    @Test("days asked for join those that are in the file already")
    func askedDays() async throws {
        let bench = try ReportBench()
        for day in 4...8 { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "\(day)") }
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens", from: "2025-06-07", to: "2025-06-08")
        #expect(try bench.file(Self.key) == lines(("2025-06-07", "a", "7")))
        _ = try await runner.run("tokens", from: "2025-06-04", to: "2025-06-06")
        #expect(
            try bench.file(Self.key)
                == lines(("2025-06-04", "a", "4"), ("2025-06-05", "a", "5"), ("2025-06-07", "a", "7"))
        )
        _ = try await runner.run("tokens")
        #expect(try CSVReader.rows(#require(try bench.file(Self.key))).count == 5)
    }

    @Test("a file too large for memory is the same file")
    func large() async throws {
        let bench = try ReportBench()
        let subject = String(repeating: "s", count: 100)
        for number in 0..<160 {
            try bench.usage.add("2025-06-0\(1 + number % 8)T10:00:00Z", "\(subject)\(number)", "1")
        }
        let runner = try bench.runner(report, spoolLimit: 1000)
        let result = try await runner.run("tokens")
        #expect(result.bytes > 10_000)
        let text = try #require(try bench.file(Self.key))
        #expect(text.utf8.count == result.bytes)
        #expect(CSVReader.rows(text).count == 160)
        let again = try await runner.run("tokens", from: "2025-06-01", to: "2025-06-02")
        #expect(again.files.map(\.outcome) == [.unchanged])
        let inMemory = try await bench.runner(report).run("tokens", from: "2025-06-01", to: "2025-06-02")
        #expect(inMemory.files.map(\.outcome) == [.unchanged])
    }
}
