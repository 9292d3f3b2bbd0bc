import ArgumentParser
import Engine
import Foundation

/// The command line: what each exit code means is part of the interface (`ExitStatus`).
@main
struct Meterd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meterd",
        abstract:
            "Counts CloudEvents exactly, per meter per day, and writes CSV and FOCUS reports to directories and buckets.",
        version: Version.text,
        subcommands: [
            Serve.self, Config.self, LogCommand.self, ReportCommand.self, ProduceCommand.self, IAMCommand.self,
            TokenCommand.self,
        ]
    )
}

/// The version that `meterd --version` prints.
enum Version {
    static let text = "0.4.0"
}

/// Exit codes, after sysexits.h where that has one.
enum ExitStatus {
    /// A configuration that cannot be used.
    static let configuration = ExitCode(78)
    /// Data on disk that does not read as what was written, or that contradicts itself.
    static let data = ExitCode(65)
    /// A disk, network or process fault.
    static let fault = ExitCode(74)
    /// What was asked for cannot be done: an unknown report, an open day, a failed delivery.
    static let refused = ExitCode(1)
}

extension EngineError {
    /// The exit code that goes with it.
    var exitStatus: ExitCode {
        switch self {
        case .damaged, .contradiction: ExitStatus.data
        case .meterRedefined: ExitStatus.configuration
        case .directory, .log, .store, .dedupe: ExitStatus.fault
        }
    }
}

/// Writes one line to standard error.
func complain(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
