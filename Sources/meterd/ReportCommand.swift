import ArgumentParser
import Foundation
import Logging
import MeterdConfiguration
import Metering
import Observability
import ReportDefinitions
import Reports
import Synchronization

/// `meterd report …`
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Run a report now, or check what its destination holds.",
        subcommands: [Run.self, Check.self]
    )

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the files of some days now, and say which.",
            discussion: """
                Asks the running meterd that the configuration describes; where none is running, opens the store itself.
                Without --from and --to: every closed day that is not delivered yet or has changed.

                On a terminal a bar shows how far it is. Ctrl-C ends the wait: a running meterd goes on with the run; \
                where the store was opened here the run stops, what is delivered stays, and the next one goes on from \
                there.

                Exit codes: 0, done. 1, refused or not all was delivered. 130, Ctrl-C. 64, wrong usage. 78, the \
                configuration cannot be used.
                """
        )

        @Argument(help: "The report's name.")
        var name: String
        @Option(help: "The configuration.")
        var config: String
        @Option(help: "The first day, such as 2025-06-07, in the report's time zone.")
        var from: String?
        @Option(help: "The day after the last.")
        var to: String?
        @Flag(help: "Say what would be written, and write nothing.")
        var dryRun = false

        func run() async throws {
            let configuration = try LoadedConfiguration.load(config)
            let request = ReportRunRequest(report: name, days: try days(), dryRun: dryRun)
            let place = RunPlace(configuration)
            let outcome: Result<ReportRunResult, any Error>
            do {
                let result = try await RunWatch.wait(
                    progress: { await place.progress(of: request.report) },
                    for: { try await place.run(request) }
                )
                outcome = .success(result)
            } catch {
                outcome = .failure(error)
            }
            try await place.close()
            do {
                for line in try outcome.get().lines { print(line) }
            } catch let stop as RunWatch.Interrupted {
                complain(place.words(stopped: request.report))
                throw ExitCode(128 + stop.signal)
            } catch {
                complain("\(error)")
                throw ExitStatus.refused
            }
        }

        private func days() throws -> Range<LocalDay>? {
            guard from != nil || to != nil else { return nil }
            guard let from = from.flatMap(LocalDay.init), let to = to.flatMap(LocalDay.init), from < to else {
                throw ValidationError("--from and --to are days such as 2025-06-07, the second after the first.")
            }
            return from..<to
        }
    }
}

/// Where a report is run: in the daemon that is running, or here when none is.
final class RunPlace: Sendable {
    private let daemon: RunningDaemon
    private let store: StoppedStore
    private let isHere = Atomic<Bool>(false)

    init(_ configuration: Configuration) {
        daemon = RunningDaemon(configuration)
        store = StoppedStore(configuration)
    }

    func run(_ request: ReportRunRequest) async throws -> ReportRunResult {
        if let result = try await daemon.run(request) { return result }
        isHere.store(true, ordering: .relaxed)
        return try await store.run(request)
    }

    /// How far the report's run is; nil when none is under way.
    func progress(of report: String) async -> ReportProgress? {
        isHere.load(ordering: .relaxed) ? await store.progress(of: report) : await daemon.progress(of: report)
    }

    /// What becomes of a run that is not waited for any more.
    func words(stopped report: String) -> String {
        isHere.load(ordering: .relaxed)
            ? "\(ReportError.cancelled(report: report))"
            : "not waited for any more; a run that has begun goes on in the running meterd, which says how far it is "
                + "at \(daemon.address)/api/v1/reports/\(report)/progress"
    }

    /// Closes the connections to the daemon.
    func close() async throws { try await daemon.close() }
}

/// Runs a report on a store that no daemon has open.
final class StoppedStore: Sendable {
    private let configuration: Configuration
    private let runner = Mutex<ReportRunner?>(nil)

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// How far the run is; nil before it began.
    func progress(of report: String) async -> ReportProgress? {
        await runner.withLock { $0 }?.progress(report: report)
    }

    func run(_ request: ReportRunRequest) async throws -> ReportRunResult {
        LoggingSystem.bootstrap { LineLogHandler(label: $0, format: .text, level: .error) }
        let logger = Logger(label: "meterd")
        let registry = MetricsRegistry()
        let engine = EngineService(configuration: configuration, registry: registry, logger: logger)
        try await engine.open()
        let outcome: Result<ReportRunResult, any Error>
        do {
            let room = try ReportRoom(configuration: configuration, usage: engine, registry: registry, logger: logger)
            runner.withLock { $0 = room.runner }
            do {
                outcome = .success(try await room.runner.run(request))
            } catch {
                outcome = .failure(error)
            }
            try await room.close()
        } catch {
            await engine.close()
            throw error
        }
        await engine.close()
        return try outcome.get()
    }
}

extension ReportRunResult {
    /// For people: a line a file, then the sums.
    var lines: [String] {
        files.map { file in
            "\(file.outcome.rawValue) \(file.key): \(Quantities.counted(file.rows, "row")), \(file.bytes) bytes"
                + (file.skippedRows > 0 ? ", \(Quantities.counted(file.skippedRows, "row")) skipped" : "")
        } + openDays.map { "\($0) is not closed yet and was left out" } + warnings.map { "warning: \($0)" } + [
            "\(report): \(Quantities.counted(files.count, "file")), \(Quantities.counted(rows, "row")), \(bytes) bytes, "
                + "\(Quantities.counted(skippedRows, "row")) skipped" + (dryRun ? "; nothing was written" : "")
        ]
    }
}
