import ArgumentParser

/// Benchmarks of the way of an event. They print figures and judge nothing; compare figures of one run only.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meterd-bench",
        abstract: "Measures meterd's way of an event, in this process.",
        subcommands: [IngestBench.self, KafkaBench.self]
    )
}
