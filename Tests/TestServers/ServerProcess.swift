import Foundation
import Glibc
import Synchronization

/// A server of another program on loopback, which can be stopped and started again with its data.
///
/// It ends with its owner, and with this process, however that ends: its shell waits for the end of a pipe that only
/// this process holds.
package final class ServerProcess: Sendable {
    /// A folder of the server's own, removed with it.
    package let directory: String
    /// The port that it listens on while it runs.
    package let port: Int
    private let process: Process
    /// Its lines are orders to the shell, and its end is the server's end.
    private let leash: Pipe
    /// How often it was started.
    private let starts = Mutex(1)

    /// Starts one and waits until it listens; another process may take its port first, so it is tried on others.
    ///
    /// - Parameter command: the program and its arguments, from the folder and the port.
    package static func start(
        name: String,
        environment: [String: String] = [:],
        command: (_ directory: String, _ port: Int) -> [String]
    ) async throws -> ServerProcess {
        var log = ""
        for _ in 0..<startLimit {
            let server = try ServerProcess(name: name, environment: environment, command: command)
            if try await server.isListening() { return server }
            log = server.log
        }
        throw BrokerFailure("\(name) ended \(startLimit) times before it listened: \(log)")
    }

    private static let startLimit = 4

    private init(name: String, environment: [String: String], command: (String, Int) -> [String]) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "\(name)-\(UUID().uuidString)").path
        port = try LoopbackPorts.free(1)[0]
        leash = Pipe()
        process = Process()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.keeper, "sh", directory] + command(directory, port)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = leash
        // Whoever reads this process's output must not wait for the server's end.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.start()
    }

    deinit {
        try? leash.fileHandleForWriting.close()
    }

    /// Runs the server and obeys orders (`start`, or a signal's name) until its own input ends.
    ///
    /// No `wait`: the shell's waits for SIGCHLD, which may be blocked in whoever starts it, and then it waits for ever.
    private static let keeper = #"""
        d=$1; shift; n=0
        run() {
            n=$((n + 1))
            ( sh -c 'echo $$ >"$0"; exec "$@"' "$d/pid.$n" "$@" >>"$d/log" 2>&1 </dev/null; : >"$d/ended.$n" ) &
        }
        send() {
            until [ -s "$d/pid.$n" ]; do sleep 0.02; done
            [ -e "$d/ended.$n" ] || kill "-$1" "$(cat "$d/pid.$n")"
        }
        run "$@"
        while read -r order; do
            case $order in start) run "$@" ;; *) send "$order" ;; esac
        done
        send KILL
        for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "$d/ended.$n" ] && break; sleep 0.1; done
        rm -rf "$d"
        """#

    /// Signals to end a server with.
    package enum Signal: String, Sendable {
        /// The server may save what it has.
        case terminate = "TERM"
        case kill = "KILL"
    }

    /// Ends the server and waits until it has ended.
    package func stop(_ signal: Signal = .terminate) async throws {
        try order(signal.rawValue)
        for _ in 0..<Self.patience {
            if hasEnded { return }
            try await Task.sleep(for: Self.pause)
        }
        throw BrokerFailure("\(directory): the server did not end by \(signal): \(log)")
    }

    /// Starts a stopped server on the same port and folder, and waits until it listens.
    package func restart() async throws {
        for _ in 0..<Self.startLimit {
            starts.withLock { $0 += 1 }
            try order("start")
            if try await isListening() { return }
        }
        throw BrokerFailure("\(directory): the server did not start again on port \(port): \(log)")
    }

    /// False when it has ended.
    private func isListening() async throws -> Bool {
        for _ in 0..<Self.patience {
            let isOpen = LoopbackPorts.isOpen(port)
            // Asked second: what is open may be another process's.
            if hasEnded { return false }
            if isOpen { return true }
            try await Task.sleep(for: Self.pause)
        }
        throw BrokerFailure("\(directory): the server does not listen on port \(port): \(log)")
    }

    private static let pause = Duration.milliseconds(20)
    /// Pauses to start or to end in.
    private static let patience = 1500

    private var hasEnded: Bool {
        access(directory + "/ended.\(starts.withLock { $0 })", F_OK) == 0
    }

    private func order(_ line: String) throws {
        try leash.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The end of what it has printed since its first start.
    package var log: String {
        let all = (try? Data(contentsOf: URL(filePath: directory + "/log"))) ?? Data()
        return String(decoding: all.suffix(Self.logLength), as: UTF8.self)
    }

    /// Bytes.
    private static let logLength = 4 << 10
}
