import CRdKafka
import Foundation
import TestServers
import Testing

/// `meterd produce`, the built program, against librdkafka's mock cluster.
@Suite("meterd produce", .blocking)
struct ProduceTests {
    private let cluster: MockKafkaCluster
    private let directory: TemporaryDirectory

    init() throws {
        cluster = try MockKafkaCluster()
        try cluster.createTopic("events", partitions: 4)
        directory = try TemporaryDirectory()
    }

    private func produce(_ file: String, _ options: String...) async throws -> Program.Outcome {
        try await Program.run(
            [Program.path, "produce", file, "--topic", "events", "--brokers", cluster.bootstrapServers] + options,
            in: directory.url
        )
    }

    private func messages(_ topic: String = "events") throws -> [TestMessage] {
        let consumer = try TestConsumer(bootstrapServers: cluster.bootstrapServers)
        return try (0..<4).flatMap { try consumer.messages(topic: topic, partition: $0) }
    }

    private func event(_ number: Int, subject: String = "customer-1") -> String {
        """
        {"specversion":"1.0","id":"\(number)","source":"example/service","type":"prompt","subject":"\(subject)",\
        "time":"2025-06-07T12:00:00Z","data":{"tokens":"\(number)","model":"model-a"}}
        """
    }

    @Test("structured: every event arrives once as it was, keyed by subject, and one line says how many")
    func structured() async throws {
        let lines = (0..<1000).map { event($0, subject: "customer-\($0 % 7)") }
        try directory.write("events.jsonl", lines.joined(separator: "\n") + "\n")
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.wholeMatch(of: /1000 events produced to events, structured, in [0-9.]+ s\n/) != nil)
        #expect(outcome.errors == "")
        let found = try messages()
        #expect(found.compactMap(\.text).sorted() == lines.sorted())
        for message in found {
            let key = String(decoding: try #require(message.key), as: UTF8.self)
            #expect(message.text?.contains("\"subject\":\"\(key)\"") == true)
            #expect(message.header("content-type")?.hasPrefix("application/cloudevents+json") == true)
        }
    }

