import MeterdConfiguration
import Testing

@Suite("Kafka configuration")
struct KafkaTests {
    private func cluster(_ keys: String, _ environment: [String: String] = [:]) throws -> KafkaCluster {
        try #require(try Sample.parse("kafka:\n  - { \(keys) }\n", environment).kafka.first)
    }

    private func withProperties(_ lines: String) -> String {
        let indented = lines.split(separator: "\n").map { "      \($0)\n" }.joined()
        return "kafka:\n  - name: a\n    brokers: x\n    topics: [a]\n    properties:\n\(indented)"
    }

    @Test("the issue's shape loads, with secrets from the environment, several clusters at once")
    func shape() throws {
        let configuration = try Sample.parse(Sample.fixture("kafka.yaml"), Sample.environment)
        let main = KafkaCluster(
            name: "main",
            brokers: ["broker-1.example.org:9093", "broker-2.example.org:9093"],
            topics: ["usage", "^usage-.+"],
            group: "billing",
            offsetReset: .earliest,
            deadLetterTopic: "rejected",
            stallSeconds: 90,
            properties: [
                KafkaProperty(name: "compression.type", value: "zstd"),
                KafkaProperty(name: "fetch.min.bytes", value: "1024"),
                KafkaProperty(name: "sasl.mechanism", value: "SCRAM-SHA-512"),
                KafkaProperty(name: "sasl.password", value: "example-password"),
                KafkaProperty(name: "sasl.username", value: "meterd"),
                KafkaProperty(name: "security.protocol", value: "SASL_SSL"),
                KafkaProperty(name: "socket.keepalive.enable", value: "true"),
            ]
        )
        let second = KafkaCluster(name: "second", brokers: ["localhost:9092"], topics: ["usage"])
        #expect(configuration.kafka == [main, second])
    }

    @Test("what is left out: group meterd, no reset, no dead letters, a stall after five minutes")
    func defaults() throws {
        let cluster = try cluster("name: a, brokers: x, topics: [a]")
        #expect(cluster.group == "meterd" && cluster.offsetReset == .error && cluster.deadLetterTopic == nil)
        #expect(cluster.stallSeconds == 300 && cluster.properties.isEmpty)
        #expect(try self.cluster("name: a, brokers: x, topics: [a], stallAfter: never").stallSeconds == nil)
        #expect(try Sample.parse("kafka:").kafka.isEmpty)
    }

    @Test(
        "brokers are a list or have commas between them, and the port may be left out",
        arguments: [
            ("[a, \"b:1\"]", ["a:9092", "b:1"]), ("\"a:1, b ,c:3\"", ["a:1", "b:9092", "c:3"]),
            ("${BROKERS}", ["d:5", "e:9092"]), ("[\"${BROKERS}\", f]", ["d:5", "e:9092", "f:9092"]),
            ("[\"[::1]\", \"[fe80::1]:7\"]", ["[::1]:9092", "[fe80::1]:7"]),
        ]
    )
    func brokers(written: String, expected: [String]) throws {
        let text = "kafka:\n  - name: a\n    topics: [a]\n    brokers: \(written)\n"
        #expect(try Sample.parse(text, ["BROKERS": "d:5,e"]).kafka.first?.brokers == expected)
    }

