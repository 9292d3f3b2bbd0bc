import Engine
import KafkaIngest
import Observability
import TestServers
import Testing
import UsageStore

@Suite("The dead-letter topic", .blocking)
struct DeadLetterTests {
    @Test("a rejected message is produced whole, with where it was and why in headers")
    func produced() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        try kafka.createTopic("rejected", partitions: 1)
        let large = String(repeating: "x", count: 100_000)
        try kafka.produce(
            topic: "events",
            [
                Sample.structured(1),
                TestMessage(key: "key", headers: [("a", "1"), ("a", "2")], value: large),
                TestMessage(value: nil),
            ]
        )
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["^.*"]) { $0.deadLetterTopic = "rejected" }
        try await fixture.wait(forReceived: 3)
        let reader = try TestConsumer(bootstrapServers: kafka.bootstrapServers)
        try await fixture.wait(for: "the dead letters") {
            try kafka.watermarks(topic: "rejected", partition: 0).count == 2
        }
        let letters = try reader.messages(topic: "rejected", partition: 0)
        #expect(letters[0].key == Array("key".utf8))
        #expect(letters[0].value == Array(large.utf8))
        #expect(letters[1].key == nil && letters[1].value == nil)
        let headers = letters[0].headers.map { "\($0.name)=\(String(decoding: $0.value ?? [], as: UTF8.self))" }
        #expect(headers.prefix(2) == ["a=1", "a=2"])
        #expect(headers.contains("meterd.rejected.topic=events"))
        #expect(headers.contains("meterd.rejected.partition=0"))
        #expect(headers.contains("meterd.rejected.offset=1"))
        let reason = try await fixture.rejected().last?.message.reason
        #expect(headers.contains("meterd.rejected.reason=\(reason ?? "")"))
        try await fixture.wait(for: "the metric") {
            fixture.registry.render().contains(
                #"meterd_kafka_dead_letters_total{cluster="main",outcome="delivered"} 2"# + "\n"
            )
        }
        #expect(try await fixture.ledger().received == 3)
    }

    @Test("a dead-letter topic that takes nothing stops no partition, and is told")
    func refused() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        let fixture = try IngestFixture()
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"]) {
            $0.deadLetterTopic = "rejected"
            $0.stallSeconds = 1
            // Smaller than the message, whose producer has another limit.
            $0.properties.append(("message.max.bytes", "1000"))
        }
        try kafka.produce(
            topic: "events",
            [TestMessage(value: String(repeating: "x", count: 5_000)), Sample.structured(1)]
        )
        try await fixture.wait(forReceived: 2)
        try await fixture.wait(for: "a word about it") {
            fixture.lines.text.contains("do not reach the topic rejected")
        }
        #expect(try await fixture.rejected().count == 1)
        try await fixture.wait(for: "progress") { fixture.position("events") == 2 }
        #expect(consumer.health.ok)
        #expect(
            fixture.registry.render().contains(
                #"meterd_kafka_dead_letters_total{cluster="main",outcome="failed"} 1"# + "\n"
            )
        )
    }
}
