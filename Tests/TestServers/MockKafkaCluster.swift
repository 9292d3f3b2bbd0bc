package import CRdKafka
import Glibc

/// librdkafka's own mock cluster in this process: the real protocol on real ports of loopback, so that other processes can
/// connect to it too, and with faults that a test chooses (rdkafka_mock.h). It ends with its owner.
///
/// Each test makes its own. What the mock of librdkafka 2.0.2 does not do:
/// - Keep everything: a partition holds 5 MiB or 100 thousand *batches*, then the oldest batches go silently. `produce`
///   of many throws when that happened. Batches count as they were sent: `compression.codec` zstd and four partitions
///   have room for a million small events, lz4 for half of that, none for 80 thousand.
/// - Answer a fetch quickly or fully: one batch a partition and answer, and an empty answer always waits the whole
///   `fetch.wait.max.ms`, whatever arrives meanwhile.
/// - Refuse a missing topic: any request for its metadata makes it, with four partitions. `hide(topic:)` is the nearest.
/// - Delete a topic, add partitions to one, or answer any request of the Admin interface: such a connection is cut.
/// - Speak SASL or TLS: a client with SASL is told `_AUTHENTICATION` each time it connects, as with a wrong password; one
///   with TLS never connects.
/// - Find offsets by time, know leader epochs, compact, or drop what an idempotent producer sends twice.
/// - Fail a request for metadata through `fail`; `setError(topic:)` changes what metadata says of one topic.
/// - Let a member that closed join its group again (it gets no assignment). Partitions assigned by the client work,
///   and so do committed offsets.
/// - Outlive the process: for a broker that is restarted with its data, see `NoidaServer`.
package final class MockKafkaCluster: @unchecked Sendable {
    // Unchecked: the mock takes its commands through a queue of its own, from any thread.
    private let cluster: OpaquePointer
    /// The client that the mock runs in, which does nothing else.
    private let host: OpaquePointer
    /// A client like any other.
    package let producer: TestProducer
    package let brokerCount: Int32
    /// `127.0.0.1:port` of each broker, with commas.
    package let bootstrapServers: String

    /// Requests that `fail` can fail, by their numbers in Kafka's protocol (metadata is none of them).
    package enum Request: Int16, Sendable, CaseIterable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case leaveGroup = 13
        case syncGroup = 14
        case apiVersions = 18
        case initProducerID = 22
    }

    /// - Parameters:
    ///   - brokerCount: brokers, numbered from 1.
    ///   - producerProperties: librdkafka's, for `produce`; `compression.codec` makes room for more in a partition.
    package init(brokerCount: Int = 1, producerProperties: [String: String] = [:]) throws(BrokerFailure) {
        let host = try newClient(RD_KAFKA_PRODUCER, clientConfiguration(["log_level": "0"]))
        guard let cluster = rd_kafka_mock_cluster_new(host, Int32(brokerCount)),
            let bootstraps = rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            rd_kafka_destroy(host)
            throw BrokerFailure("librdkafka made no mock cluster")
        }
        self.host = host
        self.cluster = cluster
        self.brokerCount = Int32(brokerCount)
        bootstrapServers = String(cString: bootstraps)
        producer = try TestProducer(bootstrapServers: bootstrapServers, properties: producerProperties)
    }

    deinit {
        destroyClient(host, mock: cluster)
    }

    // MARK: Topics

    /// A topic whose partition p is led by broker p mod brokers + 1, and not by a random one.
    package func createTopic(_ topic: String, partitions: Int32) throws(BrokerFailure) {
        try command("creating \(topic)") {
            rd_kafka_mock_topic_create(cluster, topic, partitions, min(3, brokerCount))
        }
        for partition in 0..<partitions {
            try setLeader(topic: topic, partition: partition, broker: partition % brokerCount + 1)
        }
    }

    /// - Parameter broker: nil leaves the partition without a leader, so nobody can read or write it.
    package func setLeader(topic: String, partition: Int32, broker: Int32?) throws(BrokerFailure) {
        try command("leader of \(topic) [\(partition)]") {
            rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker ?? -1)
        }
    }

    /// What metadata says of the topic; `RD_KAFKA_RESP_ERR_NO_ERROR` ends it. Fetches are answered as before.
    package func setError(topic: String, _ error: rd_kafka_resp_err_t) {
        Self.letServe()
        rd_kafka_mock_topic_set_error(cluster, topic, error)
    }

    /// The topic is gone for clients, as if it was deleted; the messages are there again after `show`.
    package func hide(topic: String) throws(BrokerFailure) {
        let partitions = try producer.partitionCount(topic: topic)
        setError(topic: topic, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        for partition in 0..<partitions { try setLeader(topic: topic, partition: partition, broker: nil) }
    }

    /// Ends `hide`; leaders are as `createTopic` chooses them.
    package func show(topic: String) throws(BrokerFailure) {
        setError(topic: topic, RD_KAFKA_RESP_ERR_NO_ERROR)
        for partition in 0..<(try producer.partitionCount(topic: topic)) {
            try setLeader(topic: topic, partition: partition, broker: partition % brokerCount + 1)
        }
    }

    // MARK: Faults

    /// The next `times` requests of the kind, from whichever client to whichever broker, are answered with the error.
    ///
    /// A client that has been reading may have a fetch under way whose answer it no longer wants; that counts too.
    /// `RD_KAFKA_RESP_ERR__TRANSPORT` cuts the connection at such a request instead.
    package func fail(_ request: Request, with error: rd_kafka_resp_err_t, times: Int = 1) {
        let errors = [rd_kafka_resp_err_t](repeating: error, count: times)
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, times, errors)
    }

    /// Forgets what `fail` was told of the kind and has not come to pass.
    package func stopFailing(_ request: Request) {
        rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// Cuts the connections and refuses new ones on the same port; its partitions keep it as leader.
    ///
    /// - Parameter broker: nil is all of them.
    package func stop(broker: Int32? = nil) throws(BrokerFailure) {
        try command("stopping a broker") { rd_kafka_mock_broker_set_down(cluster, broker ?? -1) }
    }

    /// Ends `stop`, with everything that was there before.
    package func restart(broker: Int32? = nil) throws(BrokerFailure) {
        try command("starting a broker") { rd_kafka_mock_broker_set_up(cluster, broker ?? -1) }
    }

    /// Every answer takes this much longer, in milliseconds.
    package func setRoundTrip(milliseconds: Int32, broker: Int32? = nil) throws(BrokerFailure) {
        try command("round trip of a broker") { rd_kafka_mock_broker_set_rtt(cluster, broker ?? -1, milliseconds) }
    }

    /// All that the partition has is lost, as when its retention ends: an older offset is out of range from now on.
    ///
    /// A message larger than a partition may be pushes out all others, and the one after it pushes out that one; the mock
    /// counts both as cut already. So two offsets more than it had are lost.
    ///
    /// - Returns: the offset of the next message, which is also the first that there is.
    @discardableResult
    package func loseMessages(topic: String, partition: Int32) throws(BrokerFailure) -> Int64 {
        let filler = try TestProducer(
            bootstrapServers: bootstrapServers,
            properties: ["message.max.bytes": "\(2 * Self.partitionBytes)", "compression.codec": "none"]
        )
        let large = TestMessage(key: nil, headers: [], value: [UInt8](repeating: 0x20, count: Self.partitionBytes))
        try filler.produce(topic: topic, partition: partition, large)
        let last = try filler.produce(topic: topic, partition: partition, TestMessage(value: ""))
        let left = try producer.watermarks(topic: topic, partition: partition)
        guard left == last + 1..<last + 1 else {
            throw BrokerFailure("\(topic) [\(partition)] still has \(left) after its messages were lost")
        }
        return left.lowerBound
    }

    /// What a partition of the mock holds at most, in bytes of batches.
    package static let partitionBytes = 5 << 20

    // MARK: Messages

    /// One message. See `TestProducer.produce`.
    @discardableResult
    package func produce(topic: String, partition: Int32, _ message: TestMessage) throws(BrokerFailure) -> Int64 {
        try producer.produce(topic: topic, partition: partition, message)
    }

    /// One message from its parts.
    @discardableResult
    package func produce(
        topic: String,
        partition: Int32,
        key: String? = nil,
        headers: [(String, String)] = [],
        value: String?
    ) throws(BrokerFailure) -> Int64 {
        try produce(topic: topic, partition: partition, TestMessage(key: key, headers: headers, value: value))
    }

    /// Many messages, in their order; throws when the mock had no room and lost older ones.
    ///
    /// - Parameter partition: nil lets each message's key choose.
    @discardableResult
    package func produce(
        topic: String,
        partition: Int32? = nil,
        _ messages: some Sequence<TestMessage>
    ) throws(BrokerFailure) -> Int {
        let partitions = 0..<(try producer.partitionCount(topic: topic))
        func firstOffsets() throws(BrokerFailure) -> [Int64] {
            var offsets: [Int64] = []
            for partition in partitions {
                offsets.append(try watermarks(topic: topic, partition: partition).lowerBound)
            }
            return offsets
        }
        let before = try firstOffsets()
        let count = try producer.produce(topic: topic, partition: partition, messages)
        guard try firstOffsets() == before else {
            throw BrokerFailure("\(topic): the mock cluster had no room for \(count) messages and lost older ones")
        }
        return count
    }

    /// The first offset that a partition still has, and the one that its next message gets.
    package func watermarks(topic: String, partition: Int32) throws(BrokerFailure) -> Range<Int64> {
        try producer.watermarks(topic: topic, partition: partition)
    }

    private func command(_ what: String, _ run: () -> rd_kafka_resp_err_t) throws(BrokerFailure) {
        Self.letServe()
        let error = run()
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BrokerFailure("mock cluster, \(what): \(words(for: error))")
        }
    }

    /// The mock's thread answers a command before it empties the pipe that wakes it, so the wake-up of one that follows at
    /// once is thrown away with the last one's, and that command waits for a second.
    private static func letServe() {
        usleep(serveTime)
    }

    /// Microseconds.
    private static let serveTime: useconds_t = 2000
}
