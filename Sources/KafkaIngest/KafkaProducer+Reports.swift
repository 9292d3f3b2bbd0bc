internal import CRdKafka
internal import Logging

/// What became of the messages that a producer took.
public struct DeliveryCounts: Sendable, Hashable {
    /// Messages that librdkafka took.
    public internal(set) var accepted = 0
    /// Messages that the brokers confirmed.
    public internal(set) var delivered = 0
    /// Messages that they did not confirm, and will not.
    public internal(set) var failed = 0
    /// Of `failed`, those that were sent and may be on a broker all the same.
    public internal(set) var uncertain = 0
    /// Where and why the first of `failed` did.
    public internal(set) var firstFailure: DeliveryFailure?

    /// Messages of which nothing is known yet.
    public var open: Int { accepted - delivered - failed }

    /// What to throw where all should have been delivered; nil when none has failed.
    public var error: KafkaError? {
        firstFailure.map { .notDelivered(count: failed, topic: $0.topic, reason: $0.reason) }
    }

    /// Nothing yet.
    public init() {}
}

/// Why a message was not delivered.
public struct DeliveryFailure: Sendable, Hashable {
    /// Where it should have gone.
    public var topic: String
    /// In librdkafka's or the broker's words.
    public var reason: String
}

/// What a producer's callbacks bring. They run in the producer's own calls, so on its thread.
final class DeliveryReports {
    var counts = DeliveryCounts()
    private(set) var trouble: String?
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Makes the configuration's client report here, for as long as this object lives.
    func connect(to configuration: OpaquePointer) {
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
            if let message { DeliveryReports.at(opaque)?.note(message) }
        }
        rd_kafka_conf_set_error_cb(configuration) { _, code, reason, opaque in
            let reason = reason.map { String(cString: $0) } ?? ""
            DeliveryReports.at(opaque)?.note(rd_kafka_resp_err_t(rawValue: code), reason)
        }
        rd_kafka_conf_set_log_cb(configuration) { handle, level, _, text in
            guard let handle, let text else { return }
            DeliveryReports.at(rd_kafka_opaque(handle))?.log(level, text)
        }
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> DeliveryReports? {
        pointer.map { Unmanaged<DeliveryReports>.fromOpaque($0).takeUnretainedValue() }
    }

    private func note(_ message: UnsafePointer<rd_kafka_message_t>) {
        guard message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else {
            counts.delivered += 1
            trouble = nil
            return
        }
        counts.failed += 1
        if rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED { counts.uncertain += 1 }
        guard counts.firstFailure == nil else { return }
        var reason = Self.words(for: message.pointee.err)
        if let trouble { reason += " (\(trouble))" }
        let topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) }
        counts.firstFailure = DeliveryFailure(topic: topic ?? "", reason: reason)
    }

    /// librdkafka's words, and ours for what `finish` does.
    private static func words(for code: rd_kafka_resp_err_t) -> String {
        switch code {
        case RD_KAFKA_RESP_ERR__PURGE_QUEUE: "given up before it was sent"
        case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: "given up before a broker confirmed it"
        default: KafkaIngest.words(for: code)
        }
    }

    private func note(_ code: rd_kafka_resp_err_t, _ reason: String) {
        // "1/1 brokers are down" follows the line that says why.
        guard code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || trouble == nil else { return }
        trouble = reason.isEmpty ? Self.words(for: code) : reason
    }

    private func log(_ level: Int32, _ text: UnsafePointer<CChar>) {
        logger.debug("librdkafka: \(String(cString: text))", metadata: ["level": "\(level)"])
    }
}
