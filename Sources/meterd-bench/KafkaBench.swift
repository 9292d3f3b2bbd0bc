import ArgumentParser
import CloudEvents
import Foundation
import KafkaIngest

/// A filled topic consumed twice a round: by a loop that only takes messages, and the whole way into totals.
struct KafkaBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka",
        abstract: "Consume a filled topic with an empty loop and into totals; print both and the ratio.",
        discussion: """
            The broker is librdkafka's mock cluster in this process, so its time is in the figures of both; --brokers \
            takes a real one, on which a topic is made and deleted again.
            """
    )

    @Option(help: "How many events.")
    var events = 1_000_000
    @Option(help: "Partitions of the topic. One of the mock cluster holds about 15,000 events.")
    var partitions = 100
    @Option(help: "structured or binary.")
    var mode = "structured"
    @Option(help: "How often the topic is consumed both ways; the order turns each time.")
    var rounds = 5
    @Option(help: "host:port of a real broker.")
    var brokers: String?
    @Option(
        name: .customLong("property"),
        help: "A setting of librdkafka for both consumers, name=value; may be repeated."
    )
    var properties: [String] = []
    @Option(help: "The same seed makes the same events.")
    var seed: UInt64 = 1
    @Option(help: "The directory to write to; a new one below var/ by default, removed afterwards.")
    var directory: String?

    func validate() throws {
        guard events > 0, (1...1_000).contains(partitions), rounds > 0 else {
            throw ValidationError("--events and --rounds are at least 1, --partitions 1 to 1000.")
        }
        guard MessageMode(rawValue: mode) != nil else { throw ValidationError("--mode is structured or binary.") }
    }

    func run() throws {
        let place = directory ?? "var/bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: place) } }
        let broker = try KafkaBenchBroker(brokers)
        let began = ContinuousClock.now
        let topic = try KafkaBenchTopic(
            broker,
            partitions: partitions,
            events: events,
            mode: MessageMode(rawValue: mode) ?? .structured,
            seed: seed
        )
        let filling = began.duration(to: .now).formatted(.units(allowed: [.seconds, .milliseconds], width: .narrow))
        print(
            "topic: \(events) events of \(topic.bytes / events) bytes, \(mode), \(partitions) partitions, in \(filling)"
        )
        let settings = ClusterSettings(
            name: "bench",
            brokers: [broker.brokers],
            topics: [topic.name],
            group: "meterd-bench",
            properties: try properties.map(Self.property)
        )
        var empty: [KafkaBenchPass] = []
        var totals: [KafkaBenchPass] = []
        for round in 0..<rounds {
            for isEmpty in round % 2 == 0 ? [true, false] : [false, true] {
                if isEmpty {
                    empty.append(try KafkaBenchPass.empty(topic, settings))
                } else {
                    let store = "\(place)/round-\(round)"
                    totals.append(try KafkaBenchPass.totals(topic, settings, directory: store))
                    // The store's last readers may still be closing files; the folder around it goes in the end.
                    try? FileManager.default.removeItem(atPath: store)
                }
            }
            print(
                "round \(round + 1): empty loop \(text(empty[round])), into totals \(text(totals[round])), "
                    + "ratio \(ratio(totals[round], empty[round]))"
            )
        }
        report("empty loop", empty)
        report("into totals", totals)
        print("ratio of the medians: \(ratio(Self.median(totals), Self.median(empty)))")
        try broker.delete(topic: topic.name)
    }

    private static func property(_ text: String) throws -> (name: String, value: String) {
        guard let sign = text.firstIndex(of: "=") else { throw ValidationError("--property is name=value.") }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }

    private static func median(_ passes: [KafkaBenchPass]) -> KafkaBenchPass {
        passes.sorted { $0.perSecond < $1.perSecond }[passes.count / 2]
    }

    private func report(_ what: String, _ passes: [KafkaBenchPass]) {
        let median = Self.median(passes)
        let best = passes.max { $0.perSecond < $1.perSecond } ?? median
        print("\(what): median \(text(median)), best \(text(best))")
        if let log = median.log {
            let mean = log.seconds / Double(max(log.frames, 1)) * 1000
            print(String(format: "  %d frames, %.1f ms each to disk, refused %d times", log.frames, mean, log.refusals))
        }
        let perMillion = 1e6 / Double(median.messages)
        print(
            String(format: "  %.2f CPU seconds a million events in the median round:", median.cpuSeconds * perMillion)
        )
        for thread in median.threads where thread.seconds * perMillion >= 0.005 {
            print(String(format: "  %6.2f  %@", thread.seconds * perMillion, thread.name))
        }
    }

    private func ratio(_ pass: KafkaBenchPass, _ empty: KafkaBenchPass) -> String {
        String(format: "%.2f", pass.perSecond / empty.perSecond)
    }

    private func text(_ pass: KafkaBenchPass) -> String {
        String(format: "%.3f million/s", pass.perSecond / 1e6)
    }
}
