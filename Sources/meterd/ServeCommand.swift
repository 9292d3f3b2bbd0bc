import ArgumentParser
import Logging
import MeterdConfiguration
import Observability

/// `meterd serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Run the daemon: SIGHUP reads meters and reports again, SIGTERM drains, makes a checkpoint and exits 0."
    )

    @Option(help: "The YAML file; docs/configuration.md explains every key.")
    var config: String

    func run() async throws {
        let configuration = try LoadedConfiguration.load(config)
        try await Daemon(file: config, configuration: configuration).run()
    }
}
