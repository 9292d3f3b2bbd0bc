import CloudEvents
import Foundation
import Logging
import Metering
import Observability
import ReportDefinitions
import Testing

@testable import Reports

@Suite("The reports' scheduler", .timeLimit(.minutes(10)))
struct ReportSchedulerTests {
    private func scheduler(_ runner: ReportRunner, _ bench: ReportBench) -> ReportScheduler {
        ReportScheduler(
            runner: runner,
            clock: bench.clock.clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            random: { 1 }
        )
    }

    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test("a report runs at its time and again at the next one")
    func runs() async throws {
        let bench = try ReportBench(at: "2025-06-07T23:59:50Z")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "1")
        let runner = try bench.runner(Samples.csvReport(grace: 0, schedule: .every(seconds: 15)))
        let scheduler = scheduler(runner, bench)
        let task = Task { await scheduler.run() }
        try await bench.clock.someoneSleeps(until: try time("2025-06-08T00:00:00Z"))
        #expect(bench.store.puts.isEmpty)
        bench.clock.advance(seconds: 10)
        try await bench.clock.someoneSleeps(until: try time("2025-06-08T00:00:15Z"))
        #expect(bench.store.puts == ["tokens/tokens-2025-06-06.csv", "tokens/tokens-2025-06-07.csv"])
        try bench.usage.add("2025-06-06T11:00:00Z", "a", "1")
        bench.clock.advance(seconds: 15)
        try await bench.clock.someoneSleeps(until: try time("2025-06-08T00:00:30Z"))
        #expect(bench.store.puts.count == 3)
        task.cancel()
        await task.value
    }

    @Test("a run that was missed while the process was down is made up for at the start, and one that was not is not")
    func makesUp() async throws {
        let bench = try ReportBench(at: "2025-06-07T01:00:00Z")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        let report = Samples.csvReport(grace: 0, schedule: .cron(try CronExpression("59 1 * * *")))
        var scheduler = scheduler(try bench.runner(report), bench)
        for moment in ["2025-06-07T01:01:00Z", "2025-06-08T02:01:00Z"] {
            let running = scheduler
            let task = Task { await running.run() }
            try await bench.clock.someoneSleeps(until: try time(moment))
            task.cancel()
            await task.value
            // Down from 01:00 on the 7th to 02:00 on the 8th.
            bench.clock.now = try time("2025-06-08T02:00:00Z")
            scheduler = self.scheduler(try bench.runner(report), bench)
            #expect(bench.store.puts.count == (moment.hasPrefix("2025-06-07") ? 0 : 1))
        }
    }

    @Test("days run by hand do not stand in for the run that was missed")
    func byHand() async throws {
        let bench = try ReportBench(at: "2025-06-07T00:10:00Z")
        let report = Samples.csvReport(grace: 0)
        let runner = try bench.runner(report)
        let seen = try await runner.runState(report: "tokens")
        bench.clock.now = try time("2025-06-07T02:00:00Z")
        _ = try await runner.run("tokens", from: "2025-06-06", to: "2025-06-07")
        #expect(try await runner.runState(report: "tokens") == seen)
        _ = try await runner.run("tokens")
        let state = try await bench.runner(report).runState(report: "tokens")
        #expect(state == ReportRunState(satisfiedAt: bench.clock.now, succeededAt: bench.clock.now))
    }

    @Test("a destination that is down is tried again after a pause, and holds up no other report")
    func retries() async throws {
        let bench = try ReportBench(at: "2025-06-07T00:00:50Z")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        let runner = try bench.runner(Samples.csvReport(grace: 0, schedule: .every(seconds: 60)))
        let scheduler = scheduler(runner, bench)
        bench.store.trouble = .refusesPut
        let task = Task { await scheduler.run() }
        try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:01:00Z"))
        bench.clock.advance(seconds: 10)
        try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:01:05Z"))
        bench.store.trouble = .none
        bench.clock.advance(seconds: 5)
        try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:02:00Z"))
        #expect(bench.store.puts.count == 1)
        task.cancel()
        await task.value
        let page = bench.metrics.render()
        #expect(page.contains("meterd_report_runs_total{report=\"tokens\",outcome=\"failed\"} 1"))
        #expect(page.contains("meterd_report_runs_total{report=\"tokens\",outcome=\"succeeded\"} 1"))
    }

    @Test("a destination that does not answer holds up no other report, and stopping does not wait for it")
    func hangs() async throws {
        let bench = try ReportBench(at: "2025-06-07T00:00:50Z")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        let slow = Samples.csvReport(name: "slow", grace: 0, schedule: .every(seconds: 60))
        var fast = Samples.csvReport(name: "fast", grace: 0, schedule: .every(seconds: 30))
        fast.destination = "other"
        let hanging = WatchedStore(bench.store)
        hanging.trouble = .hangs
        let runner = try bench.runner(slow, fast)
        await runner.replace(
            catalog: try Samples.catalog([slow, fast]),
            stores: ["local": hanging, "other": bench.store]
        )
        let scheduler = scheduler(runner, bench)
        let task = Task { await scheduler.run() }
        try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:01:00Z"))
        bench.clock.advance(seconds: 10)
        while bench.store.puts.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        #expect(bench.store.puts == ["fast/fast-2025-06-06.csv"])
        task.cancel()
        await task.value
    }

    @Test("a destination that refuses for good is asked at the report's times, and stops no other report's schedule")
    func refusesForGood() async throws {
        let bench = try ReportBench(at: "2025-06-07T00:00:50Z")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        let denied = Samples.csvReport(name: "denied", grace: 0, schedule: .every(seconds: 60))
        var other = Samples.csvReport(name: "other", grace: 0, schedule: .every(seconds: 60))
        other.destination = "other"
        let denying = WatchedStore(bench.store)
        denying.trouble = .deniesPut
        let runner = try bench.runner(denied, other)
        await runner.replace(
            catalog: try Samples.catalog([denied, other]),
            stores: ["local": denying, "other": bench.store]
        )
        let scheduler = scheduler(runner, bench)
        let task = Task { await scheduler.run() }
        for (number, minute) in ["01", "02", "03"].enumerated() {
            try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:\(minute):00Z"))
            try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
            bench.clock.now = try time("2025-06-07T00:\(minute):00Z")
            let page = "meterd_report_runs_total{report=\"denied\",outcome=\"failed\"} \(number + 1)\n"
            while bench.store.puts.count <= number || !bench.metrics.render().contains(page) {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        task.cancel()
        await task.value
        #expect(bench.store.puts == [String](repeating: "other/other-2025-06-06.csv", count: 3))
    }

    @Test("reports that are replaced run at their own times")
    func replaced() async throws {
        let bench = try ReportBench(at: "2025-06-07T00:00:50Z")
        try bench.usage.add("2025-06-06T10:00:00Z", "a", "1")
        let runner = try bench.runner(Samples.csvReport(grace: 0, schedule: .every(seconds: 60)))
        let scheduler = scheduler(runner, bench)
        let task = Task { await scheduler.run() }
        try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:01:00Z"))
        await runner.replace(
            catalog: try Samples.catalog([Samples.csvReport(name: "new", grace: 0, schedule: .every(seconds: 5))]),
            stores: ["local": bench.store]
        )
        scheduler.reportsReplaced()
        try await bench.clock.someoneSleeps(until: try time("2025-06-07T00:00:55Z"))
        bench.clock.advance(seconds: 5)
        while bench.store.puts.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        #expect(bench.store.puts == ["new/new-2025-06-06.csv"])
        task.cancel()
        await task.value
    }
}
