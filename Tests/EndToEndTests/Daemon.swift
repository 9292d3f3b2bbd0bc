import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization
import TestServers

/// The built `meterd`, run as a user runs it: a process with a configuration file, its log read line by line.
final class Daemon: Sendable {
    let directory: URL
    let configurationFile: URL
    private let running = Mutex<Running?>(nil)

    private struct Running {
        var process: Process
        var address: String
        var log: LogLines
    }

    /// A directory of its own with `configuration` in it; `DIRECTORY` in the text stands for the directory's path.
    init(configuration: String) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "meterd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        configurationFile = directory.appending(path: "meterd.yaml")
        try write(configuration: configuration)
    }

    deinit {
        signal(SIGKILL)
        try? FileManager.default.removeItem(at: directory)
    }

    func write(configuration: String) throws {
        let text = configuration.replacing("DIRECTORY", with: directory.path)
        try text.write(to: configurationFile, atomically: true, encoding: .utf8)
    }

    /// Starts the daemon and waits until it has recovered and, if that is expected, is ready; `wrapper` is a command in front of it, for example strace.
    func start(
        environment: [String: String] = [:],
        wrapper: [String] = [],
        expectReady: Bool = true
    ) async throws {
        let process = Process()
        let command = wrapper + [Program.path, "serve", "--config", configurationFile.path]
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = directory
        let log = try LogLines()
        process.standardError = log.handle
        process.standardOutput = FileHandle.nullDevice
        try process.start()
        let address = try await log.listeningAddress(while: { process.isRunning })
        running.withLock { $0 = Running(process: process, address: address, log: log) }
        try await wait(for: "recovery") { self.log.contains("meterd is ready") }
        if expectReady { try await wait(for: "readiness") { try await get("/readyz").status == 200 } }
    }

    var address: String { running.withLock { $0?.address ?? "" } }

    /// Everything it has logged since it was started last.
    var log: String { running.withLock { $0?.log.text ?? "" } }

    /// Memory it has of the machine, in bytes.
    func residentBytes() throws -> Int {
        let process = running.withLock { $0?.process.processIdentifier ?? 0 }
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        return (status.firstMatch(of: /VmRSS:\s+([0-9]+) kB/).flatMap { Int($0.1) } ?? 0) * 1024
    }

    func signal(_ number: Int32) {
        running.withLock { running in
            if let running { kill(running.process.processIdentifier, number) }
        }
    }

    /// Ends it with a signal and returns the exit status (for a signal that kills: 128 + its number).
    @discardableResult
    func stop(_ number: Int32 = SIGTERM) async throws -> Int32 {
        signal(number)
        return try await exit()
    }

    /// Waits until it ends by itself.
    func exit() async throws -> Int32 {
        guard let process = running.withLock({ $0?.process }) else { return -1 }
        try await wait(for: "the process to end") { !process.isRunning }
        running.withLock { $0 = nil }
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send("GET", path, headers: headers, body: nil)
    }

    func post(_ path: String, type: String, body: Data, headers: [(String, String)] = []) async throws -> Answer {
        try await send("POST", path, headers: [("Content-Type", type)] + headers, body: body)
    }

    private func send(_ method: String, _ path: String, headers: [(String, String)], body: Data?) async throws -> Answer
    {
        var request = HTTPClientRequest(url: "http://\(address)\(path)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(data: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(300))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers.map { ($0.name.lowercased(), $0.value) },
            body: Data(bytes.readableBytesView)
        )
    }

    /// Asks until the answer is yes, for at most a minute.
    func wait(for what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<1200 {
            if (try? await condition()) == true { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DaemonError.timedOut(what, log: log)
    }
}

struct Answer {
    var status: Int
    var headers: [(String, String)]
    var body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }
}

enum DaemonError: Error, CustomStringConvertible {
    case ended(log: String)
    case timedOut(String, log: String)

    var description: String {
        switch self {
        case .ended(let log): "meterd ended before it listened; it logged:\n\(log)"
        case .timedOut(let what, let log): "waited in vain for \(what); meterd logged:\n\(log)"
        }
    }
}

/// The built executables beside the test bundle.
enum Program {
    static let path: String = Bundle.main.bundleURL.appending(path: "meterd").path

    /// The package's root, for fixtures and the virtual environment.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a command to its end.
    static func run(
        _ command: [String],
        in directory: URL? = nil,
        environment: [String: String] = [:]
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = directory }
        let output = try LogLines()
        let errors = try LogLines()
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.start()
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return Outcome(status: process.terminationStatus, output: output.text, errors: errors.text)
    }

    static func meterd(_ arguments: String..., in directory: URL? = nil) async throws -> Outcome {
        try await run([path] + arguments, in: directory)
    }
}

/// What a process writes: a file of its own, read when it is asked for.
final class LogLines: Sendable {
    let handle: FileHandle
    private let file: URL

    init() throws {
        file = FileManager.default.temporaryDirectory.appending(path: "meterd-output-\(UUID().uuidString)")
        try Data().write(to: file)
        handle = try FileHandle(forWritingTo: file)
    }

    deinit {
        try? handle.close()
        try? FileManager.default.removeItem(at: file)
    }

    var text: String { (try? String(decoding: Data(contentsOf: file), as: UTF8.self)) ?? "" }

    /// The address in the log line that says where the daemon listens.
    func listeningAddress(while running: () -> Bool) async throws -> String {
        for _ in 0..<1200 {
            let isRunning = running()
            if let match = text.firstMatch(of: /"address":"([^"]+)"/) { return String(match.1) }
            if !isRunning { throw DaemonError.ended(log: text) }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw DaemonError.timedOut("the line that says where it listens", log: text)
    }
}
