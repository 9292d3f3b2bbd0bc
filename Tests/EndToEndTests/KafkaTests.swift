import Foundation
import TestServers
import Testing

@Suite(.blocking) struct KafkaTests {
    /// The usual configuration with a cluster; `more` are further keys of it.
    static func configuration(_ brokers: String, topics: String = "[events]", more: String = "") -> String {
        Samples.configuration + """

            kafka:
              - name: main
                brokers: '\(brokers)'
                topics: \(topics)
                properties: { fetch.wait.max.ms: 50, reconnect.backoff.max.ms: 500 }
            """ + (more.isEmpty ? "" : "\n    \(more)")
    }

    /// Event i has 1 + i modulo 7 tokens, as those of `produce_events.py` do.
    private static func structured(_ id: Int) -> TestMessage {
        TestMessage(
            key: "customer-1",
            headers: [("content-type", "application/cloudevents+json")],
            value: Samples.event(id: "\(id)", tokens: "\(1 + id % 7)")
        )
    }

    private static func tokens(_ ids: Range<Int>) -> Int { ids.reduce(0) { $0 + 1 + $1 % 7 } }

    private func expectTotals(_ daemon: Daemon, prompts: Int, tokens: Int) async throws {
        try await daemon.wait(for: "\(prompts) prompts") { try await daemon.total("prompts") == "\(prompts)" }
        #expect(try await daemon.total("tokens_total") == "\(tokens)")
    }

