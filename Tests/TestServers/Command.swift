import Foundation

/// A program run to its end.
package enum Command {
    package struct Outcome: Sendable {
        package var status: Int32
        package var output: String
        package var errors: String
    }

    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - input: what it reads.
    ///   - environment: added to this process's.
    package static func run(
        _ command: [String],
        input: String = "",
        environment: [String: String] = [:]
    ) async throws -> Outcome {
        // Files and not pipes, which fill up.
        let directory = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = ["input", "output", "errors"].map { directory.appending(path: $0) }
        for file in files { try Data((file == files[0] ? input : "").utf8).write(to: file) }

        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let handles = (
            try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
            try FileHandle(forWritingTo: files[2])
        )
        (process.standardInput, process.standardOutput, process.standardError) = handles
        try process.start()
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return Outcome(status: process.terminationStatus, output: try text(files[1]), errors: try text(files[2]))
    }
}
