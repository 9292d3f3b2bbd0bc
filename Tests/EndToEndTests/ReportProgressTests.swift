import CloudEvents
import Foundation
import ReportDefinitions
import TestServers
import Testing

@testable import meterd

@Suite("How far a report's run is")
struct ReportProgressTests {
    private func progress(_ daysDone: Int, of days: Int = 365, rows: Int, period: String = "2025-06-07")
        -> ReportProgress
    {
        ReportProgress(
            report: "tokens",
            dryRun: false,
            period: period,
            files: days,
            filesDone: daysDone,
            days: days,
            daysDone: daysDone,
            rows: rows,
            began: Timestamp(microseconds: 0)
        )
    }

    @Test(
        "days, rows, rows a second, the time left and where it is, as far as there is room",
        arguments: [
            (
                120,
                " 43% █████████████████▌░░░░░░░░░░░░░░░░░░░░░░  160 of 365 days  48,000 rows  24,000 rows/s  0:03 left  2025-06-07"
            ),
            (77, " 43% ███████░░░░░░░░░  160 of 365 days  48,000 rows  24,000 rows/s  0:03 left"),
            (57, " 43% █████▋░░░░░░░  48,000 rows  24,000 rows/s  0:03 left"),
            (37, " 43%  48,000 rows  0:03 left"),
            (21, " 43%  48,000 rows"),
        ]
    )
    func bar(columns: Int, expected: String) {
        var bar = ProgressBar(.days, total: nil, product: "row", hasBlocks: true)
        RunScreen.update(&bar, progress(0, rows: 0), after: .zero)
        RunScreen.update(&bar, progress(160, rows: 48_000), after: .seconds(2))
        #expect(bar.text(columns: columns) == expected)
    }

    @Test("before there is a plan it is told what is done, and a plan of one day has one day")
    func plan() {
        var bar = ProgressBar(.days, total: nil, product: "row", hasBlocks: true)
        RunScreen.update(&bar, progress(0, of: 0, rows: 0, period: ""), after: .zero)
        #expect(bar.text(columns: 80) == "0 days  0 rows  looking for what has changed")
        RunScreen.update(&bar, progress(1, of: 1, rows: 1), after: .seconds(1))
        #expect(bar.text(columns: 120).hasPrefix("100% ████"))
        #expect(bar.text(columns: 120).contains("  1 of 1 day  1 row  "))
    }

    @Test("the speed of days is that of the last minute, since some take long")
    func speed() {
        var bar = ProgressBar(.days, total: nil, product: "row", hasBlocks: true)
        for second in 0...90 {
            RunScreen.update(&bar, progress(second / 10, of: 20, rows: second / 10 * 600), after: .seconds(second))
        }
        #expect(bar.text(columns: 120).contains("60 rows/s  1:50 left"))
    }

    // MARK: On a terminal

    private static let configuration =
        Samples.configuration + """

            destinations: { local: { directory: DIRECTORY/reports } }
            reports:
              - { name: tokens, format: csv, meter: tokens_total, dimensions: [subject], destination: local, every: 24h }
            """

    /// A daemon with a thousand days, for each of which a report has a file.
    private func daemon(listen: String = "127.0.0.1:0") async throws -> Daemon {
        let daemon = try Daemon(configuration: Self.configuration.replacing("127.0.0.1:0", with: listen))
        try await daemon.start()
        let start = 1_672_574_400
        for batch in 0..<4 {
            let events = (0..<250).map { number in
                let time = Date(timeIntervalSince1970: Double(start + (batch * 250 + number) * 86_400))
                return Samples.event(id: "\(batch)-\(number)", time: time.formatted(.iso8601))
            }
            _ = try await daemon.post("/api/v1/events", type: Samples.batchType, body: Samples.batch(events))
        }
        return daemon
    }

    private static let run = ["report", "run", "tokens", "--from", "2023-01-01", "--to", "2025-09-01"]
    private static let terminal = ["COLUMNS": "60", "LC_ALL": "C.UTF-8", "TERM": "xterm"]

    private static var hasScript: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/script") }

    /// What a terminal shows that the command is run on.
    private func onTerminal(_ daemon: Daemon, _ arguments: [String]) async throws -> Program.Outcome {
        let command = ([Program.path] + arguments + ["--config", daemon.configurationFile.path]).joined(separator: " ")
        return try await Program.run(
            ["/usr/bin/script", "--quiet", "--return", "--command", command, "/dev/null"],
            in: daemon.directory,
            environment: Self.terminal
        )
    }

