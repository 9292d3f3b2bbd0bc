import CloudEvents
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Progress of a run", .timeLimit(.minutes(10)))
struct ReportProgressTests {
    @Test("a run tells how many files, days and rows it has made, and nothing when it is over")
    func progress() async throws {
        let gate = Gate()
        let bench = try ReportBench(gate: gate)
        for day in 1...3 {
            for subject in ["a", "b"] { try bench.usage.add("2025-06-0\(day)T10:00:00Z", subject, "1") }
        }
        let runner = try bench.runner(Samples.csvReport(Samples.telemetry(dimensions: ["subject"])))
        #expect(await runner.progress(report: "tokens") == nil)
        async let result = runner.run("tokens")
        // The first file is made and waits to be put.
        await gate.someoneArrived()
        let progress = await runner.progress(report: "tokens")
        #expect(
            progress
                == ReportProgress(
                    report: "tokens",
                    dryRun: false,
                    period: "2025-06-01",
                    files: 3,
                    filesDone: 0,
                    days: 3,
                    daysDone: 1,
                    rows: 2,
                    began: bench.clock.now
                )
        )
        #expect(await runner.progress(report: "other") == nil)
        await gate.open()
        #expect(try await result.rows == 6)
        #expect(await runner.progress(report: "tokens") == nil)
    }

    @Test("days of a file that was given up count as done")
    func givenUp() async throws {
        let gate = Gate()
        let bench = try ReportBench(gate: gate)
        for day in ["2025-04-10", "2025-04-11", "2025-05-01", "2025-05-02", "2025-06-01"] {
            try bench.usage.add("\(day)T10:00:00Z", "a", "1000")
        }
        let runner = try bench.runner(Samples.focusReport()) { $0.prices = [try Samples.price(from: "2025-04-20")] }
        let run = Task { try await runner.run("focus") }
        await gate.someoneArrived()
        let progress = try #require(await runner.progress(report: "focus"))
        #expect(progress.period == "2025-05")
        #expect((progress.files, progress.filesDone) == (3, 1))
        #expect((progress.days, progress.daysDone) == (5, 4))
        await gate.open()
        await #expect(throws: ReportError.self) { try await run.value }
    }
}
