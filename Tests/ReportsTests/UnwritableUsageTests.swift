import Metering
import ReportDefinitions
import Reports
import Testing

@Suite("Usage that no report can write")
struct UnwritableUsageTests {
    /// Two values that are good by themselves and have 44 digits together.
    private func addTooLong(_ bench: ReportBench) throws {
        try bench.usage.add("2025-05-01T10:00:00Z", "a", "12345678901234567890123456")
        try bench.usage.add("2025-05-01T11:00:00Z", "a", "0.000000000000000001")
    }

    @Test("leaves out its day and names meter and day; the days before and behind it are written")
    func daily() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-04-30T10:00:00Z", "b", "1")
        try addTooLong(bench)
        try bench.usage.add("2025-05-02T10:00:00Z", "b", "1")
        let runner = try bench.runner(Samples.csvReport())
        let error = await #expect(throws: ReportError.self) { _ = try await runner.run("tokens") }
        let text = "\(try #require(error))"
        #expect(text.contains("usage of meter tokens_total on 2025-05-01: a total has more than 38"), "\(text)")
        #expect(try bench.keys() == ["tokens/tokens-2025-04-30.csv", "tokens/tokens-2025-05-02.csv"])
    }

    @Test("leaves out its month, and is no reason to try again at once")
    func month() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-04-30T10:00:00Z", "b", "1000")
        try addTooLong(bench)
        try bench.usage.add("2025-06-01T10:00:00Z", "b", "1000")
        let runner = try bench.runner(Samples.focusReport())
        let error = await #expect(throws: ReportError.self) { _ = try await runner.run("focus") }
        #expect(error?.isPassing == false)
        let months = try bench.keys().filter { $0.contains("/data/") }
        #expect(months.count == 2 && months.allSatisfy { !$0.contains("2025-05") })
    }
}
