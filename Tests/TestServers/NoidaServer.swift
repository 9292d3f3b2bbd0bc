/// A broker that nobody here wrote and that the linked librdkafka can talk to: noida-db, each test its own.
///
/// Its watermarks are right, it is restarted on the same port with its data, and it takes requests of the Admin
/// interface (`admin`): partitions are added, records and topics deleted. It writes its data to disk when it is told to
/// end, so what it loses by `kill` is its own fault. A hundred thousand small messages a second.
package final class NoidaServer: Sendable {
    /// The `noida-db` program: `METERD_TEST_NOIDA`, or the one in the virtual environment that `scripts/test` makes (not
    /// its `bin/noida-db`, a script that would keep signals from the program).
    package static let program = TestPrograms.find(
        variable: "METERD_TEST_NOIDA",
        TestPrograms.sitePackages + "/noida_db/noida-db"
    )
    package static let isInstalled = program != nil

    private let server: ServerProcess
    package let bootstrapServers: String

    private init(_ server: ServerProcess) {
        self.server = server
        bootstrapServers = "127.0.0.1:\(server.port)"
    }

    package static func start() async throws -> NoidaServer {
        guard let program else { throw BrokerFailure("there is no noida-db program") }
        let server = try await ServerProcess.start(name: "noida") { directory, port in
            [
                program, "start", "--data-dir", directory + "/data", "--host", "127.0.0.1", "--only", "kafka",
                "--kafka-port", "\(port)",
            ]
        }
        return NoidaServer(server)
    }

    /// Ends it with SIGTERM, so that it saves all it has.
    package func stop() async throws { try await server.stop() }

    /// Ends it with SIGKILL; what it had not saved is lost.
    package func kill() async throws { try await server.stop(.kill) }

    /// After `stop` or `kill`: the same port, and the data that it saved.
    package func restart() async throws { try await server.restart() }

    package func admin() throws(BrokerFailure) -> TestAdmin {
        try TestAdmin(bootstrapServers: bootstrapServers)
    }

    /// What it printed.
    package var log: String { server.log }
}
