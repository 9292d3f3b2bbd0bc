import Foundation
import Glibc
import ObjectStore

/// A fast broker that nobody here wrote: Tansu, each test its own, in memory or with its data in a bucket.
///
/// Debian's librdkafka 2.0.2 cannot talk to it (it does not understand the answer to its first request), so a process that
/// shall has to load a newer one: `environment`. It has no admin requests but creating and deleting topics; a missing
/// topic that is asked for is made, with four partitions.
package final class TansuServer: Sendable {
    /// The `tansu` program: `METERD_TEST_TANSU`, or the one that `scripts/test` takes out of its wheel.
    package static let program = TestPrograms.find(variable: "METERD_TEST_TANSU", ".venv/bin/tansu")

    /// A newer librdkafka, which comes with a Python client: `METERD_TEST_NEWER_LIBRDKAFKA`, or the one in the virtual
    /// environment that `scripts/test` makes. It needs no other library but the system's.
    package static let newerLibrdkafka = TestPrograms.find(
        variable: "METERD_TEST_NEWER_LIBRDKAFKA",
        mode: R_OK,
        TestPrograms.sitePackages + "/confluent_kafka.libs/librdkafka-*.so.1"
    )
    package static let isInstalled = program != nil && newerLibrdkafka != nil

    /// For a process that is linked with Debian's librdkafka and shall run with the newer one.
    package static let environment = ["LD_PRELOAD": newerLibrdkafka ?? ""]

    /// Where it keeps its data.
    package enum Storage: Sendable {
        /// Gone when it stops.
        case memory
        /// A bucket of an S3 server, under `clusters/` and the cluster's name (it ignores prefixes in the bucket's address);
        /// the data outlives the broker.
        case bucket(String, endpoint: String, accessKeyID: String, secretAccessKey: String, cluster: String)

        /// A cluster of its own in the bucket of the tests.
        package static func bucket(of server: SeaweedServer) -> Storage {
            .bucket(
                SeaweedServer.bucket,
                endpoint: server.origin,
                accessKeyID: SeaweedServer.narrow.accessKeyID,
                secretAccessKey: SeaweedServer.narrow.secretAccessKey,
                cluster: "tansu-\(UUID().uuidString)"
            )
        }
    }

    private let server: ServerProcess
    private let program: String
    package let bootstrapServers: String

    private init(_ server: ServerProcess, program: String) {
        self.server = server
        self.program = program
        bootstrapServers = "127.0.0.1:\(server.port)"
    }

    /// - Parameter authentication: it wants SASL (SCRAM-SHA-256 or -512) and refuses everybody, since neither storage keeps
    ///   users.
    package static func start(storage: Storage = .memory, authentication: Bool = false) async throws -> TansuServer {
        guard let program else { throw BrokerFailure("there is no tansu program") }
        let (engine, cluster, environment) = settings(storage)
        let server = try await ServerProcess.start(name: "tansu", environment: environment) { _, port in
            let url = "tcp://127.0.0.1:\(port)"
            return [
                program, "broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", engine,
                "--cluster-id", cluster,
            ] + (authentication ? ["--authentication"] : [])
        }
        return TansuServer(server, program: program)
    }

    private static func settings(_ storage: Storage) -> (engine: String, cluster: String, environment: [String: String])
    {
        switch storage {
        case .memory: ("memory://tansu/", "tansu", [:])
        case .bucket(let bucket, let endpoint, let accessKeyID, let secretAccessKey, let cluster):
            (
                "s3://\(bucket)/", cluster,
                [
                    "AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true", "AWS_DEFAULT_REGION": "us-east-1",
                    "AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": secretAccessKey,
                ]
            )
        }
    }

    package func createTopic(_ topic: String, partitions: Int) async throws {
        try await run("topic", "create", "--broker", url, "--partitions", "\(partitions)", topic)
    }

    package func deleteTopic(_ topic: String) async throws {
        try await run("topic", "delete", "--broker", url, topic)
    }

    private var url: String { "tcp://" + bootstrapServers }

    private func run(_ arguments: String...) async throws {
        let outcome = try await Command.run([program] + arguments)
        guard outcome.status == 0 else {
            throw BrokerFailure("tansu \(arguments.prefix(2).joined(separator: " ")): \(outcome.errors)")
        }
    }

    /// Ends it with SIGTERM.
    package func stop() async throws { try await server.stop() }

    /// Ends it with SIGKILL.
    package func kill() async throws { try await server.stop(.kill) }

    /// After `stop` or `kill`: the same port, and what is in its bucket.
    package func restart() async throws { try await server.restart() }

    /// What it printed.
    package var log: String { server.log }
}
