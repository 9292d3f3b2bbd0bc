import CRdKafka
import Engine
import KafkaIngest
import TestServers
import Testing
import UsageStore

@Suite("Trouble passes and nothing is lost", .blocking)
struct TroubleTests {
    @Test(
        "a log that refuses for a while stops the reading, and loses and repeats nothing",
        arguments: [
            AppendRefusal.queueFull(retryAfter: 1), .diskLow(retryAfter: 30),
        ]
    )
    func refusingLog(_ refusal: AppendRefusal) async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 2)
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.stallSeconds = 1 }
        try kafka.produce(topic: "events", partition: 0, (0..<500).map { Sample.structured($0) })
        try await fixture.wait(forReceived: 500)
        fixture.log.refuse(with: refusal)
        try kafka.produce(topic: "events", partition: 1, (500..<1000).map { Sample.structured($0) })
        try await fixture.wait(for: "readiness to turn red") { !consumer.health.ok }
        try await fixture.wait(for: "a word about it") { fixture.lines.text.contains("the log takes no messages") }
        fixture.log.refuse(with: nil)
        try await fixture.wait(forReceived: 1000)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 1000 && ledger.duplicate == 0)
        try await fixture.wait(for: "readiness") { consumer.health.ok }
    }

    @Test("a frame that is refused after it was queued is not overtaken by the next")
    func refusedLater() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        for round in 0..<5 {
            fixture.log.refuseLater(2)
            // More messages come while the first is under way to its refusal.
            for id in 0..<6 {
                try kafka.produce(topic: "events", partition: 0, Sample.structured(round * 6 + id))
                try await Task.sleep(for: .milliseconds(60))
            }
        }
        try await fixture.wait(forReceived: 30)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 30 && ledger.duplicate == 0)
        #expect(fixture.position("events") == 30)
    }

    @Test("a broker that is down at the start is told once, and read when it comes")
    func downAtStart() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        try kafka.produce(topic: "events", (0..<10).map { Sample.structured($0) })
        try kafka.stop()
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.stallSeconds = 1 }
        try await fixture.wait(for: "readiness to turn red") { !consumer.health.ok }
        #expect(fixture.lines.count(of: "warning") == 1)
        try await fixture.post([Sample.event(1000)])
        try kafka.restart()
        try await fixture.wait(forReceived: 10)
        try await fixture.wait(for: "readiness") { consumer.health.ok }
        #expect(fixture.lines.text.contains("the Kafka cluster main answers again"))
        #expect(fixture.lines.text.contains("refused") || fixture.lines.text.contains("Disconnected"))
    }

    @Test("brokers that go down and come back in mid-stream cost nothing")
    func restarts() async throws {
        let kafka = try MockKafkaCluster(brokerCount: 3)
        try kafka.createTopic("events", partitions: 6)
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        for round in 0..<3 {
            for partition in 0..<6 {
                try kafka.produce(
                    topic: "events",
                    partition: Int32(partition),
                    (0..<100).map { Sample.structured(round * 1000 + partition * 100 + $0) }
                )
            }
            let broker = Int32(round % 3 + 1)
            try kafka.stop(broker: broker)
            try await Task.sleep(for: .milliseconds(300))
            try kafka.restart(broker: broker)
        }
        try await fixture.wait(forReceived: 1800)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 1800 && ledger.duplicate == 0)
    }

    @Test(
        "failing fetches are tried again",
        arguments: [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        ].map(\.rawValue)
    )
    func fetchErrors(_ code: Int32) async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 2)
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try kafka.produce(topic: "events", partition: 0, (0..<100).map { Sample.structured($0) })
        try await fixture.wait(forReceived: 100)
        kafka.fail(.fetch, with: rd_kafka_resp_err_t(rawValue: code), times: 5)
        try kafka.produce(topic: "events", partition: 1, (100..<300).map { Sample.structured($0) })
        try await fixture.wait(forReceived: 300)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 300 && ledger.duplicate == 0 && ledger.rejected == 0)
    }

    @Test("a partition without a leader is told, and holds up no other; it is read when it has one")
    func noLeader() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 3)
        try kafka.setLeader(topic: "events", partition: 1, broker: nil)
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"])
        for partition in [Int32(0), 2] {
            try kafka.produce(topic: "events", partition: partition, Sample.structured(Int(partition)))
        }
        try await fixture.wait(forReceived: 2)
        try await fixture.wait(for: "a word about it") { consumer.health.detail.contains("events/1 has no leader") }
        try kafka.setLeader(topic: "events", partition: 1, broker: 1)
        try kafka.produce(topic: "events", partition: 1, Sample.structured(1))
        try await fixture.wait(forReceived: 3)
        try await fixture.wait(for: "readiness") { !consumer.health.detail.contains("events/1") }
    }

    @Test("a broker that hangs is told, holds up no other, and does not keep the consumer from stopping")
    func hangingBroker() async throws {
        let kafka = try MockKafkaCluster(brokerCount: 2)
        try kafka.createTopic("good", partitions: 1)
        try kafka.createTopic("bad", partitions: 1)
        try kafka.setLeader(topic: "bad", partition: 0, broker: 2)
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["good", "bad"]) { $0.stallSeconds = 1 }
        try kafka.produce(topic: "good", partition: 0, Sample.structured(0))
        try kafka.produce(topic: "bad", partition: 0, Sample.structured(1))
        try await fixture.wait(forReceived: 2)
        try kafka.setRoundTrip(milliseconds: 100_000, broker: 2)
        try kafka.produce(topic: "good", partition: 0, Sample.structured(2))
        try await fixture.wait(forReceived: 3)
        try await fixture.wait(for: "a word about it") {
            consumer.health.detail.contains("broker 2") && !consumer.health.ok
        }
        fixture.stop()
        #expect(fixture.lines.text.contains("the cluster is read no longer"))
    }

    @Test("without a coordinator for the group everything is read all the same")
    func noCoordinator() async throws {
        let kafka = try MockKafkaCluster()
        kafka.fail(.findCoordinator, with: RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, times: 100_000)
        try kafka.createTopic("usage.a", partitions: 1)
        try kafka.produce(topic: "usage.a", [Sample.structured(0)])
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["^usage"])
        try await fixture.wait(forReceived: 1)
        try kafka.createTopic("usage.b", partitions: 1)
        try kafka.produce(topic: "usage.b", [Sample.structured(1)])
        try await fixture.wait(forReceived: 2)
    }

    @Test("a named topic that is not there is told, and read once it is")
    func missingTopic() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events", "later"])
        try kafka.produce(topic: "events", [Sample.structured(1)])
        try await fixture.wait(forReceived: 1)
        try await fixture.wait(for: "a word about it") {
            consumer.health.detail.contains("the topic later is not there")
        }
        #expect(consumer.health.ok)
        try kafka.createTopic("later", partitions: 1)
        try kafka.produce(topic: "later", [Sample.structured(2)])
        try await fixture.wait(forReceived: 2)
        try await fixture.wait(for: "readiness") { !consumer.health.detail.contains("later") }
    }

    @Test("a topic that goes and comes back is read on")
    func hiddenTopic() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 2)
        try kafka.produce(topic: "events", partition: 0, (0..<10).map { Sample.structured($0) })
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 10)
        try kafka.hide(topic: "events")
        try await fixture.wait(for: "a word about it") {
            consumer.health.detail.contains("events") && fixture.lines.text.contains("the topic events")
        }
        try kafka.show(topic: "events")
        try kafka.produce(topic: "events", partition: 1, (10..<20).map { Sample.structured($0) })
        try await fixture.wait(forReceived: 20)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 20 && ledger.duplicate == 0)
    }

    @Test("a broker that refuses the credentials is told with the reason, and the rest of meterd goes on")
    func authentication() async throws {
        let kafka = try MockKafkaCluster()
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"]) {
            $0.properties += [
                ("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "PLAIN"), ("sasl.username", "meterd"),
                ("sasl.password", "example-secret"),
            ]
        }
        try await fixture.wait(for: "a word about it") { consumer.health.detail.lowercased().contains("auth") }
        #expect(!fixture.lines.text.contains("example-secret"))
        try await fixture.post([Sample.event(1)])
        #expect(try await fixture.total() == "1")
    }

    @Test("settings that librdkafka refuses together are an error at the start")
    func badSettings() throws {
        let fixture = try IngestFixture()
        #expect(throws: KafkaError.self) {
            try fixture.read("127.0.0.1:1", topics: ["events"]) {
                $0.properties = [("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "SCRAM-SHA-256")]
            }
        }
    }
}
