import CloudEvents
import Foundation
import GRDB
import Metering
import Observability
import ReportDefinitions
import Testing

@testable import Reports

@Suite("The report runner", .timeLimit(.minutes(10)))
struct ReportRunnerTests {
    private let report = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))

    @Test("two runs of a report never interleave: the second waits and finds the first one's work done")
    func oneAtATime() async throws {
        let gate = Gate()
        let bench = try ReportBench(gate: gate)
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        async let first = runner.run("tokens")
        await gate.someoneArrived()
        async let second = runner.run("tokens", from: "2025-06-07", to: "2025-06-08")
        try await Task.sleep(for: .milliseconds(20))
        #expect(await gate.arrived == 1)
        await gate.open()
        #expect(try await first.files.map(\.outcome) == [.written])
        #expect(try await second.files.map(\.outcome) == [.unchanged])
        #expect(await gate.arrived == 1)
    }

    @Test("a run that waits and is cancelled leaves the line; the next one gets its turn")
    func cancelledWaiter() async throws {
        let gate = Gate()
        let bench = try ReportBench(gate: gate)
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        let runner = try bench.runner(report)
        async let first = runner.run("tokens")
        await gate.someoneArrived()
        let waiter = Task { try await runner.run("tokens") }
        waiter.cancel()
        let error = try await #require(throws: ReportError.self) { try await waiter.value }
        guard case .cancelled = error else {
            Issue.record("\(error)")
            return
        }
        async let third = runner.run("tokens")
        await gate.open()
        _ = try await first
        #expect(try await third.files.isEmpty)
    }

    @Test("more runs than may wait are refused")
    func busy() async throws {
        let lanes = ReportLanes()
        try await lanes.enter("tokens")
        let waiters = (0..<ReportLanes.waitingLimit).map { _ in
            Task { try await lanes.enter("tokens") }
        }
        // Some of the waiters may still be on their way; one too many is refused once all are there.
        var refused = false
        while !refused {
            let extra = Task { try await lanes.enter("tokens") }
            try await Task.sleep(for: .milliseconds(5))
            extra.cancel()
            do {
                try await extra.value
            } catch ReportError.busy {
                refused = true
            } catch {}
        }
        for waiter in waiters { waiter.cancel() }
    }

    @Test("an unknown report is refused with the names there are")
    func unknown() async throws {
        let runner = try ReportBench().runner(report)
        let error = try await #require(throws: ReportError.self) { try await runner.run("nothing") }
        #expect("\(error)" == "there is no report \"nothing\"; there are: tokens")
        await #expect(throws: ReportError.self) { try await runner.deliveries(report: "nothing") }
    }

    @Test("a report whose meter, dimension or destination is not there is refused")
    func definitions() async throws {
        func reason(_ change: @escaping (inout ReportCatalog) throws -> Void) async throws -> String {
            let bench = try ReportBench()
            let runner = try bench.runner(report, change: change)
            return "\(try await #require(throws: ReportError.self) { try await runner.run("tokens") })"
        }
        #expect(try await reason { $0.meters = [:] } == "report tokens: there is no meter tokens_total")
        #expect(
            try await reason { $0.reports = [Samples.csvReport(Samples.telemetry(dimensions: ["zone"]))] }
                .hasPrefix("report tokens: meter tokens_total has no dimension zone")
        )
        #expect(
            try await reason { $0.reports[0].destination = "moon" } == "report tokens: there is no destination moon"
        )
    }

    @Test("the metrics tell runs, files, rows, bytes and the last success")
    func metrics() async throws {
        let bench = try ReportBench(at: "2025-06-10T12:00:00Z")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        try bench.usage.add("2025-06-07T10:00:00Z", "b", "0")
        let runner = try bench.runner(report)
        let result = try await runner.run("tokens")
        _ = try await runner.run("tokens", from: "2025-06-07", to: "2025-06-08")
        _ = try await runner.run("tokens", dryRun: true)
        bench.clock.advance(seconds: 90)
        let page = bench.metrics.render()
        for line in [
            "meterd_report_runs_total{report=\"tokens\",outcome=\"succeeded\"} 2",
            "meterd_report_runs_total{report=\"tokens\",outcome=\"failed\"} 0",
            "meterd_report_files_total{report=\"tokens\",outcome=\"written\"} 1",
            "meterd_report_files_total{report=\"tokens\",outcome=\"unchanged\"} 1",
            "meterd_report_rows_total{report=\"tokens\"} 1",
            "meterd_report_skipped_rows_total{report=\"tokens\"} 1",
            "meterd_report_bytes_total{report=\"tokens\"} \(result.bytes)",
            "meterd_report_age_seconds{report=\"tokens\"} 90",
        ] {
            #expect(page.contains(line + "\n"), "\(line)\n\(page)")
        }
    }

    @Test("the delivery record is written ahead and synced fully, and is kept across openings")
    func durability() async throws {
        let bench = try ReportBench()
        let records = try bench.records()
        let modes = try await records.read { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
        #expect(modes.0 == "wal")
        #expect(modes.1 == 2)
        let state = PeriodState(
            inputs: "i",
            place: "k",
            content: "c",
            revision: 1,
            totals: try #require(ReportTotals("EUR 0.1, USD 2")),
            events: 7
        )
        var outcome = RecordedOutcome(report: "r")
        outcome.periods = [("2025-06-07", state)]
        outcome.object = ("k", ObjectState(sha256: "s", bytes: 3, etag: nil))
        try await records.record(outcome)
        let again = try bench.records()
        #expect(try await again.periods(report: "r") == ["2025-06-07": state])
        #expect(try await again.object(report: "r", key: "k") == ObjectState(sha256: "s", bytes: 3, etag: nil))
        #expect(try await again.periods(report: "other").isEmpty)
    }

    @Test("a delivery record that is no database is refused with its path")
    func damaged() throws {
        let bench = try ReportBench()
        let url = bench.directory.appending(path: "deliveries.sqlite")
        try Data(repeating: 7, count: 4096).write(to: url)
        let error = try #require(throws: DeliveryRecordsError.self) { try bench.records() }
        #expect("\(error)".contains(url.path))
    }
}