    @Test("killed again and again in mid-stream, the daemon counts every message once, and reads none twice")
    func killInMidStream() async throws {
        let kafka = try MockKafkaCluster(brokerCount: 2)
        try kafka.createTopic("events", partitions: 4)
        let daemon = try Daemon(configuration: Self.configuration(kafka.bootstrapServers))
        let rounds = 6
        let batch = 2_000
        for round in 0..<rounds {
            try await daemon.start()
            for part in 0..<4 {
                let first = (round * 4 + part) * batch
                try kafka.produce(topic: "events", partition: Int32(part), (first..<first + batch).map(Self.structured))
            }
            // From right at the beginning to well in the middle.
            try await Task.sleep(for: .milliseconds(20 * round))
            try await daemon.stop(SIGKILL)
        }
        try await daemon.start()
        let count = rounds * 4 * batch
        try await expectTotals(daemon, prompts: count, tokens: Self.tokens(0..<count))
        let metrics = try await daemon.get("/metrics").text
        #expect(metrics.contains("meterd_applied_events_total{outcome=\"duplicate\"} 0\n"))
        for part in 0..<4 {
            #expect(
                metrics.contains(
                    "meterd_kafka_position{cluster=\"main\",topic=\"events\",partition=\"\(part)\"} \(rounds * batch)\n"
                )
            )
        }
        #expect(try await daemon.stop() == 0)
    }

    @Test("the same events over HTTP and Kafka count once, whichever comes first")
    func bothWays() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        let daemon = try Daemon(configuration: Self.configuration(kafka.bootstrapServers))
        try await daemon.start()
        let posted = Samples.batch((0..<100).map { Samples.event(id: "\($0)", tokens: "\(1 + $0 % 7)") })
        #expect(try await daemon.post("/api/v1/events", type: Samples.batchType, body: posted).status == 204)
        try kafka.produce(topic: "events", (50..<200).map(Self.structured))
        try await expectTotals(daemon, prompts: 200, tokens: Self.tokens(0..<200))
        let again = Samples.batch((150..<200).map { Samples.event(id: "\($0)", tokens: "\(1 + $0 % 7)") })
        #expect(try await daemon.post("/api/v1/events", type: Samples.batchType, body: again).status == 204)
        #expect(try await daemon.total("prompts") == "200")
    }

    @Test("a broker that is away is shown, HTTP goes on, and the daemon stops in order all the same")
    func brokerAway() async throws {
        let kafka = try MockKafkaCluster()
        try kafka.createTopic("events", partitions: 1)
        try kafka.stop()
        let daemon = try Daemon(configuration: Self.configuration(kafka.bootstrapServers, more: "stallAfter: never"))
        try await daemon.start()
        try await daemon.wait(for: "a word about the broker") {
            try await daemon.get("/readyz").text.contains("the Kafka cluster main")
        }
        #expect(try await daemon.get("/readyz").status == 200)
        let event = Data(Samples.event(id: "1", tokens: "3").utf8)
        #expect(
            try await daemon.post("/api/v1/events", type: "application/cloudevents+json", body: event).status == 204
        )
        #expect(try await daemon.total("tokens_total") == "3")
        #expect(try await daemon.stop() == 0)
    }

    @Test("while the log takes nothing, messages wait at the broker and not in memory; later each counts once")
    func backpressure() async throws {
        let kafka = try MockKafkaCluster()
        let partitions: Int32 = 24
        try kafka.createTopic("events", partitions: partitions)
        let padding = String(repeating: "x", count: 20_000)
        let perPartition = 200
        for partition in 0..<partitions {
            let first = Int(partition) * perPartition
            let messages = (first..<first + perPartition).map { id in
                TestMessage(
                    headers: [("content-type", "application/cloudevents+json")],
                    value: Samples.event(id: "\(id)", tokens: "1", model: padding)
                )
            }
            try kafka.produce(topic: "events", partition: partition, messages)
        }
        func configuration(reserve: String) -> String {
            KafkaTests.configuration(kafka.bootstrapServers, more: "stallAfter: 2s")
                .replacing("DIRECTORY/store }", with: "DIRECTORY/store, reserve: \(reserve) }")
                .replacing("{ fetch.wait", with: "{ queued.max.messages.kbytes: 8192, fetch.wait")
        }
        let daemon = try Daemon(configuration: configuration(reserve: "1000000GiB"))
        try await daemon.start(expectReady: false)
        let before = try daemon.residentBytes()
        try await daemon.wait(for: "a word about it") { daemon.log.contains("the log takes no messages") }
        try await daemon.wait(for: "readiness to tell it") {
            try await daemon.get("/readyz").text.contains("the log takes no messages")
        }
        // 96 MB wait at the broker; what may be here is one full queue, a frame or two, and what fetches bring beyond.
        #expect(try daemon.residentBytes() < before + (64 << 20))
        #expect(try await daemon.total("prompts") == "0")
        #expect(try await daemon.stop() == 0)
        try daemon.write(configuration: configuration(reserve: "1MiB"))
        try await daemon.start()
        try await expectTotals(daemon, prompts: Int(partitions) * perPartition, tokens: Int(partitions) * perPartition)
    }

    @Test("properties that only librdkafka can judge end the start with 78 and its words")
    func badProperties() async throws {
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                kafka:
                  - name: main
                    brokers: 127.0.0.1:9
                    topics: [events]
                    properties: { security.protocol: SSL, ssl.ca.location: DIRECTORY/none.pem }
                """
        )
        let outcome = try await Program.run([Program.path, "serve", "--config", daemon.configurationFile.path])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("the Kafka cluster main cannot be used as configured"))
        #expect(outcome.errors.contains("ssl.ca.location"))
    }
}

@Suite(
    "A Kafka broker and producers that nobody here wrote",
    .blocking,
    .enabled(
        if: NoidaServer.isInstalled && Producers.hasKcat && Producers.hasPython,
        "noida-db, kcat or Python's clients are not installed; scripts/test does that"
    )
)
struct BrokerTests {
    @Test("messages of kcat and Python in both modes are counted exactly over restarts of the broker")
    func producers() async throws {
        let broker = try await NoidaServer.start()
        try broker.admin().createTopic("events", partitions: 3)
        let daemon = try Daemon(configuration: KafkaTests.configuration(broker.bootstrapServers))
        try await daemon.start()
        var tokens = 0
        tokens += try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 0..<300
        ).tokens
        try await broker.stop()
        try await broker.restart()
        tokens += try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .binary,
            ids: 300..<600
        ).tokens
        try await Producers.kcat(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            (0..<100).map { ("customer-\($0 % 3)", Samples.event(id: "kcat-\($0)", tokens: "10")) },
            headers: [("content-type", "application/cloudevents+json")]
        )
        tokens += 1_000
        try await daemon.wait(for: "all of them") { try await daemon.total("prompts") == "700" }
        #expect(try await daemon.total("tokens_total") == "\(tokens)")
        // What Python sent before is the same events in the other mode.
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .binary,
            ids: 600..<610
        )
        try await daemon.wait(for: "ten more") { try await daemon.total("prompts") == "710" }
        #expect(try await daemon.stop() == 0)
    }

    @Test("what is no event is listed with its bytes and reason at /api/v1/rejected, newest first")
    func rejected() async throws {
        let broker = try await NoidaServer.start()
        try broker.admin().createTopic("events", partitions: 1)
        let daemon = try Daemon(configuration: KafkaTests.configuration(broker.bootstrapServers))
        try await daemon.start()
        try await Producers.kcat(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            [("k-1", "no event"), ("k-2", "{"), ("k-3", Samples.event(id: "1"))],
            headers: [("content-type", "application/cloudevents+json")]
        )
        try await daemon.wait(for: "the good one") { try await daemon.total("prompts") == "1" }
        let answer = try await daemon.get("/api/v1/rejected?source=kafka&limit=10")
        #expect(answer.status == 200)
        let list = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [[String: Any]])
        #expect(list.map { $0["value"] as? String } == ["{", "no event"])
        #expect(list.map { $0["key"] as? String } == ["k-2", "k-1"])
        #expect(list.map { $0["offset"] as? Int } == [1, 0])
        #expect(list.allSatisfy { $0["topic"] as? String == "events" && $0["cluster"] as? String == "main" })
        #expect(list.allSatisfy { !($0["reason"] as? String ?? "").isEmpty })
        // They are in the log: a crash does not lose them.
        try await daemon.stop(SIGKILL)
        try await daemon.start()
        #expect(try await daemon.get("/api/v1/rejected").body == answer.body)
    }

    @Test("partitions that are added and topics that come are read within the time between two looks")
    func addedPartitions() async throws {
        let broker = try await NoidaServer.start()
        let admin = try broker.admin()
        try admin.createTopic("usage.eu", partitions: 1)
        let daemon = try Daemon(
            configuration: KafkaTests.configuration(broker.bootstrapServers, topics: "['^usage\\.']")
        )
        try await daemon.start()
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "usage.eu",
            mode: .structured,
            ids: 0..<20
        )
        try await daemon.wait(for: "the first topic") { try await daemon.total("prompts") == "20" }
        try admin.setPartitions("usage.eu", to: 3)
        try admin.createTopic("usage.us", partitions: 2)
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "usage.eu",
            mode: .structured,
            ids: 20..<60,
            subjects: 40
        )
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "usage.us",
            mode: .binary,
            ids: 60..<80
        )
        try await daemon.wait(for: "the others") { try await daemon.total("prompts") == "80" }
    }

    @Test("a topic that was deleted and made anew is told, and read from its beginning once that is asked for")
    func madeAnew() async throws {
        let broker = try await NoidaServer.start()
        let admin = try broker.admin()
        try admin.createTopic("events", partitions: 1)
        let daemon = try Daemon(configuration: KafkaTests.configuration(broker.bootstrapServers))
        try await daemon.start()
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 0..<20
        )
        try await daemon.wait(for: "the first twenty") { try await daemon.total("prompts") == "20" }
        try admin.deleteTopic("events")
        try await daemon.wait(for: "a word about it") {
            try await daemon.get("/readyz").text.contains("the topic events")
        }
        try admin.createTopic("events", partitions: 1)
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 20..<60
        )
        try await daemon.wait(for: "the error") { try await daemon.get("/readyz").text.contains("made anew") }
        #expect(try await daemon.total("prompts") == "20")
        #expect(try await daemon.stop() == 0)
        try daemon.write(
            configuration: KafkaTests.configuration(broker.bootstrapServers, more: "offsetReset: earliest")
        )
        try await daemon.start()
        try await daemon.wait(for: "the new ones") { try await daemon.total("prompts") == "60" }
    }

    @Test("messages that the broker deleted while meterd was down are told with their range, and readiness turns red")
    func deletedRecords() async throws {
        let broker = try await NoidaServer.start()
        let admin = try broker.admin()
        try admin.createTopic("events", partitions: 1)
        let daemon = try Daemon(
            configuration: KafkaTests.configuration(broker.bootstrapServers, more: "stallAfter: 1s")
        )
        try await daemon.start()
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 0..<10
        )
        try await daemon.wait(for: "the first ten") { try await daemon.total("prompts") == "10" }
        #expect(try await daemon.stop() == 0)
        try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 10..<30
        )
        try admin.deleteRecords(topic: "events", partition: 0, before: 20)
        try await daemon.start(expectReady: false)
        try await daemon.wait(for: "readiness to turn red, and to say why") {
            let ready = try await daemon.get("/readyz")
            return ready.status == 503 && ready.text.contains("events/0 has stopped") && ready.text.contains("10 to 19")
        }
        #expect(try await daemon.total("prompts") == "10")
        #expect(try await daemon.stop() == 0)
        try daemon.write(
            configuration: KafkaTests.configuration(broker.bootstrapServers, more: "offsetReset: earliest")
        )
        try await daemon.start()
        try await daemon.wait(for: "the rest") { try await daemon.total("prompts") == "20" }
        #expect(daemon.log.contains("messages are lost"))
    }
}

@Suite(
    "A fast Kafka broker, through a newer librdkafka",
    .blocking,
    .enabled(
        if: TansuServer.isInstalled && Producers.hasPython,
        "Tansu or Python's clients are not installed; scripts/test does that"
    )
)
struct NewerLibraryTests {
    @Test("with a newer librdkafka loaded, messages are counted exactly, killed in mid-stream or not")
    func tansu() async throws {
        let broker = try await TansuServer.start()
        try await broker.createTopic("events", partitions: 4)
        let daemon = try Daemon(configuration: KafkaTests.configuration(broker.bootstrapServers))
        var tokens = 0
        for round in 0..<3 {
            try await daemon.start(environment: TansuServer.environment)
            let first = round * 5_000
            tokens += try await Producers.python(
                bootstrapServers: broker.bootstrapServers,
                topic: "events",
                mode: round == 1 ? .binary : .structured,
                ids: first..<first + 5_000
            ).tokens
            try await daemon.stop(SIGKILL)
        }
        try await daemon.start(environment: TansuServer.environment)
        try await daemon.wait(for: "all of them") { try await daemon.total("prompts") == "15000" }
        #expect(try await daemon.total("tokens_total") == "\(tokens)")
        let metrics = try await daemon.get("/metrics").text
        #expect(metrics.contains("meterd_applied_events_total{outcome=\"duplicate\"} 0\n"))
    }

    @Test(
        "a broker that is killed and comes back with its data costs nothing",
        .enabled(if: SeaweedServer.isInstalled, "SeaweedFS is not installed; scripts/test does that")
    )
    func durableBroker() async throws {
        let broker = try await TansuServer.start(storage: .bucket(of: try await SeaweedServer.shared.value))
        try await broker.createTopic("events", partitions: 2)
        let daemon = try Daemon(configuration: KafkaTests.configuration(broker.bootstrapServers))
        try await daemon.start(environment: TansuServer.environment)
        var tokens = try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 0..<500
        ).tokens
        try await broker.kill()
        try await broker.restart()
        tokens += try await Producers.python(
            bootstrapServers: broker.bootstrapServers,
            topic: "events",
            mode: .structured,
            ids: 500..<1_000
        ).tokens
        try await daemon.wait(for: "all of them") { try await daemon.total("prompts") == "1000" }
        #expect(try await daemon.total("tokens_total") == "\(tokens)")
        #expect(try await daemon.stop() == 0)
    }

    @Test("a broker that refuses the credentials is told with its reason, never with the password, and HTTP goes on")
    func refusedCredentials() async throws {
        let broker = try await TansuServer.start(authentication: true)
        let daemon = try Daemon(
            configuration: Samples.configuration + """

                kafka:
                  - name: main
                    brokers: '\(broker.bootstrapServers)'
                    topics: [events]
                    properties:
                      security.protocol: SASL_PLAINTEXT
                      sasl.mechanism: SCRAM-SHA-256
                      sasl.username: meterd
                      sasl.password: ${EXAMPLE_PASSWORD}
                """
        )
        try await daemon.start(
            environment: TansuServer.environment.merging(["EXAMPLE_PASSWORD": "example-secret"]) { $1 }
        )
        try await daemon.wait(for: "the refusal") { try await daemon.get("/readyz").text.lowercased().contains("auth") }
        let event = Data(Samples.event(id: "1", tokens: "3").utf8)
        #expect(
            try await daemon.post("/api/v1/events", type: "application/cloudevents+json", body: event).status == 204
        )
        #expect(try await daemon.total("tokens_total") == "3")
        #expect(!daemon.log.contains("example-secret"))
        #expect(try await daemon.stop() == 0)
    }
}
