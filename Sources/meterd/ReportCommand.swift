import ArgumentParser
import Foundation
import Logging
import MeterdConfiguration
import Metering
import Observability
import ReportDefinitions
import Reports

/// `meterd report …`
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Run a report now.",
        subcommands: [Run.self]
    )

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the files of some days now, and say which.",
            discussion: """
                Asks the running meterd that the configuration describes; where none is running, opens the store itself.
                Without --from and --to: every closed day that is not delivered yet or has changed.
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
            do {
                let result = try await answer(request, configuration)
                for line in result.lines { print(line) }
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

        private func answer(
            _ request: ReportRunRequest,
            _ configuration: Configuration
        ) async throws -> ReportRunResult {
            if let result = try await RunningDaemon(configuration).run(request) { return result }
            return try await StoppedStore(configuration).run(request)
        }
    }
}

/// Runs a report on a store that no daemon has open.
struct StoppedStore {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
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
            "\(file.outcome.rawValue) \(file.key): \(file.rows) rows, \(file.bytes) bytes"
                + (file.skippedRows > 0 ? ", \(file.skippedRows) rows skipped" : "")
        } + openDays.map { "\($0) is not closed yet and was left out" } + [
            "\(report): \(files.count) files, \(rows) rows, \(bytes) bytes, \(skippedRows) rows skipped"
                + (dryRun ? "; nothing was written" : "")
        ]
    }
}
