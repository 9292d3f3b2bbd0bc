import CloudEvents
import Foundation
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Daily telemetry files")
struct DailyReportTests {
    private static let header = "\"date\",\"subject\",\"tokens\"\n"
    private let report = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))

    private func line(_ day: String, _ subject: String, _ value: String) -> String {
        "\"\(day)\",\"\(subject)\",\"\(value)\"\n"
    }

    @Test("a run writes each closed day that has usage, and not the days that are open")
    func closedDays() async throws {
        // The grace is an hour: at 00:59 the day before is still open.
        let bench = try ReportBench(at: "2025-06-08T00:59:59Z")
        try bench.usage.add("2025-06-05T10:00:00Z", "a", "1.5")
        try bench.usage.add("2025-06-06T23:59:59Z", "a", "2")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        try bench.usage.add("2025-06-08T00:10:00Z", "a", "8")
        let runner = try bench.runner(report)
        let result = try await runner.run("tokens")
        #expect(result.files.map(\.key) == ["tokens/tokens-2025-06-05.csv", "tokens/tokens-2025-06-06.csv"])
        #expect(try bench.keys() == result.files.map(\.key))
        #expect(try bench.file("tokens/tokens-2025-06-05.csv") == Self.header + line("2025-06-05", "a", "1.5"))
        bench.clock.advance(seconds: 1)
        let next = try await runner.run("tokens")
        #expect(next.files.map(\.key) == ["tokens/tokens-2025-06-07.csv"])
    }

    @Test("a day is from midnight to midnight in the report's zone, where clocks change too")
    func zone() async throws {
        let bench = try ReportBench(at: "2025-03-31T12:00:00Z")
        // Berlin's 30 March begins at 23:00Z on the 29th and ends at 22:00Z on the 30th.
        try bench.usage.add("2025-03-29T22:59:59Z", "a", "1")
        try bench.usage.add("2025-03-29T23:00:00Z", "a", "10")
        try bench.usage.add("2025-03-30T21:59:59Z", "a", "100")
        try bench.usage.add("2025-03-30T22:00:00Z", "a", "1000")
        let zone = try #require(Zone("Europe/Berlin"))
        let berlin = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]), zone: zone, grace: 0)
        _ = try await bench.runner(berlin).run("tokens")
        #expect(try bench.file("tokens/tokens-2025-03-30.csv") == Self.header + line("2025-03-30", "a", "110"))
        #expect(try bench.keys() == ["tokens/tokens-2025-03-29.csv", "tokens/tokens-2025-03-30.csv"])
    }

    @Test("what did not change is not asked for again, and not put again")
    func unchanged() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        _ = try await bench.runner(report).run("tokens")
        let queries = bench.usage.queries
        // A new process: it knows from the record alone.
        let again = try await bench.runner(report).run("tokens")
        #expect(again.files.isEmpty)
        #expect(bench.usage.queries == queries)
        let asked = try await bench.runner(report).run("tokens", from: "2025-06-07", to: "2025-06-08")
        #expect(asked.files.map(\.outcome) == [.unchanged])
        #expect(bench.store.puts == ["tokens/tokens-2025-06-07.csv"])
        #expect(try await bench.runner(report).deliveries(report: "tokens").count == 1)
    }

    @Test("a late event makes its day a restatement, with the old and the new total in the record")
    func restatement() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens")
        bench.clock.advance(seconds: 3600)
        try bench.usage.add("2025-06-06T10:00:00Z", "b", "0.25")
        let result = try await runner.run("tokens")
        #expect(result.files.map(\.key) == ["tokens/tokens-2025-06-06.csv"])
        #expect(
            try bench.file("tokens/tokens-2025-06-06.csv")
                == Self.header + line("2025-06-06", "a", "1") + line("2025-06-06", "b", "0.25")
        )
        let deliveries = try await runner.deliveries(report: "tokens")
        #expect(deliveries.map(\.period) == ["2025-06-07", "2025-06-06", "2025-06-06"])
        #expect(deliveries.map(\.revision) == [1, 2, 1])
        #expect(deliveries[1].totals == ReportTotals("1.25"))
        #expect(deliveries[1].previousTotals == ReportTotals("1"))
        #expect(deliveries[1].objects.map(\.sha256) == result.files.map(\.sha256))
        #expect(deliveries[1].deliveredAt == bench.clock.now)
        #expect(deliveries[2].previousTotals == nil)
    }

    @Test("an event that leaves the bytes as they were is no restatement")
    func sameBytes() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens")
        try bench.usage.add("2025-06-07T11:00:00Z", "b", "0")
        let result = try await runner.run("tokens")
        #expect(result.files.map(\.outcome) == [.unchanged])
        #expect(bench.store.puts.count == 1)
        #expect(try await runner.run("tokens").files.isEmpty)
    }

    @Test("a restatement of the same size is seen, though the destination tells of a file no more than its size")
    func sameSize() async throws {
        let bench = try ReportBench()
        bench.store.tellsDigests = false
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "1")
        #expect(try await runner.run("tokens").files.map(\.outcome) == [.written])
        #expect(try bench.file("tokens/tokens-2025-06-07.csv") == Self.header + line("2025-06-07", "a", "5"))
        #expect(
            try await runner.run("tokens", from: "2025-06-07", to: "2025-06-08").files.map(\.outcome) == [.unchanged]
        )
    }

    @Test("a file that is gone or was replaced is written again when its day is run, as the same revision")
    func missing() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        _ = try await runner.run("tokens")
        let url = bench.directory.appending(path: "out/tokens/tokens-2025-06-07.csv")
        let bytes = try Data(contentsOf: url)
        for foreign in [nil, Data("foreign".utf8), Data(repeating: 0x20, count: bytes.count)] {
            if let foreign { try foreign.write(to: url) } else { try FileManager.default.removeItem(at: url) }
            let result = try await runner.run("tokens", from: "2025-06-07", to: "2025-06-08")
            #expect(result.files.map(\.outcome) == [.written])
            #expect(try Data(contentsOf: url) == bytes)
        }
        #expect(try await runner.deliveries(report: "tokens").map(\.revision) == [1])
    }

    @Test("a crash between the upload and the record is repaired by the next run")
    func crash() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        bench.store.trouble = .losesAnswer
        await #expect(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        #expect(try await bench.runner(report).deliveries(report: "tokens").isEmpty)
        #expect(try bench.keys() == ["tokens/tokens-2025-06-06.csv"])
        bench.store.trouble = .none
        let result = try await bench.runner(report).run("tokens")
        #expect(result.files.map(\.outcome) == [.written, .written])
        #expect(try await bench.runner(report).deliveries(report: "tokens").map(\.revision) == [1, 1])
        #expect(try bench.keys() == ["tokens/tokens-2025-06-06.csv", "tokens/tokens-2025-06-07.csv"])
    }

    @Test("a run that stopped half-way goes on with the days that are left")
    func resumes() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        _ = try await bench.runner(report).run("tokens")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        bench.store.trouble = .refusesPut
        let error = try await #require(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        #expect(error.isPassing)
        #expect("\(error)".contains("report tokens: destination local did not take tokens/tokens-2025-06-07.csv"))
        bench.store.trouble = .none
        #expect(try await bench.runner(report).run("tokens").files.map(\.key) == ["tokens/tokens-2025-06-07.csv"])
    }

    @Test("a dry run says what it would write, and writes and records nothing")
    func dryRun() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        let planned = try await runner.run("tokens", dryRun: true)
        #expect(planned.dryRun)
        #expect(planned.files.map(\.outcome) == [.planned])
        #expect(planned.rows == 1)
        #expect(try bench.keys().isEmpty)
        #expect(try await runner.deliveries(report: "tokens").isEmpty)
        let written = try await runner.run("tokens")
        #expect(written.files.map(\.sha256) == planned.files.map(\.sha256))
        #expect(
            try await runner.run("tokens", from: "2025-06-07", to: "2025-06-08", dryRun: true).files.map(\.outcome)
                == [.unchanged]
        )
    }

    @Test("days asked for are run alone; those that are open are named")
    func askedDays() async throws {
        let bench = try ReportBench(at: "2025-06-08T12:00:00Z")
        for day in 4...8 { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "1") }
        let runner = try bench.runner(report)
        let result = try await runner.run("tokens", from: "2025-06-06", to: "2025-06-10")
        #expect(try bench.keys() == ["tokens/tokens-2025-06-06.csv", "tokens/tokens-2025-06-07.csv"])
        #expect(result.openDays.map(\.description) == ["2025-06-08", "2025-06-09"])
    }

    @Test("days that are all open are refused, with the time the first one closes")
    func allOpen() async throws {
        let bench = try ReportBench(at: "2025-06-08T12:00:00Z")
        let runner = try bench.runner(report)
        let error = try await #require(throws: ReportError.self) {
            try await runner.run("tokens", from: "2025-06-08", to: "2025-06-10")
        }
        #expect("\(error)".contains("2025-06-09T01:00:00Z"))
        #expect(!error.isPassing)
    }

    @Test("no days, or too many, are refused")
    func invalidDays() async throws {
        let runner = try ReportBench().runner(report)
        await #expect(throws: ReportError.self) {
            try await runner.run("tokens", from: "2025-06-07", to: "2025-06-07")
        }
        await #expect(throws: ReportError.self) {
            try await runner.run("tokens", from: "1925-06-07", to: "2025-06-07")
        }
    }

    @Test("a day with nothing to write has no file; one that was delivered and lost its usage has a header alone")
    func emptyDays() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "0")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        let first = try await runner.run("tokens")
        #expect(first.files.map(\.outcome) == [.empty, .written])
        #expect(first.skippedRows == 1)
        #expect(try bench.keys() == ["tokens/tokens-2025-06-07.csv"])
        #expect(try await runner.run("tokens").files.isEmpty)
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "-4")
        _ = try await runner.run("tokens")
        #expect(try bench.file("tokens/tokens-2025-06-07.csv") == Self.header)
        let latest = try #require(try await runner.deliveries(report: "tokens").first)
        #expect(latest.revision == 2)
        #expect(latest.rows == 0)
        #expect(latest.skippedRows == 1)
        #expect(latest.totals.value(of: nil) == .zero)
        #expect(latest.previousTotals == ReportTotals("4"))
    }

    @Test("a day with nothing to write is no trouble where the destination does not tell what is not there")
    func hiddenAbsence() async throws {
        let bench = try ReportBench()
        bench.store.trouble = .hidesAbsence
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "0")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        #expect(try await bench.runner(report).run("tokens").files.map(\.outcome) == [.empty, .written])
    }

    @Test("a file that was put and not recorded is emptied when its day has lost its usage since")
    func emptyAfterCrash() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        bench.store.changesLeft = 1
        await #expect(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        bench.store.changesLeft = nil
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "-4")
        #expect(try await bench.runner(report).run("tokens").files.map(\.outcome) == [.written])
        #expect(try bench.file("tokens/tokens-2025-06-07.csv") == Self.header)
        #expect(try await bench.runner(report).run("tokens").files.isEmpty)
        #expect(try await bench.runner(report).deliveries(report: "tokens").map(\.rows) == [0])
    }

    @Test("another definition makes every day be written anew")
    func definition() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        _ = try await bench.runner(report).run("tokens")
        var telemetry = Samples.telemetry(dimensions: ["subject"])
        telemetry.metricColumn = "used"
        let result = try await bench.runner(Samples.csvReport(telemetry)).run("tokens")
        #expect(result.files.map(\.outcome) == [.written])
        #expect(try bench.file("tokens/tokens-2025-06-07.csv")?.hasPrefix("\"date\",\"subject\",\"used\"\n") == true)
    }

    @Test("another destination gets every day, though the bytes are the same")
    func moved() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        _ = try await bench.runner(report).run("tokens")
        try FileManager.default.removeItem(at: bench.directory.appending(path: "out/tokens"))
        let result = try await bench.runner(report) {
            $0.destinations["local"] = Destination(name: "local", kind: .directory("elsewhere"))
        }.run("tokens")
        #expect(result.files.map(\.outcome) == [.written])
        #expect(try bench.keys() == ["tokens/tokens-2025-06-07.csv"])
    }

    @Test("what the engine does not answer is a passing fault")
    func engineFails() async throws {
        let bench = try ReportBench()
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        bench.usage.fails = true
        let error = try await #require(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        #expect(error.isPassing)
    }
}