    /// A run may be over before it is asked for the first time; one of a few is not.
    private func expectBar(_ daemon: Daemon) async throws {
        func drawn(_ outcome: Program.Outcome) -> [Substring] {
            outcome.output.split(separator: "\r").filter { $0.contains(" row") && $0.hasSuffix("\u{1B}[K") }
        }
        var outcome = try await onTerminal(daemon, Self.run + ["--dry-run"])
        for _ in 0..<20 where drawn(outcome).isEmpty {
            outcome = try await onTerminal(daemon, Self.run + ["--dry-run"])
        }
        #expect(outcome.status == 0, "\(outcome.output)")
        let drawn = drawn(outcome)
        #expect(!drawn.isEmpty, "\(outcome.output.prefix(2_000))")
        for line in drawn { #expect(line.dropLast(3).count <= 57) }
        #expect(
            outcome.output.contains(/\r\u{1B}\[Kplanned tokens\/tokens-2023-01-01\.csv/),
            "the bar is taken away again"
        )
    }

    @Test(
        "a running daemon is asked how far it is, and a bar is drawn and taken away",
        .enabled(if: hasScript, "script(1) is not installed")
    )
    func besideDaemon() async throws {
        let daemon = try await daemon()
        // The address is the system's choice, so the command needs a configuration with it.
        try daemon.write(configuration: Self.configuration.replacing("127.0.0.1:0", with: daemon.address))
        try await expectBar(daemon)
    }

    @Test(
        "a stopped store shows the same bar, and on a pipe there is none",
        .enabled(if: hasScript, "script(1) is not installed")
    )
    func stoppedStore() async throws {
        let daemon = try await daemon()
        #expect(try await daemon.stop() == 0)
        try daemon.write(configuration: Self.configuration.replacing("127.0.0.1:0", with: "127.0.0.1:1"))
        try await expectBar(daemon)
        let piped = try await Program.run(
            [Program.path] + Self.run + ["--dry-run", "--config", daemon.configurationFile.path]
        )
        #expect(piped.status == 0 && piped.errors.isEmpty)
    }

    @Test("Ctrl-C ends the wait for a daemon, which goes on with the run")
    func interruptedWait() async throws {
        let daemon = try await daemon()
        try daemon.write(configuration: Self.configuration.replacing("127.0.0.1:0", with: daemon.address))
        let outcome = try await interrupted(daemon) {
            try await daemon.get("/api/v1/reports/tokens/progress").text.contains(#""running":true"#)
        }
        #expect(outcome.status == 130, "\(outcome.errors)")
        #expect(outcome.errors.contains("goes on in the running meterd"))
        #expect(outcome.errors.contains("http://\(daemon.address)/api/v1/reports/tokens/progress"))
        try await daemon.wait(for: "the run to end") {
            try await daemon.get("/api/v1/reports/tokens/progress").text.contains(#""running":false"#)
        }
        #expect(files(daemon).count == 974)
        #expect(!files(daemon).contains { !$0.hasPrefix("tokens-") })
    }

    @Test("Ctrl-C stops a run on a stopped store, and the next one goes on from there")
    func interruptedRun() async throws {
        let daemon = try await daemon()
        #expect(try await daemon.stop() == 0)
        try daemon.write(configuration: Self.configuration.replacing("127.0.0.1:0", with: "127.0.0.1:1"))
        let outcome = try await interrupted(daemon) { files(daemon).count > 3 }
        #expect(outcome.status == 130, "\(outcome.errors)")
        #expect(outcome.errors.contains("report tokens: stopped before it was done; the next run goes on from there"))
        let before = files(daemon).count
        #expect(before < 974)
        let next = try await Program.run([Program.path] + Self.run + ["--config", daemon.configurationFile.path])
        #expect(next.status == 0 && files(daemon).count == 974, "\(next.errors)")
        let unchanged = next.output.split(separator: "\n").count { $0.hasPrefix("unchanged ") }
        #expect((before - 1...before).contains(unchanged), "\(unchanged) of \(before) are not written again")
    }

    private func files(_ daemon: Daemon) -> [String] {
        let folder = daemon.directory.appending(path: "reports/tokens").path
        return (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Runs the report, and sends SIGINT when the condition holds.
    private func interrupted(_ daemon: Daemon, when condition: () async throws -> Bool) async throws -> Program.Outcome
    {
        let process = Process()
        process.executableURL = URL(filePath: Program.path)
        process.arguments = Self.run + ["--config", daemon.configurationFile.path]
        process.currentDirectoryURL = daemon.directory
        let (output, errors) = (try LogLines(), try LogLines())
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.start()
        try await daemon.wait(for: "the run to begin") { try await condition() }
        kill(process.processIdentifier, SIGINT)
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return Program.Outcome(status: process.terminationStatus, output: output.text, errors: errors.text)
    }
}
