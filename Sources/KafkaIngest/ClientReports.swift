internal import CRdKafka

/// What librdkafka tells by callbacks, kept until the consumer's thread looks. The callbacks run on that thread, within the
/// calls it makes.
final class ClientReports {
    /// A line of librdkafka's own log.
    struct LogLine {
        /// As in syslog: 3 is an error, 7 is for debugging.
        var level: Int32
        var text: String
    }

    /// What is wrong with the cluster as a whole.
    private(set) var trouble: Trouble?
    /// What became of the last commit; nil when there is no news.
    private(set) var commit: Result<Void, CommitFailure>?
    private(set) var lines: [LogLine] = []
    /// Lines that are kept between two looks; more are left out.
    private static let lineLimit = 1_000

    /// How bad it is.
    enum Trouble: Equatable {
        /// A connection was lost, or a topic is gone. Another broker may do, and connections are made anew: whoever wants to
        /// know asks.
        case passing
        /// A broker cannot be used as configured, for this reason: a name, a certificate, a password.
        case final(String)
    }

    /// Why the broker did not take offsets.
    struct CommitFailure: Error {
        var text: String
    }

    /// The object behind the pointer that callbacks get.
    static func at(_ pointer: UnsafeMutableRawPointer?) -> ClientReports? {
        pointer.map { Unmanaged<ClientReports>.fromOpaque($0).takeUnretainedValue() }
    }

    func note(_ code: rd_kafka_resp_err_t, _ reason: String) {
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            if trouble == nil { trouble = .passing }
        default: trouble = .final(reason.isEmpty ? words(for: code) : reason)
        }
    }

    func committed(_ code: rd_kafka_resp_err_t) {
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR: commit = .success(())
        case RD_KAFKA_RESP_ERR__NO_OFFSET: commit = .success(())
        default: commit = .failure(CommitFailure(text: words(for: code)))
        }
    }

    func log(_ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>) {
        guard lines.count < Self.lineLimit else { return }
        let facility = facility.map { String(cString: $0) + ": " } ?? ""
        lines.append(LogLine(level: level, text: facility + String(cString: text)))
    }

    /// Everything since the last look.
    func drain() -> (trouble: Trouble?, commit: Result<Void, CommitFailure>?, lines: [LogLine]) {
        defer { (trouble, commit, lines) = (nil, nil, []) }
        return (trouble, commit, lines)
    }
}
