/// What the log says of messages that are no events: a line for each topic when it begins, then at intervals, each with how
/// many there were and the last one's reason.
struct RejectionNotes {
    private struct Topic {
        var count = 0
        var last = ""
        var toldAt: ContinuousClock.Instant?
    }

    private var topics: [String: Topic] = [:]
    private var hasNews = false

    /// Takes note of one.
    mutating func add(_ partition: PartitionID, offset: Int64, reason: String) {
        topics[partition.topic, default: Topic()].count += 1
        topics[partition.topic]?.last = "the last at \(partition) offset \(offset): \(reason)"
        hasNews = true
    }

    /// The lines that are due.
    mutating func due(every interval: Duration, now: ContinuousClock.Instant) -> [String] {
        guard hasNews else { return [] }
        var lines: [String] = []
        hasNews = false
        for (name, topic) in topics.sorted(by: { $0.key < $1.key }) where topic.count > 0 {
            guard topic.toldAt.map({ now - $0 >= interval }) ?? true else {
                hasNews = true
                continue
            }
            let what = topic.count == 1 ? "a message is no event" : "\(topic.count) messages are no events"
            lines.append("\(name): \(what), \(topic.last); GET /api/v1/rejected lists them")
            topics[name] = Topic(toldAt: now)
        }
        return lines
    }
}
