internal import CRdKafka

/// One librdkafka consumer with partitions that are given to it one by one.
///
/// Every call is made on one thread, and the assignment changes only between two takes: the batch calls of librdkafka 2.0
/// can lose messages beside a seek, a pause or a rebalance on another thread. Nothing is ever paused, for the same reason;
/// a consumer that must wait stops taking, and the queue of librdkafka fills up to its limits
/// (`queued.max.messages.kbytes`, `queued.min.messages`).
final class ConsumerClient {
    /// Messages of one take.
    static let takeLimit = 10_000

    let cluster: String
    /// What librdkafka told by callbacks since it was looked at last.
    let reports: ClientReports
    private let handle: OpaquePointer
    private let queue: OpaquePointer
    private let messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private var taken = 0
    /// Messages that waited in librdkafka's queue after the take before.
    private var waiting = 0

    /// - Throws: `KafkaError.properties` when librdkafka does not take the settings. No broker is asked for anything yet.
    init(_ settings: ClusterSettings) throws(KafkaError) {
        let reports = ClientReports()
        let configuration = try ClientProperties(pairs: Self.properties(settings))
            .makeConfiguration(cluster: settings.name)
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(reports).toOpaque())
        rd_kafka_conf_set_error_cb(configuration) { _, code, reason, opaque in
            ClientReports.at(opaque)?.note(
                rd_kafka_resp_err_t(rawValue: code),
                reason.map { String(cString: $0) } ?? ""
            )
        }
        rd_kafka_conf_set_offset_commit_cb(configuration) { _, code, _, opaque in
            ClientReports.at(opaque)?.committed(code)
        }
        rd_kafka_conf_set_log_cb(configuration) { handle, level, facility, text in
            guard let handle, let text else { return }
            ClientReports.at(rd_kafka_opaque(handle))?.log(level, facility, text)
        }
        self.handle = try Self.make(configuration, cluster: settings.name)
        cluster = settings.name
        self.reports = reports
        rd_kafka_set_log_queue(handle, nil)
        rd_kafka_poll_set_consumer(handle)
        guard let queue = rd_kafka_queue_get_consumer(handle) else {
            preconditionFailure("a consumer with a group has a queue")
        }
        self.queue = queue
        messages = .allocate(capacity: Self.takeLimit)
        messages.initialize(repeating: nil)
    }

    private static func make(_ configuration: OpaquePointer, cluster: String) throws(KafkaError) -> OpaquePointer {
        var reason = [CChar](repeating: 0, count: 512)
        guard let made = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            throw .properties(cluster: cluster, reason: text(reason))
        }
        return made
    }

    /// A commit waits for a coordinator as long as a session may be quiet, and meterd is no member of a session.
    private static func properties(_ settings: ClusterSettings) -> [(name: String, value: String)] {
        [("client.id", "meterd"), ("session.timeout.ms", "6000")] + settings.properties + [
            ("bootstrap.servers", settings.brokers.joined(separator: ",")),
            ("group.id", settings.group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", "true"),
            ("check.crcs", "true"),
            ("auto.offset.reset", "error"),
            ("log.queue", "true"),
        ]
    }

    /// Ends the client and waits for its threads, which in librdkafka 2.0 can be for ever.
    func close() {
        rd_kafka_queue_destroy(queue)
        // Closing as a member of the group would wait for a coordinator that may be down; there is nothing to leave.
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        messages.deallocate()
    }

    // MARK: Messages

    /// Waits for messages until there are `takeLimit` of them or the time is over. They are borrowed until `release`.
    func take(milliseconds: Int32) -> UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?> {
        precondition(taken == 0, "what was taken is released before more is taken")
        taken = max(0, rd_kafka_consume_batch_queue(queue, milliseconds, messages.baseAddress, messages.count))
        return UnsafeBufferPointer(rebasing: messages[..<taken])
    }

    /// Gives the messages back to librdkafka.
    func release() {
        for index in 0..<taken { rd_kafka_message_destroy(messages[index]) }
        taken = 0
    }

    /// Has librdkafka fetch again where its queue was full and is no longer.
    ///
    /// A partition is not fetched while the queue is at its limit, and in versions before 2.2 the threads that fetch look
    /// again only after a second, or when they have anything else to do. So as long as the queue gets shorter by whole takes,
    /// each is given something to do: a question for an offset, whose answer nobody waits for.
    ///
    /// - Parameter partitions: one of each broker.
    func askForMore(_ partitions: [PartitionID]) {
        let before = waiting
        waiting = rd_kafka_queue_length(queue)
        guard waiting < before, !partitions.isEmpty else { return }
        let list = PartitionList(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_END)) })
        defer { list.destroy() }
        rd_kafka_offsets_for_times(handle, list.pointer, 0)
    }

    // MARK: Partitions

    /// Begins to fetch partitions, each from an offset, beside those that are fetched already.
    func begin(_ partitions: [(id: PartitionID, offset: Int64)]) throws(KafkaError) {
        let list = PartitionList(partitions)
        defer { list.destroy() }
        try check(rd_kafka_incremental_assign(handle, list.pointer), "assign")
    }

    /// Fetches a partition no longer.
    func end(_ partition: PartitionID) throws(KafkaError) {
        let list = PartitionList([(partition, 0)])
        defer { list.destroy() }
        try check(rd_kafka_incremental_unassign(handle, list.pointer), "unassign")
    }

    /// The oldest offset there is and the one behind the newest, asked of the broker.
    func watermarks(of partition: PartitionID, milliseconds: Int32) throws(KafkaError) -> Range<Int64> {
        let low = try offset(of: partition, at: RD_KAFKA_OFFSET_BEGINNING, milliseconds: milliseconds)
        let high = try offset(of: partition, at: RD_KAFKA_OFFSET_END, milliseconds: milliseconds)
        return low..<max(low, high)
    }

    /// The offset behind the newest message, asked of the broker.
    func end(of partition: PartitionID, milliseconds: Int32) throws(KafkaError) -> Int64 {
        try offset(of: partition, at: RD_KAFKA_OFFSET_END, milliseconds: milliseconds)
    }

    /// Asked as an offset by time: the question for watermarks waits without a limit where a broker hangs.
    private func offset(of partition: PartitionID, at time: Int32, milliseconds: Int32) throws(KafkaError) -> Int64 {
        let list = PartitionList([(partition, Int64(time))])
        defer { list.destroy() }
        var code = rd_kafka_offsets_for_times(handle, list.pointer, milliseconds)
        let answer = list.pointer.pointee.elems[0]
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { code = answer.err }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, answer.offset >= 0 else {
            throw .call("asking for the offsets of \(partition)", cluster: cluster, reason: words(for: code))
        }
        return answer.offset
    }

    /// The offset behind the newest message as of the last fetch; nil before the first.
    func knownEnd(of partition: PartitionID) -> Int64? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_get_watermark_offsets(handle, partition.topic, partition.number, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Tells the broker how far the partitions are on disk here, for tools that show the lag. It does not wait; what
    /// becomes of it is in `reports`.
    func commit(_ positions: [(id: PartitionID, offset: Int64)]) {
        let list = PartitionList(positions)
        defer { list.destroy() }
        let code = rd_kafka_commit(handle, list.pointer, 1)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { reports.committed(code) }
    }

    /// The last commit: waits for the answer, up to a limit.
    func commit(_ positions: [(id: PartitionID, offset: Int64)], milliseconds: Int32) {
        guard let answers = rd_kafka_queue_new(handle) else { return }
        defer { rd_kafka_queue_destroy(answers) }
        let list = PartitionList(positions)
        defer { list.destroy() }
        guard rd_kafka_commit_queue(handle, list.pointer, answers, nil, nil) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let answer = rd_kafka_queue_poll(answers, milliseconds)
        else { return }
        rd_kafka_event_destroy(answer)
    }

    // MARK: Topics

    /// A topic as the broker lists it.
    struct ListedTopic {
        var name: String
        /// Why its partitions are not known.
        var failure: String?
        var partitions: [ListedPartition]
    }

    /// A partition as the broker lists it.
    struct ListedPartition {
        var number: Int32
        /// The broker that has it.
        var leader: Int32
    }

    /// All topics of the cluster that meterd may see.
    func topics(milliseconds: Int32) throws(KafkaError) -> [ListedTopic] {
        var found: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle, 1, nil, &found, milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let found else {
            throw .call("asking for the topics", cluster: cluster, reason: words(for: code))
        }
        defer { rd_kafka_metadata_destroy(found) }
        let topics = UnsafeBufferPointer(start: found.pointee.topics, count: Int(found.pointee.topic_cnt))
        return topics.map { topic in
            let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            return ListedTopic(
                name: String(cString: topic.topic),
                failure: topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : words(for: topic.err),
                partitions: partitions.map { ListedPartition(number: $0.id, leader: $0.leader) }
            )
        }
    }

    private func check(_ error: OpaquePointer?, _ call: String) throws(KafkaError) {
        guard let error else { return }
        defer { rd_kafka_error_destroy(error) }
        throw .call(call, cluster: cluster, reason: String(cString: rd_kafka_error_string(error)))
    }
}

/// A list of partitions with offsets, as librdkafka takes it.
private struct PartitionList {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ partitions: [(id: PartitionID, offset: Int64)]) {
        guard let made = rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
            preconditionFailure("librdkafka ends the process itself when it has no memory")
        }
        pointer = made
        for partition in partitions {
            rd_kafka_topic_partition_list_add(made, partition.id.topic, partition.id.number)
                .pointee.offset = partition.offset
        }
    }

    func destroy() { rd_kafka_topic_partition_list_destroy(pointer) }
}

/// Text that C wrote into a buffer.
private func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
