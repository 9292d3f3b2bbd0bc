import Engine
import KafkaIngest
import Observability
import TestServers
import Testing
import UsageStore

@Suite("Offsets that are no longer on the broker", .blocking)
struct LostMessagesTests {
    /// Two partitions read to offset 10; then the first loses what comes after, and both get 5 more.
    private func fixtureAfterLoss(_ kafka: MockKafkaCluster) async throws -> (IngestFixture, first: Int64) {
        try kafka.createTopic("events", partitions: 2)
        for partition in 0..<2 {
            try kafka.produce(
                topic: "events",
                partition: Int32(partition),
                (0..<10).map { Sample.structured(partition * 100 + $0) }
            )
        }
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 20)
        fixture.stop()
        let first = try kafka.loseMessages(topic: "events", partition: 0)
        for partition in 0..<2 {
            try kafka.produce(
                topic: "events",
                partition: Int32(partition),
                (50..<55).map { Sample.structured(partition * 100 + $0) }
            )
        }
        return (try fixture.afterPowerCut(), first)
    }

    @Test("with offsetReset error the partition stops and says what range is lost; the other goes on")
    func stops() async throws {
        let kafka = try MockKafkaCluster()
        let (fixture, first) = try await fixtureAfterLoss(kafka)
        let consumer = try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.stallSeconds = 1 }
        try await fixture.wait(forReceived: 25)
        try await fixture.wait(for: "the error") { fixture.lines.text.contains("events/0 has stopped") }
        #expect(fixture.lines.text.contains("the offsets 10 to \(first - 1) are no longer on the broker"))
        #expect(fixture.position("events", 0) == 10)
        #expect(fixture.position("events", 1) == 15)
        try await fixture.wait(for: "readiness to turn red") { !consumer.health.ok }
        #expect(consumer.health.detail.contains("events/0 has stopped"))
        #expect(fixture.lines.count(of: "events/0 has stopped") == 1)
    }

    @Test("with offsetReset earliest it goes on at the oldest message, says what is lost, and remembers")
    func earliest() async throws {
        let kafka = try MockKafkaCluster()
        let (fixture, first) = try await fixtureAfterLoss(kafka)
        try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.offsetReset = .earliest }
        try await fixture.wait(forReceived: 30)
        #expect(fixture.lines.text.contains("messages are lost"))
        #expect(fixture.lines.text.contains("the offsets 10 to \(first - 1)"))
        #expect(fixture.position("events", 0) == first + 5)
        let labels = #"{cluster="main",topic="events",partition="0"}"#
        #expect(fixture.registry.render().contains("meterd_kafka_lost_messages_total\(labels) \(first - 10)\n"))
    }

    @Test("with offsetReset latest it goes on behind the newest message and says what is left out")
    func latest() async throws {
        let kafka = try MockKafkaCluster()
        let (fixture, first) = try await fixtureAfterLoss(kafka)
        try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.offsetReset = .latest }
        try await fixture.wait(for: "the jump") { fixture.position("events", 0) == first + 5 }
        #expect(fixture.lines.text.contains("the offsets 10 to \(first + 4)"))
        try kafka.produce(topic: "events", partition: 0, [Sample.structured(900)])
        try await fixture.wait(forReceived: 26)
        #expect(try await fixture.ledger().received == 26)
    }

    @Test("with offsetReset latest a topic never read begins behind its newest message, and stays there over a restart")
    func latestAtFirst() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 2)
        try kafka.produce(topic: "events", partition: 0, (0..<10).map { Sample.structured($0) })
        let fixture = try IngestFixture()
        try fixture.read(kafka.bootstrapServers, topics: ["events"]) { $0.offsetReset = .latest }
        try await fixture.wait(for: "the first position") { fixture.position("events", 0) == 10 }
        fixture.stop()
        // Produced while nobody reads: not left out, since the position is in the log.
        try kafka.produce(topic: "events", partition: 0, (10..<15).map { Sample.structured($0) })
        let after = try fixture.afterPowerCut()
        try after.read(kafka.bootstrapServers, topics: ["events"]) { $0.offsetReset = .latest }
        try await after.wait(forReceived: 5)
        #expect(try await after.ledger().counted == 5)
    }

    @Test("a position behind the broker's end is told as a topic that was made anew")
    func madeAnew() async throws {
        let old = try MockKafkaCluster()
        try old.createTopic("events", partitions: 1)
        try old.produce(topic: "events", (0..<20).map { Sample.structured($0) })
        let fixture = try IngestFixture()
        try fixture.read(old.bootstrapServers, topics: ["events"])
        try await fixture.wait(forReceived: 20)
        fixture.stop()
        let new = try MockKafkaCluster()
        try new.createTopic("events", partitions: 1)
        try new.produce(topic: "events", (100..<105).map { Sample.structured($0) })
        try fixture.read(new.bootstrapServers, topics: ["events"])
        try await fixture.wait(for: "the error") { fixture.lines.text.contains("made anew") }
        #expect(fixture.position("events") == 20)
        fixture.stop()
        try fixture.read(new.bootstrapServers, topics: ["events"]) { $0.offsetReset = .earliest }
        try await fixture.wait(forReceived: 25)
        #expect(fixture.position("events") == 5)
    }
}
