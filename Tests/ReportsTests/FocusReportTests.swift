import CloudEvents
import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import Reports

@Suite("FOCUS months")
struct FocusReportTests {
    private let report = Samples.focusReport()

    private static func key(_ month: String) -> String { "cost/focus/data/BILLING_PERIOD=\(month)/focus-00001.csv" }

    private static func manifest(_ month: String) -> String {
        "cost/focus/metadata/BILLING_PERIOD=\(month)/focus-Manifest.json"
    }

    /// The data files among some files.
    private static func data(_ files: [DeliveredFile]) -> [DeliveredFile] {
        files.filter { $0.key.contains("/data/") }
    }

    @Test("each billing month is one file with a row for each day and series")
    func months() async throws {
        let bench = try ReportBench(at: "2025-07-03T12:00:00Z")
        try bench.usage.add("2025-06-29T10:00:00Z", "a", "1000", ["model": "m"])
        try bench.usage.add("2025-06-30T23:59:59Z", "a", "2000", ["model": "m"])
        try bench.usage.add("2025-06-30T10:00:00Z", "a", "500", ["model": "n"])
        try bench.usage.add("2025-07-01T00:00:00Z", "b", "4000")
        try bench.usage.add("2025-07-03T00:00:00Z", "b", "8000")
        let runner = try bench.runner(report)
        let result = try await runner.run("focus")
        let schema = try #require(result.files.first { $0.key.contains("/metadata/schemas/") })
        #expect(
            result.files.map(\.key) == [
                Self.key("2025-06"), schema.key, "cost/focus/metadata/data_generator.json",
                Self.manifest("2025-06"), Self.key("2025-07"), Self.manifest("2025-07"),
            ]
        )
        #expect(bench.store.puts == result.files.map(\.key))
        #expect(result.files.map(\.rows) == [3, 0, 0, 0, 1, 0])
        let june = CSVReader.rows(try #require(try bench.file(Self.key("2025-06"))))
        #expect(
            june.map { $0["ChargePeriodStart"] }
                == ["2025-06-29", "2025-06-30", "2025-06-30"].map { $0 + "T00:00:00Z" }
        )
        #expect(june.allSatisfy { $0["BillingPeriodStart"] == "2025-06-01T00:00:00Z" })
        #expect(june.allSatisfy { $0["BillingPeriodEnd"] == "2025-07-01T00:00:00Z" })
        #expect(june[1]["ChargePeriodEnd"] == "2025-07-01T00:00:00Z")
        #expect(june.map { $0["ResourceId"] } == ["m", "m", "n"].map { "tokens_total/a/\($0)" })
        let deliveries = try await runner.deliveries(report: "focus")
        #expect(deliveries.map(\.period) == ["2025-07", "2025-06"])
        #expect(deliveries.map(\.totals) == ["USD 0.008", "USD 0.007"].map { ReportTotals($0) })
    }

    @Test("a month is written again when a day closes or changes, and only then")
    func monthGrows() async throws {
        let bench = try ReportBench(at: "2025-06-03T12:00:00Z")
        try bench.usage.add("2025-06-02T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-03T10:00:00Z", "a", "1000")
        // Late for the day before, but before the open day's last bucket closes.
        try bench.usage.add("2025-06-02T10:00:00Z", "a", "1000")
        let runner = try bench.runner(report)
        _ = try await runner.run("focus")
        #expect(try await runner.run("focus").files.isEmpty)
        bench.clock.advance(seconds: 86_400)
        let grown = try await runner.run("focus").files
        #expect(grown.filter { $0.outcome == .written }.map(\.key) == [Self.key("2025-06"), Self.manifest("2025-06")])
        #expect(Self.data(grown).map(\.rows) == [2])
        try bench.usage.add("2025-05-31T10:00:00Z", "a", "1000")
        #expect(Self.data(try await runner.run("focus").files).map(\.key) == [Self.key("2025-05")])
        let june = try await runner.deliveries(report: "focus").filter { $0.period == "2025-06" }
        #expect(june.map(\.revision) == [2, 1])
        #expect(june[0].previousTotals == june[1].totals)
        #expect(june.map(\.events) == [3, 2])
        #expect(june.map(\.eventsSince) == [1, 2])
    }

    @Test("days asked for bring their whole months")
    func askedDays() async throws {
        let bench = try ReportBench(at: "2025-07-03T12:00:00Z")
        try bench.usage.add("2025-05-15T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-10T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-20T10:00:00Z", "a", "1000")
        let result = try await bench.runner(report).run("focus", from: "2025-06-10", to: "2025-06-11")
        #expect(Self.data(result.files).map(\.key) == [Self.key("2025-06")])
        #expect(result.rows == 2)
    }

    @Test("several meters come in the order of their slugs, whatever the order in the configuration")
    func meters() async throws {
        let written = try #require(try await text(["tokens_total", "api_calls"]))
        #expect(CSVReader.rows(written).map { $0["ResourceId"] } == ["api_calls/z", "tokens_total/a/"])
        #expect(try await text(["api_calls", "tokens_total"]) == written)
    }

    private func text(_ meters: [String]) async throws -> String? {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "1000")
        bench.usage.add(
            .init(
                meter: "api_calls",
                time: try #require(Timestamp("2025-06-07T10:00:00Z")),
                subject: "z",
                value: ExactDecimal(3)
            )
        )
        _ = try await bench.runner(Samples.focusReport(meters: meters)) { catalog in
            catalog.meters["api_calls"] = try Samples.meter(slug: "api_calls", dimensions: [])
            var profile = Samples.profile()
            profile.tags = []
            catalog.focusProfiles["api_calls"] = profile
            catalog.prices.append(try Samples.price(meter: "api_calls", per: "1"))
        }.run("focus")
        return try bench.file(Self.key("2025-06"))
    }

    @Test("a month with usage before the first price is not written; the other months are")
    func noPrice() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-04-10T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-05-10T10:00:00Z", "a", "1000")
        try bench.usage.add("2025-06-01T10:00:00Z", "a", "1000")
        let runner = try bench.runner(report) { $0.prices = [try Samples.price(from: "2025-04-20")] }
        let error = try await #require(throws: ReportError.self) { try await runner.run("focus") }
        #expect("\(error)".contains("report focus, 2025-04"))
        #expect("\(error)".contains("tokens_total has usage on 2025-04-10"))
        #expect(!error.isPassing)
        #expect(try bench.keys().filter { $0.contains("/data/") } == [Self.key("2025-05"), Self.key("2025-06")])
        let puts = bench.store.puts
        // The next run tries the month again, and says so again.
        await #expect(throws: ReportError.self) { try await runner.run("focus") }
        #expect(bench.store.puts == puts)
    }

    @Test("a month that lost all its usage is written as a header alone")
    func lostUsage() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-05-10T10:00:00Z", "a", "1000")
        _ = try await bench.runner(report).run("focus")
        // Another meter takes the report over, and it has counted nothing.
        let result = try await bench.runner(Samples.focusReport(meters: ["api_calls"])) { catalog in
            catalog.meters["api_calls"] = try Samples.meter(slug: "api_calls")
            catalog.focusProfiles["api_calls"] = Samples.profile()
            catalog.prices.append(try Samples.price(meter: "api_calls"))
        }.run("focus")
        #expect(Self.data(result.files).map(\.outcome) == [.written])
        #expect(try bench.file(Self.key("2025-05")).map { CSVReader.records($0).count } == 1)
    }
}