    @Test("a dead-letter topic is free to look like a topic that is read, if no expression matches it")
    func deadLetters() throws {
        #expect(
            try cluster("name: a, brokers: x, topics: [usage, ^usage-.+$], deadLetterTopic: usage.dead").deadLetterTopic
                == "usage.dead"
        )
    }

    @Test("a property that agrees with the promises is taken as written")
    func agreeing() throws {
        let lines = """
            enable.auto.commit: false
            enable.auto.offset.store: False
            isolation.level: read_committed
            check.crcs: true
            allow.auto.create.topics: false
            topic.metadata.refresh.interval.ms: 5000
            enable.idempotence: true
            acks: all
            linger.ms: 0.5
            """
        let properties = try #require(try Sample.parse(withProperties(lines)).kafka.first).properties
        #expect(
            properties.map { "\($0.name): \($0.value)" } == lines.split(separator: "\n").map(String.init).sorted()
        )
    }

    @Test("certificates keep their lines")
    func certificates() throws {
        let text = withProperties("ssl.ca.pem: |\n  -----BEGIN CERTIFICATE-----\n  bm90IG9uZQ==\n")
        let property = try #require(try Sample.parse(text).kafka.first?.properties.first)
        #expect(property.value == "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n")
    }

    @Test("no two keys of the same setting stand beside each other")
    func aliases() {
        for (one, other) in [
            ("linger.ms", "queue.buffering.max.ms"), ("acks", "request.required.acks"),
            ("sasl.mechanism", "sasl.mechanisms"), ("delivery.timeout.ms", "message.timeout.ms"),
        ] {
            let value = ["sasl.mechanism": "PLAIN", "acks": "all"][one] ?? "1"
            let errors = Sample.errors(withProperties("\(one): \(value)\n\(other): \(value)"))
            #expect(
                errors == [
                    "c.yaml:7:7: kafka[0].properties: \(other) is another name of \(one); "
                        + "that stands on line 6 already, keep one of them"
                ]
            )
        }
    }

    @Test(
        "a value from the environment never shows in an error",
        arguments: [
            "sasl.mechanisms", "topic.blacklist", "security.protocol", "message.max.bytes", "linger.ms", "debug",
            "ssl.endpoint.identification.algorithm", "socket.keepalive.enable",
            "isolation.level", "enable.auto.commit", "sasl.jaas.config", "plugin.library.paths", "group.id",
        ]
    )
    func hidden(property: String) {
        let errors = Sample.errors(withProperties("\(property): ${SECRET}"), ["SECRET": "sekrit, ^sekrit("])
        #expect(errors.count == 1)
        #expect(errors.allSatisfy { $0.hasPrefix("c.yaml:6:") && !$0.contains("sekrit") }, "\(errors)")
    }

    @Test("a value from the environment never shows in an error of the other keys", arguments: ["sekrit(", "^sekrit("])
    func hiddenKeys(secret: String) {
        let keys = ["name", "brokers", "offsetReset", "deadLetterTopic", "stallAfter"].map { "\($0): \"${SECRET}\"" }
        let errors = Sample.errors(
            "kafka: [{ topics: [\"${SECRET}\"], \(keys.joined(separator: ", ")) }]",
            ["SECRET": secret]
        )
        #expect(errors.count == 6)
        #expect(errors.allSatisfy { $0.contains("'${SECRET}'") && !$0.contains("sekrit") }, "\(errors)")
    }

    @Test("a promise is kept against a value from the environment too, with the reason")
    func refusedFromEnvironment() {
        #expect(
            Sample.errors(withProperties("enable.auto.commit: ${COMMIT}"), ["COMMIT": "true"]) == [
                "c.yaml:6:27: kafka[0].properties.enable.auto.commit: '${COMMIT}' (filled in from the environment) would "
                    + "commit messages whose events are not on disk yet; take it out, meterd commits what its log holds"
            ]
        )
    }

    @Test("a value that the environment leaves empty is told with its variable")
    func emptyFromEnvironment() {
        let text = withProperties("sasl.password: ${PASSWORD}\nsasl.username: ${USER_NAME:-}")
        #expect(
            Sample.errors(text, ["PASSWORD": ""]) == [
                "c.yaml:6:22: kafka[0].properties.sasl.password is empty: '${PASSWORD}' is set and empty in the "
                    + "environment; see sasl.password in librdkafka's CONFIGURATION.md",
                "c.yaml:7:22: kafka[0].properties.sasl.username is empty: '${USER_NAME:-}' is unset or empty in the "
                    + "environment; see sasl.username in librdkafka's CONFIGURATION.md",
            ]
        )
    }

    @Test(
        "a setting is refused to other callers for the same reason, and its value is never shown",
        arguments: [
            ("bootstrap.servers", "sekrit", "has a key of its own"), ("enable.auto.commit", "1", "not on disk yet"),
            ("acks", "0", "can still lose"), ("acks", "1", "can still lose"),
            ("acks", "sekrit", "not a value of acks; acks takes -1 .. 1000"), ("linger.ms", "", "is empty"),
            ("linger", "1", "unknown property"), ("error_cb", "sekrit", "code and not text"),
            ("plugin.library.paths", "sekrit", "would run other code"), ("linger.ms", "10sekrit", "0 .. 900000"),
            ("topic.blacklist", "^sekrit(", "not a value"), ("client.id", "a\0sekrit", "at most 65536 bytes"),
        ]
    )
    func refusals(name: String, value: String, reason: String) throws {
        let refusal = try #require(KafkaProperty.refusal(name: name, value: value))
        #expect(refusal.contains(reason) && refusal.contains(name) || refusal.contains("65536"), "\(refusal)")
        #expect(!refusal.contains("sekrit"))
    }

    @Test("a setting that breaks no promise is refused to nobody")
    func noRefusals() {
        for (name, value) in [("acks", "all"), ("acks", "-1"), ("linger.ms", "0.5"), ("enable.auto.commit", "false")] {
            #expect(KafkaProperty.refusal(name: name, value: value) == nil)
        }
        for brokers in ["a", "a:1, b", "[::1]:9092"] { #expect(KafkaCluster.refusal(brokers: brokers) == nil) }
        #expect(KafkaCluster.refusal(topic: "a.b_c-1") == nil)
    }

    @Test("brokers and topics are refused in the words of the file's errors")
    func otherRefusals() {
        #expect(
            KafkaCluster.refusal(brokers: "http://x:1")?.hasPrefix("'http://x:1' has a protocol in front of a") == true
        )
        for brokers in ["", "a,,b", "x:0", "x:99999", "a b"] {
            #expect(KafkaCluster.refusal(brokers: brokers)?.hasPrefix("'\(brokers)' is not a broker; write ") == true)
        }
        for topic in ["", "a b", ".", "^a", String(repeating: "a", count: 250)] {
            #expect(KafkaCluster.refusal(topic: topic)?.hasPrefix("'\(topic)' is not a topic's name; a ") == true)
        }
    }

    @Test("the documentation names each property that is refused")
    func documented() throws {
        let documentation = try Sample.file("docs/configuration.md")
        let refused = try Sample.sections("bad-files.txt").filter { $0.title.hasPrefix("Kafka: properties that ") }
            .flatMap { $0.parts[1].matches(of: /properties[.:] ?([A-Za-z_.]+):? .*(?:would|own|is for)/) }.map(
                \.output.1
            )
        #expect(refused.count > 25)
        for name in refused { #expect(documentation.contains("`\(name)"), "\(name)") }
    }

    @Test("no printed form of a cluster holds a property's value")
    func printed() throws {
        let cluster = try cluster(
            "name: a, brokers: x, topics: [a], properties: { sasl.password: \"${S}\" }",
            ["S": "sekrit"]
        )
        var text = "\(cluster) \(cluster.properties) \(String(reflecting: cluster))"
        dump(cluster, to: &text)
        #expect(text.contains("sasl.password") && !text.contains("sekrit"))
    }

    @Test("another property, or another value of one, is another configuration")
    func equality() throws {
        let plain = try Sample.parse(withProperties("client.rack: a"))
        #expect(try plain == Sample.parse(withProperties("client.rack: ${RACK}"), ["RACK": "a"]))
        #expect(try plain != Sample.parse(withProperties("client.rack: ${RACK}"), ["RACK": "b"]))
        #expect(try plain != Sample.parse(withProperties("client.rack: a\nclient.id: b")))
    }
}
