import ArgumentParser
import CloudEvents
import Foundation
import KafkaIngest
import Logging
import MeterdConfiguration

/// `meterd produce FILE --topic T`
struct ProduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Send the events of a file to a Kafka topic.",
        discussion: """
            FILE holds one event a line, a CloudEvent in its JSON format, such as

            {"specversion":"1.0","id":"1","source":"app","type":"call","subject":"acme"}

            meterd produce events.jsonl --topic events
            meterd produce events.jsonl --topic events --brokers kafka-1:9092,kafka-2:9092
            zcat events.jsonl.gz | meterd produce - --topic events --config meterd.yaml
            jq -c '.[]' array.json | meterd produce - --topic events

            An event's subject becomes its message's key, so that the events of a subject stay in order. All in-sync \
            replicas confirm a message before it counts as produced. A line that is no event is told and left out; \
            empty lines are nothing.

            Ctrl-C stops reading, waits for what was sent, and says how far it came; a second one does not wait.

            Exit codes: 0, all was produced. 65, some lines are no events; the others were produced. 74, not all was \
            delivered. 1, there is no such file. 64, wrong usage. 78, the configuration cannot be used. 130, Ctrl-C.
            """
    )

    @Argument(help: "A file with one event a line; - is standard input.", completion: .file())
    var file: String
    @Option(help: "The topic. Brokers that make topics by themselves make a missing one.")
    var topic: String
    @Option(help: "host:port of brokers to begin with, with commas between. (default: localhost:9092)")
    var brokers: String?
    @Option(help: "Take brokers and properties from a kafka entry of this configuration.", completion: .file())
    var config: String?
    @Option(help: "The entry's name, where the configuration has several.")
    var cluster: String?
    @Option(
        help: """
            structured: the event as it is. binary: its attributes are headers ce_…, its data is the message's value \
            (CloudEvents 1.0.2, Kafka protocol binding).
            """
    )
    var mode = MessageMode.structured
    @Option(
        help: """
            Which events are good: cloudevents takes all of CloudEvents 1.0.2, openmeter those with a subject and JSON \
            data. (default: that of --config, or openmeter)
            """
    )
    var profile: Profile?
    @Option(
        name: .customLong("property"),
        help: ArgumentHelp(
            """
            A setting of librdkafka, such as compression.codec=lz4; may be repeated. What a configuration refuses is \
            refused here. Secrets belong into the file of --config: what stands here shows in ps.
            """,
            valueName: "name=value"
        )
    )
    var properties: [ProducerProperty] = []

    func validate() throws {
        guard brokers == nil || config == nil else {
            throw ValidationError("Say --brokers or --config, not both.")
        }
        guard cluster == nil || config != nil else {
            throw ValidationError("--cluster names an entry of a configuration: add --config FILE.")
        }
        if let brokers, let refusal = KafkaCluster.refusal(brokers: brokers) {
            throw ValidationError("--brokers \(refusal)")
        }
        if let refusal = KafkaCluster.refusal(topic: topic) { throw ValidationError("--topic \(refusal)") }
        for property in properties {
            if let refusal = property.refusal { throw ValidationError("--property: \(refusal)") }
        }
    }

    func run() throws {
        let target = try ProduceTarget(self)
        let lines: LineReader
        do throws(LineReader.Fault) {
            lines = try LineReader(file: file, limit: target.limits.event)
        } catch {
            complain(error.description)
            throw ExitStatus.refused
        }
        let producer: KafkaProducer
        do throws(KafkaError) {
            producer = try KafkaProducer(
                cluster: target.cluster,
                brokers: target.brokers,
                properties: target.properties,
                logger: Logger(label: "meterd") { _ in SwiftLogNoOpLogHandler() }
            )
        } catch {
            complain(error.description)
            throw config == nil ? ExitCode.validationFailure : ExitStatus.configuration
        }
        let run = ProduceRun(
            producer: producer,
            topic: topic,
            mode: mode,
            lines: lines,
            decoder: EventDecoder(profile: target.profile, limits: target.limits)
        )
        let status = run.run()
        guard status == .success else { throw status }
    }
}

/// Where events go, and which are good.
private struct ProduceTarget {
    var cluster: String
    var brokers: [String]
    var properties: [(name: String, value: String)]
    var profile: Profile
    var limits: DecodeLimits

    private static let usualBrokers = "localhost:9092"

    init(_ command: ProduceCommand) throws {
        let added = command.properties.map { (name: $0.name, value: $0.value) }
        guard let file = command.config else {
            let brokers = command.brokers ?? Self.usualBrokers
            cluster = brokers
            self.brokers = brokers.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            properties = added
            profile = command.profile ?? .openmeter
            limits = DecodeLimits()
            return
        }
        let configuration = try LoadedConfiguration.load(file)
        let entry = try Self.entry(command.cluster, of: configuration.kafka, in: file)
        cluster = entry.name
        brokers = entry.brokers
        properties = entry.properties.map { ($0.name, $0.value) } + added
        profile = command.profile ?? configuration.server.profile
        limits = DecodeLimits(event: configuration.server.limits.event)
    }

    private static func entry(_ name: String?, of clusters: [KafkaCluster], in file: String) throws -> KafkaCluster {
        guard !clusters.isEmpty else {
            complain("\(file) has no kafka entry; add one, or say --brokers")
            throw ExitStatus.configuration
        }
        let names = clusters.map(\.name).joined(separator: ", ")
        guard let name else {
            guard clusters.count == 1 else {
                complain("\(file) has several kafka entries: say --cluster with one of \(names)")
                throw ExitCode.validationFailure
            }
            return clusters[0]
        }
        guard let cluster = clusters.first(where: { $0.name == name }) else {
            complain("\(file) has no kafka entry \(name); it has \(names)")
            throw ExitCode.validationFailure
        }
        return cluster
    }
}
