import AsyncHTTPClient
import Foundation
import Glibc
import Logging
package import ObjectStore

/// A real S3 server that refuses bad signatures: SeaweedFS, one for the whole test process, on free ports of loopback.
///
/// It ends with the process, however that ends: its shell waits for the end of a pipe that only this process holds.
package final class SeaweedServer: Sendable {
    /// The `weed` program: `METERD_TEST_WEED`, or in the virtual environment that `scripts/test` makes.
    package static let program = TestPrograms.find(variable: "METERD_TEST_WEED", ".venv/bin/weed")

    package static let isInstalled = program != nil

    /// Started by the first test that asks.
    package static let shared = Task { try await SeaweedServer.start() }

    package let origin: String
    package let port: Int
    private let directory: String
    private let process: Process
    /// Its end is the server's end.
    private let leash: Pipe

    /// May read, write and list, and cannot make a bucket.
    package static let narrow = Credentials(accessKeyID: "EXAMPLEMETER", secretAccessKey: "example/secret+meter")
    private static let wide = Credentials(accessKeyID: "EXAMPLESETUP", secretAccessKey: "example/secret+setup")
    package static let bucket = "meter-test"
    /// What the server takes for its own name, for buckets in host names.
    private static let domain = "s3.example.org"

    package struct Failed: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) {
            self.description = description
        }
    }

    private init(port: Int, directory: String, process: Process, leash: Pipe) {
        origin = "http://127.0.0.1:\(port)"
        self.port = port
        self.directory = directory
        self.process = process
        self.leash = leash
    }

    /// Another process may take a port between its choice and its use; the server ends then, and others are chosen.
    private static func start() async throws -> SeaweedServer {
        for _ in 1..<startLimit {
            let server = try launch()
            if try await server.makeBucket() { return server }
        }
        let server = try launch()
        guard try await server.makeBucket() else { throw Failed(description: "SeaweedFS ended \(startLimit) times") }
        return server
    }

    private static let startLimit = 4

    private static func launch() throws -> SeaweedServer {
        guard let program else { throw Failed(description: "there is no weed program") }
        let directory = FileManager.default.temporaryDirectory.appending(path: "seaweed-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: directory + "/data", withIntermediateDirectories: true)
        try configuration.write(toFile: directory + "/s3.json", atomically: true, encoding: .utf8)
        let ports = try LoopbackPorts.free(8)
        let names = [
            "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
        ]
        let fixed = [
            "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=\(directory)/data", "-filer", "-s3", "-s3.port=\(ports[6])",
            "-s3.port.grpc=\(ports[7])", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.config=\(directory)/s3.json",
            "-filer.localSocket=\(directory)/filer.sock", "-s3.localSocket=\(directory)/s3.sock", "-volume.max=300",
            "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
            "-s3.domainName=\(domain)",
        ]
        let process = Process()
        let leash = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", Self.keeper, "sh", directory, ports.map(String.init).joined(separator: " "), program, "server"]
            + zip(names, ports).map { "-\($0)=\($1)" } + fixed
        process.standardInput = leash
        // Whoever reads this process's output must not wait for the server's end.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.start()
        return SeaweedServer(port: ports[6], directory: directory, process: process, leash: leash)
    }

    /// Runs the server until its own input ends, and takes away what it leaves, sockets in a fixed place included.
    ///
    /// No `wait`: the shell's waits for SIGCHLD, which may be blocked in whoever starts it, and then it waits for ever.
    private static let keeper = #"""
        d=$1; ports=$2; shift 2
        ( sh -c 'echo $$ >"$0"; exec "$@"' "$d/pid" "$@" >"$d/log" 2>&1 </dev/null; : >"$d/ended" ) &
        cat >/dev/null
        kill -9 "$(cat "$d/pid")"
        for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "$d/ended" ] && break; sleep 0.1; done
        for p in $ports; do rm -f /tmp/seaweedfs-*-grpc-$p.sock; done
        rm -rf "$d"
        """#

    private static var configuration: String {
        func identity(_ name: String, _ credentials: Credentials, _ actions: String) -> String {
            """
            {"name":"\(name)","credentials":[{"accessKey":"\(credentials.accessKeyID)","secretKey":"\(credentials.secretAccessKey)"}],
            "actions":[\(actions)]}
            """
        }
        let narrow = identity("meter", narrow, #""Read","Write","List","Tagging""#)
        return "{\"identities\":[\(narrow),\(identity("setup", wide, #""Admin""#))]}"
    }

    /// Waits for the server and makes the tests' bucket; false when the server has ended.
    private func makeBucket() async throws -> Bool {
        let store = try store(credentials: Self.wide) { $0.retry.attempts = 1 }
        var last = ""
        for _ in 0..<Self.patience {
            do throws(ObjectStoreError) {
                // The bucket is there; whether an object can be kept is a question of the volume server too.
                _ = try await store.put("ready", .bytes([1]), contentType: "text/plain")
                return true
            } catch {
                last = error.description
            }
            if access(directory + "/ended", F_OK) == 0 { return false }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw Failed(description: "SeaweedFS did not start: \(last)")
    }

    /// Quarters of a second to start in.
    private static let patience = 480

    /// A store in the tests' bucket, with retries as usual and real waits.
    package func store(
        credentials: Credentials = narrow,
        bucket: String = bucket,
        prefix: String = "",
        clock: StoreClock = .system,
        _ change: (inout S3Settings) -> Void = { _ in }
    ) throws -> S3Store {
        var settings = try S3Settings(
            bucket: bucket,
            region: "us-east-1",
            prefix: prefix,
            endpoint: origin,
            pathStyle: true
        )
        change(&settings)
        return S3Store(
            settings,
            credentials: StaticCredentials(credentials),
            http: Self.http,
            logger: Self.quiet,
            clock: clock
        )
    }

    /// The same bucket, by a host name that leads to loopback.
    package func virtualHostStore(prefix: String) throws -> S3Store {
        let settings = try S3Settings(
            bucket: Self.bucket,
            region: "us-east-1",
            prefix: prefix,
            endpoint: "http://\(Self.domain):\(port)"
        )
        return S3Store(settings, credentials: StaticCredentials(Self.narrow), http: Self.namedHTTP, logger: Self.quiet)
    }

    private static let http = HTTPClient.forObjectStores()
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let namedHTTP: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.dnsOverride = ["\(bucket).\(domain)": "127.0.0.1"]
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}
