import CloudEvents
import Foundation
import Metering
import Observability
import ReportDefinitions
import Synchronization
import Testing

@testable import Reports

@Suite("Backfills and destinations in trouble", .timeLimit(.minutes(10)))
struct BackfillTests {
    private let report = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))

    /// Usage on every day of a year.
    private func year(_ bench: ReportBench) throws {
        var day = try #require(LocalDay("2024-06-01"))
        for _ in 0..<365 {
            for subject in ["a", "b"] { try bench.usage.add("\(day)T10:00:00Z", subject, "1000", ["model": "m"]) }
            day = day.next
        }
    }

    /// Nameless files of a bench's spool directory that this process has open.
    private static func openSpools(_ bench: ReportBench) throws -> Int {
        let directory = bench.directory.appending(path: "spool").path
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { number in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
            return target?.contains("/\(directory.split(separator: "/").suffix(2).joined(separator: "/"))/") ?? false
        }
    }

    @Test("a year is delivered with one file's bytes in the spool at a time, the oldest day first")
    func year() async throws {
        let bench = try ReportBench()
        try year(bench)
        let spools = Mutex<[Int]>([])
        bench.store.watch { [unowned bench] _ in
            let open = try Self.openSpools(bench)
            spools.withLock { $0.append(open) }
        }
        let result = try await bench.runner(report, spoolLimit: 10).run("tokens", from: "2024-06-01", to: "2025-06-01")
        #expect(result.files.count == 365)
        #expect(result.rows == 730)
        #expect(bench.store.puts == bench.store.puts.sorted())
        #expect(spools.withLock { $0 } == [Int](repeating: 1, count: 365))
        #expect(try Self.openSpools(bench) == 0)
    }

    @Test("all files of a month share one open file, however many there are")
    func manyParts() async throws {
        let bench = try ReportBench()
        for number in 0..<60 { try bench.usage.add("2025-06-07T10:00:00Z", "\(number)", "1000") }
        let spools = Mutex<Set<Int>>([])
        bench.store.watch { [unowned bench] _ in
            let open = try Self.openSpools(bench)
            spools.withLock { _ = $0.insert(open) }
        }
        let runner = try bench.runner(Samples.focusReport(compression: .gzip), spoolLimit: 10, rowLimit: 1)
        #expect(try await runner.run("focus").files.count { $0.key.contains("/data/") } == 60)
        #expect(spools.withLock { $0 } == [1])
    }

    @Test("a run that went on while the destination was away goes on where it was, the oldest day first")
    func catchesUp() async throws {
        let bench = try ReportBench(at: "2025-06-02T12:00:00Z")
        for day in 1...9 { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "1") }
        _ = try await bench.runner(report).run("tokens")
        bench.store.trouble = .refusesPut
        for _ in 0..<5 {
            bench.clock.advance(seconds: 86_400)
            let error = try await #require(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
            #expect(error.isPassing)
            #expect("\(error)".contains("tokens/tokens-2025-06-02.csv"))
        }
        bench.store.trouble = .none
        bench.store.changesLeft = 2
        await #expect(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        bench.store.changesLeft = nil
        bench.store.forgetChanges()
        #expect(try await bench.runner(report).run("tokens").files.count == 4)
        #expect(bench.store.puts == (3...6).map { "tokens/tokens-2025-06-0\($0).csv" })
    }

    @Test("a large month that was interrupted does not put the files again that are there")
    func takenUp() async throws {
        let bench = try ReportBench()
        for number in 10..<20 { try bench.usage.add("2025-06-07T10:00:00Z", "\(number)", "1000") }
        let focus = Samples.focusReport()
        bench.store.changesLeft = 6
        await #expect(throws: ReportError.self) { try await bench.runner(focus, rowLimit: 1).run("focus") }
        bench.store.changesLeft = nil
        bench.store.forgetChanges()
        let result = try await bench.runner(focus, rowLimit: 1).run("focus")
        #expect(result.files.filter { $0.outcome == .unchanged }.count == 5)
        #expect(bench.store.puts.first == "cost/focus/data/BILLING_PERIOD=2025-06/focus-00006.csv")
        #expect(bench.store.puts.count == 5 + 3)
    }

    @Test("what the delivery record knows is counted and told, though the run ended early")
    func partial() async throws {
        let bench = try ReportBench()
        for day in 1...4 { try bench.usage.add("2025-06-0\(day)T10:00:00Z", "a", "1") }
        bench.store.trouble = .refusesKeys("06-03")
        let runner = try bench.runner(report)
        let error = try await #require(throws: ReportError.self) { try await runner.run("tokens") }
        // A file the destination does not take for good holds up no other.
        #expect(!error.isPassing)
        guard case .incomplete(let delivered, let failures) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(delivered.files.map(\.key) == [1, 2, 4].map { "tokens/tokens-2025-06-0\($0).csv" })
        #expect(failures.count == 1)
        #expect(bench.metrics.render().contains("meterd_report_files_total{report=\"tokens\",outcome=\"written\"} 3\n"))
        bench.store.trouble = .none
        #expect(try await runner.run("tokens").files.map(\.key) == ["tokens/tokens-2025-06-03.csv"])
    }

    @Test("a destination that takes nothing is asked three times a run, not once a day of a year")
    func denied() async throws {
        let bench = try ReportBench()
        try year(bench)
        bench.store.trouble = .deniesPut
        let error = try await #require(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        guard case .incomplete(let delivered, let failures) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(delivered.files.isEmpty)
        #expect(failures.count == ReportRun.refusalsLimit)
    }

    @Test("many periods that cannot be written are told in one message of bounded length")
    func manyFailures() async throws {
        let bench = try ReportBench()
        for month in 1...9 { try bench.usage.add("2024-0\(month)-10T10:00:00Z", "a", "1000") }
        try bench.usage.add("2025-06-01T10:00:00Z", "a", "1000")
        let runner = try bench.runner(Samples.focusReport()) { $0.prices = [try Samples.price(from: "2025-01-01")] }
        let error = try await #require(throws: ReportError.self) { try await runner.run("focus") }
        #expect("\(error)".contains("focus, 2024-05: nothing was written"))
        #expect(!"\(error)".contains("2024-06"))
        #expect("\(error)".contains("; and so 4 periods more; 4 files of other periods"))
    }
}
