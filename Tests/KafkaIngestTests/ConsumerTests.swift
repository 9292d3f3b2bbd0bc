import CRdKafka
import Engine
import KafkaIngest
import Observability
import TestServers
import Testing
import UsageStore

@Suite("Messages become events", .blocking)
struct ConsumerTests {
    @Test(
        "structured and binary messages of several topics and partitions are counted, and their positions are in the log"
    )
    func bothModes() async throws {
        let kafka = try MockKafkaCluster(brokerCount: 2)
        try kafka.createTopic("structured", partitions: 3)
        try kafka.createTopic("binary", partitions: 2)
        for partition in 0..<3 {
            try kafka.produce(
                topic: "structured",
                partition: Int32(partition),
                (0..<100).map { Sample.structured(partition * 1000 + $0) }
            )
        }
        try kafka.produce(topic: "binary", partition: 1, (0..<50).map { Sample.binary(10_000 + $0, tokens: 2) })
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["structured", "^bin.*"])
        try await fixture.wait(forReceived: 350)
        #expect(try await fixture.total() == "400")
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 350 && ledger.received == 350)
        #expect((0..<3).map { fixture.position("structured", $0) } == [100, 100, 100])
        #expect((0..<2).map { fixture.position("binary", $0) } == [0, 50])
    }

    @Test("messages that are no events are kept with reason, place and bytes, and stop nothing")
    func rejected() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        let large = String(repeating: "x", count: 100_000)
        try kafka.produce(
            topic: "events",
            [
                Sample.structured(1),
                TestMessage(key: "k", headers: [("content-type", "application/cloudevents+json")], value: "{"),
                Sample.binary(2),
                TestMessage(headers: [("ce_id", "3")], value: "{}"),
                TestMessage(value: large),
                TestMessage(value: nil),
                Sample.structured(4),
            ]
        )
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 7)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 3 && ledger.rejected == 4 && ledger.stored == 3)
        let rejected = try await fixture.rejected().map(\.message)
        #expect(rejected.map(\.offset) == [5, 4, 3, 1])
        #expect(rejected.allSatisfy { $0.source == "main/events" && $0.partition == 0 && !$0.reason.isEmpty })
        #expect(rejected[3].value == Array("{".utf8))
        #expect(rejected[3].key == Array("k".utf8))
        #expect(rejected[3].headers.map(\.name) == ["content-type"])
        #expect(rejected[1].value?.count == RejectedMessage.keptBytes)
        #expect(rejected[1].valueLength == 100_000)
        #expect(rejected[0].value == nil)
        #expect(fixture.position("events") == 7)
    }

    @Test("the same event over HTTP and Kafka, structured and binary, counts once")
    func sameEvent() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 2)
        let fixture = try IngestFixture()
        try await fixture.post([Sample.event(1, tokens: 5)])
        try kafka.produce(
            topic: "events",
            partition: 0,
            [Sample.structured(1, tokens: 5), Sample.structured(2, tokens: 7)]
        )
        try kafka.produce(topic: "events", partition: 1, [Sample.binary(1, tokens: 5), Sample.binary(2, tokens: 7)])
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 4)
        #expect(try await fixture.total() == "12")
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 1 && ledger.duplicate == 3 && ledger.conflict == 0)
    }

    @Test("reading goes on from the log, not from the group's offset on the broker")
    func positionsFromTheLog() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        try kafka.produce(topic: "events", (0..<100).map { Sample.structured($0) })
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 100)
        fixture.stop()
        // The power cut's copy has no checkpoint: the position is only in the frames.
        let after = try fixture.afterPowerCut()
        #expect(after.position("events") == 100)
        try kafka.produce(topic: "events", (100..<150).map { Sample.structured($0) })
        // Another group has no offset on the broker at all.
        try after.read(kafka.bootstrapServers, topics: ["events"]) { $0.group = "another" }
        try await after.wait(forReceived: 150)
        let ledger = try await after.ledger()
        #expect(ledger.counted == 150 && ledger.duplicate == 0)
    }

    @Test("a topic read again from offset zero counts nothing twice")
    func readAgain() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 2)
        for partition in 0..<2 {
            try kafka.produce(
                topic: "events",
                partition: Int32(partition),
                (0..<200).map { Sample.structured(partition * 1000 + $0, tokens: 3) }
            )
        }
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"], name: "first")
        try fixture.read(kafka.bootstrapServers, topics: ["events"], name: "second")
        try await fixture.wait(forReceived: 800)
        #expect(try await fixture.total() == "1200")
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 400 && ledger.duplicate == 400)
        #expect(fixture.position("events", 1, cluster: "first") == 200)
        #expect(fixture.position("events", 1, cluster: "second") == 200)
    }

    @Test("a topic that an expression matches is read once it is there, and the others go on")
    func newTopic() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("usage.eu", partitions: 2)
        try kafka.produce(topic: "usage.eu", partition: 0, (0..<10).map { Sample.structured($0) })
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: [#"^usage\."#])
        try await fixture.wait(forReceived: 10)
        try kafka.createTopic("usage.us", partitions: 1)
        try kafka.createTopic("other", partitions: 1)
        try kafka.produce(topic: "usage.us", (100..<110).map { Sample.structured($0) })
        try kafka.produce(topic: "other", (200..<210).map { Sample.structured($0) })
        try kafka.produce(topic: "usage.eu", partition: 1, (300..<310).map { Sample.structured($0) })
        try await fixture.wait(forReceived: 30)
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 30 && ledger.duplicate == 0)
        #expect(fixture.position("other") == nil)
    }

    @Test("offsets are committed for tools that show the lag, behind what is on disk")
    func commits() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        try kafka.produce(topic: "events", (0..<10).map { Sample.structured($0) })
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.group = "lag-tools" }
        try await fixture.wait(forReceived: 10)
        let tool = try TestConsumer(bootstrapServers: kafka.bootstrapServers, group: "lag-tools")
        try await fixture.wait(for: "the commit") { try tool.committedOffset(topic: "events", partition: 0) == 10 }
    }

    @Test("the metrics show messages, position, lag and rejected messages of each partition")
    func metrics() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        try kafka.produce(topic: "events", (0..<9).map { Sample.structured($0) } + [TestMessage(value: "no event")])
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 10)
        let labels = #"{cluster="main",topic="events",partition="0"}"#
        try await fixture.wait(for: "the metrics") {
            let page = fixture.registry.render()
            return page.contains("meterd_kafka_messages_total\(labels) 10\n")
                && page.contains("meterd_kafka_rejected_messages_total\(labels) 1\n")
                && page.contains("meterd_kafka_position\(labels) 10\n")
                && page.contains("meterd_kafka_lag_messages\(labels) 0\n")
                && page.contains("meterd_kafka_lost_messages_total\(labels) 0\n")
        }
    }
}
