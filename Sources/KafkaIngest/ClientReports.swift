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

    /// A broker cannot be used as configured, for this reason: a name, a certificate, a password.
    private(set) var refusal: String?
    /// A connection was lost, for this reason. Another broker may do, and connections are made anew: whoever wants to know
    /// asks.
    private(set) var lostConnection: String?
    /// A broker did not know a topic or partition that is read.
    private(set) var missesTopic = false
    /// What became of the last commit; nil when there is no news.
    private(set) var commit: Result<Void, CommitFailure>?
    private(set) var lines: [LogLine] = []
    /// Lines that are kept between two looks; more are left out.
    private static let lineLimit = 1_000

    /// Why the broker did not take offsets.
    struct CommitFailure: Error {
        var text: String
    }

    /// The object behind the pointer that callbacks get.
    static func at(_ pointer: UnsafeMutableRawPointer?) -> ClientReports? {
        pointer.map { Unmanaged<ClientReports>.fromOpaque($0).takeUnretainedValue() }
    }

    func note(_ code: rd_kafka_resp_err_t, _ reason: String) {
        let reason = reason.isEmpty ? words(for: code) : reason
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT:
            lostConnection = reason
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            // Its text only counts brokers; why they are down was told before.
            lostConnection = lostConnection ?? words(for: code)
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            missesTopic = true
        default:
            refusal = reason
        }
    }

    func committed(_ code: rd_kafka_resp_err_t) {
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__NO_OFFSET: commit = .success(())
        default: commit = .failure(CommitFailure(text: words(for: code)))
        }
    }

    func log(_ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>) {
        guard lines.count < Self.lineLimit else { return }
        let facility = facility.map { String(cString: $0) + ": " } ?? ""
        lines.append(LogLine(level: level, text: facility + String(cString: text)))
    }

    /// Forgets what was looked at.
    func clear() {
        (refusal, lostConnection, missesTopic, commit, lines) = (nil, nil, false, nil, [])
    }
}
