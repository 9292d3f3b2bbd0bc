import Glibc

/// Which topics of a cluster are read: those named, and those a regular expression matches.
struct TopicSelection {
    /// Topics named in full. One that is not there is trouble; an expression that matches nothing is none.
    let names: Set<String>
    private let expressions: [TopicExpression]
    private let excluded: Set<String>

    /// - Parameters:
    ///   - patterns: names, or regular expressions that begin with `^`.
    ///   - excluded: topics that no expression matches, whatever it says.
    /// - Throws: `KafkaError.properties` for an expression that is none.
    init(_ patterns: [String], excluding excluded: Set<String>, cluster: String) throws(KafkaError) {
        var expressions: [TopicExpression] = []
        for pattern in patterns where pattern.hasPrefix("^") {
            guard let expression = TopicExpression(pattern) else {
                throw .properties(cluster: cluster, reason: "the topics \(pattern) are no regular expression")
            }
            expressions.append(expression)
        }
        names = Set(patterns.filter { !$0.hasPrefix("^") })
        self.expressions = expressions
        self.excluded = excluded
    }

    /// Topics whose names begin with two underscores are Kafka's own: they are read only when named.
    func includes(_ topic: String) -> Bool {
        if names.contains(topic) { return true }
        guard !excluded.contains(topic), !topic.hasPrefix("__") else { return false }
        return expressions.contains { $0.matches(topic) }
    }
}

/// A POSIX extended regular expression (IEEE 1003.1, section 9.4), as librdkafka takes them for topics.
private final class TopicExpression {
    private var compiled = regex_t()

    init?(_ pattern: String) {
        guard regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
    }

    deinit { regfree(&compiled) }

    func matches(_ text: String) -> Bool { regexec(&compiled, text, 0, nil, 0) == 0 }
}
