import ArgumentParser
import Foundation
import MeterdConfiguration

/// `meterd config …`
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration, or print its JSON Schema for editors.",
        subcommands: [Check.self, Schema.self]
    )

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a configuration file: one line per error, exit 78 if there is any."
        )

        @Argument(help: "The YAML file.")
        var file: String

        func run() throws {
            let configuration = try LoadedConfiguration.load(file)
            print(
                "\(file): good: \(configuration.meters.count) meters, \(configuration.reports.count) reports, "
                    + "\(configuration.destinations.count) destinations, \(configuration.kafka.count) Kafka clusters"
            )
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the JSON Schema of the configuration file.")

        func run() { print(ConfigurationSchema.text) }
    }
}

/// Reads the configuration for a command, or says what is wrong with it and ends the command.
enum LoadedConfiguration {
    static func load(_ file: String) throws -> Configuration {
        do {
            return try Configuration.load(file: file, environment: ProcessInfo.processInfo.environment)
        } catch {
            for problem in error.errors { complain("\(problem)") }
            throw ExitStatus.configuration
        }
    }
}
