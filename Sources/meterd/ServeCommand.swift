import ArgumentParser
import Logging
import MeterdConfiguration
import Observability

/// `meterd serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Run the daemon: SIGHUP reads meters, reports, tokens and certificates again, SIGTERM drains and exits 0."
    )

    @Option(help: "The YAML file; docs/configuration.md explains every key.")
    var config: String

    func run() async throws {
        let configuration = try LoadedConfiguration.load(config)
        try await Daemon(file: config, configuration: configuration).run()
    }
}
