/// Checks what the keys of a cluster, and clusters among each other, have to agree on.
struct KafkaCheck {
    let drafts: [Placed<KafkaDraft>]
    let diagnostics: Diagnostics

    /// The clusters that could be read; what is wrong is reported.
    func clusters() -> [KafkaCluster] {
        checkNames()
        for draft in drafts.map(\.value) {
            checkTopics(draft)
            checkDeadLetters(draft)
        }
        return drafts.compactMap(\.value.cluster)
    }

    private func checkNames() {
        var known: [Placed<String>] = []
        for name in drafts.compactMap(\.value.name) {
            if let first = known.first(where: { $0.value == name.value }) {
                diagnostics.report(
                    name.position,
                    "a second cluster has the name \(name.shown)",
                    allowed: "names differ, the first one is on line \(first.position.line)"
                )
            } else {
                known.append(name)
            }
        }
    }

    private func checkTopics(_ draft: KafkaDraft) {
        var lines: [String: Int] = [:]
        for topic in draft.topics {
            if let line = lines[topic.value] {
                diagnostics.report(
                    topic.position,
                    "the cluster names the topic \(topic.shown) twice",
                    allowed: "it is on line \(line) already"
                )
            } else {
                lines[topic.value] = topic.position.line
            }
        }
    }

    /// A dead letter that is read again is rejected again, and so on without end.
    private func checkDeadLetters(_ draft: KafkaDraft) {
        guard let deadLetters = draft.deadLetterTopic else { return }
        for topic in draft.topics where Self.reads(topic.value, deadLetters.value) {
            diagnostics.report(
                deadLetters.position,
                "the dead-letter topic \(deadLetters.shown) is read itself, by \(topic.shown) on line "
                    + "\(topic.position.line)",
                allowed: "name a topic that is not read, or rejected messages go round without end"
            )
        }
    }

    private static func reads(_ topic: String, _ name: String) -> Bool {
        guard topic.hasPrefix("^") else { return topic == name }
        return (try? TopicPattern(topic).matches(name)) ?? false
    }
}