    @Test("binary: attributes are headers and the value is the data")
    func binary() async throws {
        try directory.write("events.jsonl", event(7))
        let outcome = try await produce("events.jsonl", "--mode", "binary")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("1 event produced to events, binary, in "))
        let message = try #require(try messages().first)
        #expect(message.text == #"{"tokens":"7","model":"model-a"}"#)
        #expect(message.header("ce_id") == "7")
        #expect(message.header("ce_subject") == "customer-1")
        #expect(message.header("content-type") == "application/json")
        #expect(message.key == Array("customer-1".utf8))
    }

    @Test("a byte order mark, CRLF, blank lines and a last line without an end are all right")
    func lineForms() async throws {
        try directory.write("events.jsonl", "\u{FEFF}\(event(1))\r\n\r\n \t\n\(event(2))\r\n\n\(event(3))")
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try messages().compactMap(\.text).sorted() == [event(1), event(2), event(3)])
    }

    @Test("standard input is read as a file is")
    func standardInput() async throws {
        try directory.write("events.jsonl", "\(event(1))\n\(event(2))\nnothing\n")
        let outcome = try await Program.run(
            [
                "/bin/sh", "-c", #"cat events.jsonl | "$0" produce - --topic events --brokers "$1""#, Program.path,
                cluster.bootstrapServers,
            ],
            in: directory.url
        )
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("standard input:3: "))
        #expect(try messages().count == 2)
    }

    @Test("bad lines are told with their place and left out, the good ones are produced, and the exit code is 65")
    func badLines() async throws {
        let noSubject = #"{"specversion":"1.0","id":"1","source":"example/service","type":"prompt"}"#
        try directory.write(
            "events.jsonl",
            [event(1), noSubject, event(2), "[]", "{", event(3)].joined(separator: "\n")
        )
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 65)
        #expect(outcome.output.hasPrefix("3 events produced"))
        let errors = outcome.errors.split(separator: "\n")
        try #require(errors.count == 3)
        #expect(errors[0].hasPrefix("events.jsonl:2: subject: "))
        #expect(errors[1].hasPrefix("events.jsonl:4: the line must be one JSON object"))
        #expect(errors[2].hasPrefix("events.jsonl:5: "))
        #expect(!outcome.errors.contains("body"))
        #expect(try messages().count == 3)
    }

    @Test("after twenty bad lines only their number is told")
    func manyBadLines() async throws {
        try directory.write("events.jsonl", String(repeating: "x\n", count: 1000) + event(1))
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 65)
        let errors = outcome.errors.split(separator: "\n")
        #expect(errors.count == 21)
        #expect(errors.last == "1000 lines are no events; the first 20 are above")
        #expect(try messages().count == 1)
    }

    @Test("the profile says which events are good")
    func profile() async throws {
        let event = #"{"specversion":"1.0","id":"1","source":"example/service","type":"prompt","data":"text"}"#
        try directory.write("events.jsonl", event)
        #expect(try await produce("events.jsonl").status == 65)
        #expect(try await produce("events.jsonl", "--profile", "cloudevents").status == 0)
        let message = try #require(try messages().first)
        #expect(message.key == nil && message.text == event)
    }

    @Test("a line that is longer than an event may be is refused, however long, in bounded memory")
    func longLine() async throws {
        let file = directory.url.appending(path: "events.jsonl")
        try directory.write("events.jsonl", event(1) + "\n")
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        for _ in 0..<64 { try handle.write(contentsOf: Data(repeating: UInt8(ascii: "x"), count: 4 << 20)) }
        try handle.write(contentsOf: Data("\n\(event(2))\n".utf8))
        try handle.close()
        // 256 MiB in one line, and not as much memory to read it into.
        let outcome = try await Program.run(
            [
                "/bin/sh", "-c", #"ulimit -d 262144; "$0" produce events.jsonl --topic events --brokers "$1""#,
                Program.path, cluster.bootstrapServers,
            ],
            in: directory.url
        )
        #expect(outcome.status == 65)
        #expect(outcome.errors == "events.jsonl:2: is longer than 262144 bytes, the most an event may have\n")
        #expect(try messages().compactMap(\.text).sorted() == [event(1), event(2)])
    }

    @Test("a message that the client will not send is told with its line, and the exit code is 74")
    func largeMessage() async throws {
        let large = event(2, subject: String(repeating: "x", count: 3_000))
        try directory.write("events.jsonl", [event(1), large, event(3)].joined(separator: "\n"))
        let outcome = try await produce("events.jsonl", "--property", "message.max.bytes=2000")
        #expect(outcome.status == 74)
        #expect(outcome.output.hasPrefix("2 of 3 events produced to events, structured, in "))
        #expect(outcome.errors == "events.jsonl:2: Broker: Message size too large\n")
    }

    @Test("what brokers do not take is told with their reason, and the exit code is 74")
    func brokerRefuses() async throws {
        cluster.fail(.produce, with: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, times: 100)
        try directory.write("events.jsonl", event(1))
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 74)
        #expect(outcome.output.hasPrefix("0 of 1 event produced to events"))
        #expect(outcome.errors == "1 message was not delivered to the topic events: Broker: Message size too large\n")
    }

    @Test("brokers that nobody answers for are told by their address and reason")
    func brokersDown() async throws {
        try cluster.stop()
        try directory.write("events.jsonl", event(1))
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 74)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(cluster.bootstrapServers))
        #expect(outcome.errors.contains("Connection refused"))
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test("a topic that the brokers do not have is told by its name")
    func noTopic() async throws {
        try cluster.hide(topic: "events")
        try directory.write("events.jsonl", event(1))
        let outcome = try await produce("events.jsonl")
        #expect(outcome.status == 74)
        #expect(outcome.errors.contains("has no topic events"))
    }

    @Test("an interrupt stops the reading, delivers what was read, and says how far that came")
    func interrupt() async throws {
        let input = Pipe()
        let (output, errors) = (try LogLines(), try LogLines())
        let process = Process()
        process.executableURL = URL(filePath: Program.path)
        process.arguments = ["produce", "-", "--topic", "events", "--brokers", cluster.bootstrapServers]
        process.standardInput = input
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.start()
        // The input stays open: only the signal ends the program.
        try input.fileHandleForWriting.write(contentsOf: Data((1...5).map { event($0) + "\n" }.joined().utf8))
        while try messages().count < 5, process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        process.interrupt()
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        #expect(process.terminationStatus == 130)
        #expect(output.text.hasPrefix("5 events produced to events, structured, in "))
        #expect(errors.text == "stopped by a signal at standard input:5; what stands behind that line was not read\n")
    }

    @Test("brokers and properties come from a configuration's kafka entry; properties of consumers do no harm")
    func configuration() async throws {
        try directory.write("events.jsonl", event(1))
        try directory.write(
            "meterd.yaml",
            """
            storage: { directory: store }
            server: { profile: cloudevents }
            kafka:
              - name: main
                brokers: [\(cluster.bootstrapServers)]
                topics: [events]
                properties: { fetch.wait.max.ms: 10, compression.codec: lz4 }
              - { name: other, brokers: ["127.0.0.1:1"], topics: [events] }
            """
        )
        func run(_ options: String...) async throws -> Program.Outcome {
            try await Program.run(
                [Program.path, "produce", "events.jsonl", "--topic", "events", "--config", "meterd.yaml"] + options,
                in: directory.url
            )
        }
        let outcome = try await run("--cluster", "main")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try messages().count == 1)
        let several = try await run()
        #expect(several.status == 64)
        #expect(several.errors == "meterd.yaml has several kafka entries: say --cluster with one of main, other\n")
        let unknown = try await run("--cluster", "third")
        #expect(unknown.status == 64)
        #expect(unknown.errors == "meterd.yaml has no kafka entry third; it has main, other\n")
    }

    @Test("what is wrong with the command line is said before anything is sent")
    func usage() async throws {
        try directory.write("events.jsonl", event(1))
        let missing = try await produce("none.jsonl")
        #expect(missing.status == 1 && missing.errors == "none.jsonl cannot be read: No such file or directory\n")
        let folder = try await produce(".")
        #expect(folder.status == 1 && folder.errors.contains("Is a directory"))
        let property = try await produce("events.jsonl", "--property", "acks=maybe")
        #expect(property.status == 64 && property.errors.contains("acks") && !property.errors.contains("maybe"))
        #expect(try await produce("events.jsonl", "--property", "acks").status == 64)
        #expect(try await produce("events.jsonl", "--config", "meterd.yaml").status == 64)
        #expect(try await produce("events.jsonl", "--cluster", "main").status == 64)
        #expect(try await produce("events.jsonl", "--mode", "batch").status == 64)
        #expect(try messages().isEmpty)
    }

    @Test(
        "a property that a configuration refuses is refused here, with its usage and without its value",
        arguments: [
            ("bootstrap.servers=x:1", "say --brokers"), ("enable.auto.commit=true", "not on disk yet"),
            ("acks=0", "can still lose"), ("test.mock.num.brokers=3", "an empty cluster inside meterd"),
            ("compresion.codec=lz4", "unknown property"), ("sasl.password=", "sasl.password is empty"),
        ]
    )
    func refusedProperty(property: String, reason: String) async throws {
        try directory.write("events.jsonl", event(1))
        let outcome = try await produce("events.jsonl", "--property", property)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(outcome.errors.contains("Usage: meterd produce"))
        #expect(try messages().isEmpty)
    }

    @Test("brokers and topics that cannot be are told at once, in the words of the configuration")
    func impossibleNames() async throws {
        func run(_ options: String...) async throws -> Program.Outcome {
            try await Program.run([Program.path, "produce", "none.jsonl"] + options, in: directory.url)
        }
        let brokers = try await run("--topic", "a", "--brokers", "http://x:1")
        #expect(brokers.status == 64 && brokers.errors.contains("'http://x:1' has a protocol in front of a broker"))
        let topic = try await run("--topic", "a b")
        #expect(topic.status == 64 && topic.errors.contains("'a b' is not a topic's name"))
    }

    @Test(
        "on a terminal a bar is drawn and taken away again",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script(1) is not installed")
    )
    func terminal() async throws {
        try directory.write("events.jsonl", (0..<1000).map { event($0) + "\n" }.joined())
        let command = "\(Program.path) produce events.jsonl --topic events --brokers \(cluster.bootstrapServers)"
        let outcome = try await Program.run(
            ["/usr/bin/script", "--quiet", "--return", "--command", command, "/dev/null"],
            in: directory.url,
            environment: ["COLUMNS": "60", "LC_ALL": "C.UTF-8", "TERM": "xterm"]
        )
        #expect(outcome.status == 0)
        let drawn = outcome.output.split(separator: "\r").filter { $0.contains("events") && $0.hasSuffix("\u{1B}[K") }
        #expect(!drawn.isEmpty)
        // Three columns stay free, for a ^C.
        for line in drawn { #expect(line.dropLast(3).count <= 57) }
        // What stands there in the end: the last thing before the summary takes the bar away.
        #expect(outcome.output.contains(/\r\u{1B}\[K1000 events produced to events, structured, in [0-9.]+ s\r\n$/))
    }
}

extension TestMessage {
    fileprivate var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }

    fileprivate func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A directory that goes with its owner.
private final class TemporaryDirectory: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "meterd-produce-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }
}
