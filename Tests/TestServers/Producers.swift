import Foundation

/// Kafka producers that nobody here wrote.
package enum Producers {
    /// kcat of Debian: `METERD_TEST_KCAT`, or where the package has it.
    package static let kcat = TestPrograms.find(variable: "METERD_TEST_KCAT", "/usr/bin/kcat")
    package static let hasKcat = kcat != nil

    /// Python with `confluent-kafka` and `cloudevents`: `METERD_TEST_PYTHON`, or the virtual environment of `scripts/test`.
    package static let python = TestPrograms.find(variable: "METERD_TEST_PYTHON", ".venv/bin/python3")
    package static let hasPython = python != nil

    private static let script = TestPrograms.root.appending(path: "Tests/EndToEndTests/Fixtures/produce_events.py").path

    /// Messages of one line each, by kcat.
    ///
    /// - Parameters:
    ///   - partition: nil lets each key choose.
    ///   - lines: keys and values, without tabs and line ends; kcat sends an empty value as such, and an empty key too.
    ///   - headers: of every message.
    ///   - properties: librdkafka's.
    ///   - environment: `TansuServer.environment` for that broker.
    package static func kcat(
        bootstrapServers: String,
        topic: String,
        partition: Int? = nil,
        _ lines: [(key: String, value: String)],
        headers: [(String, String)] = [],
        properties: [String: String] = [:],
        environment: [String: String] = [:]
    ) async throws {
        guard let kcat else { throw BrokerFailure("kcat is not installed") }
        var command = [kcat, "-P", "-b", bootstrapServers, "-t", topic, "-K", "\t"]
        if let partition { command += ["-p", "\(partition)"] }
        for (name, value) in headers { command += ["-H", "\(name)=\(value)"] }
        for (name, value) in properties { command += ["-X", "\(name)=\(value)"] }
        let input = lines.map { "\($0.key)\t\($0.value)\n" }.joined()
        let outcome = try await Command.run(command, input: input, environment: environment)
        guard outcome.status == 0 else { throw BrokerFailure("kcat ended with \(outcome.status): \(outcome.errors)") }
    }

    /// What `produce_events.py` says that it delivered.
    package struct Delivered: Sendable, Hashable, Decodable {
        /// Events.
        package var count: Int
        /// The sum of their data's `tokens`.
        package var tokens: Int
        /// Events by partition.
        package var partitions: [String: Int]
    }

    package enum Mode: String, Sendable, CaseIterable { case structured, binary }

    /// Events by Python's `confluent-kafka` and the CloudEvents SDK, keyed by their subject.
    ///
    /// Event i has the ID `python-i`, the source `example/python`, the type `prompt`, the subject `customer-` and
    /// i modulo `subjects`, the time 2025-06-07T12:00:00Z plus i milliseconds, and data with `tokens` of 1 + i modulo 7 and
    /// the mode as `model`.
    ///
    /// - Parameters:
    ///   - ids: the i of the events.
    ///   - properties: librdkafka's, of the newer one that the client brings with it.
    @discardableResult
    package static func python(
        bootstrapServers: String,
        topic: String,
        mode: Mode,
        ids: Range<Int>,
        subjects: Int = 10,
        properties: [String: String] = [:]
    ) async throws -> Delivered {
        guard let python else { throw BrokerFailure("there is no Python with the clients") }
        let command = [
            python, script, bootstrapServers, topic, mode.rawValue, "\(ids.lowerBound)", "\(ids.upperBound)",
            "\(subjects)",
        ]
        let outcome = try await Command.run(command + properties.map { "\($0.key)=\($0.value)" })
        guard outcome.status == 0 else {
            throw BrokerFailure("produce_events.py ended with \(outcome.status): \(outcome.errors)")
        }
        return try JSONDecoder().decode(Delivered.self, from: Data(outcome.output.utf8))
    }
}
