internal import CRdKafka
import CloudEvents
import Engine
import Logging
import Observability

/// The thread of a cluster: takes messages, makes frames of them, and does what has to be done now and then, always one
/// after the other.
final class ClusterLoop {
    let settings: ClusterSettings
    let log: any MessageLog
    let registry: MetricsRegistry
    let logger: Logger
    let status: ClusterStatus
    let stopping: StopSignal
    let client: ConsumerClient
    let selection: TopicSelection
    let deadLetters: DeadLetters?
    let builder: FrameBuilder
    var book: TroubleBook

    var partitions: [Partition] = []
    var places: [PartitionID: Int] = [:]
    /// Topics the broker listed last.
    var listed: Set<String> = []
    var hasListed = false
    /// A partition of each broker.
    var onePartitionEach: [PartitionID] = []
    /// Topics without any position in the log whose partitions are being begun.
    var newTopics: Set<String> = []
    /// What is on its way to the log.
    var underWay: (submission: Submission, entry: LogEntry)?
    /// A frame was dropped because the thread is to stop: nothing may be written any more, since positions stand for all
    /// messages before them.
    var hasDropped = false
    /// Partitions whose offset the broker does not have, found in the take at hand.
    var outOfRange: Set<Int> = []
    /// Partitions of which librdkafka could not read something, found in the take at hand: the offset it says, and why.
    var unreadable: [Int: (offset: Int64, text: String)] = [:]
    /// Partitions whose fetch failed and that gave nothing since.
    var troubled: Set<Int> = []
    /// Topics that are read and that the last listing did not have.
    var absent: Set<String> = []
    /// A broker did not know a topic that is read, since the last listing.
    var missesTopic = false
    /// Why the last listing failed, until that is told.
    var listFailure: String?
    /// Why the last connection was lost, until the topics could be listed again.
    var lostConnection: String?
    /// What was rejected and not told yet.
    var rejections = RejectionNotes()
    /// Brokers that were asked for a sign of life last.
    var askedLeaders: Set<Int32> = []
    var discoverAt = ContinuousClock.now
    var discoveryPause = GrowingPause(first: .seconds(1), longest: .seconds(30))
    /// A topic that is named and not there is looked for more often at first.
    var missingPause: GrowingPause
    /// A partition whose fetch fails is begun anew more often at first.
    var troublePause: GrowingPause
    var commitAt = ContinuousClock.now
    var commitIsOpen = false
    var commitPause = GrowingPause(first: .seconds(5), longest: .seconds(60))
    var brokerTroubleAt = ContinuousClock.now
    var lagAt = ContinuousClock.now
    private let scratch = HeaderScratch()

    /// Milliseconds to wait for more messages; what comes in a trickle waits as long before it is counted.
    private static let takeMilliseconds: Int32 = 50
    /// Bytes of keys and values after which a frame is measured.
    private static let measuredBytes = 256 << 10

    init(
        _ settings: ClusterSettings,
        log: any MessageLog,
        registry: MetricsRegistry,
        logger: Logger,
        status: ClusterStatus,
        stopping: StopSignal
    ) throws(KafkaError) {
        self.settings = settings
        self.log = log
        self.registry = registry
        self.logger = logger
        self.status = status
        self.stopping = stopping
        selection = try TopicSelection(
            settings.topics,
            excluding: Set([settings.deadLetterTopic].compactMap(\.self)),
            cluster: settings.name
        )
        client = try ConsumerClient(settings)
        deadLetters = try settings.deadLetterTopic.map { topic throws(KafkaError) in
            try DeadLetters(topic: topic, settings: settings, registry: registry, logger: logger)
        }
        let decoder = log.makeDecoder()
        builder = FrameBuilder(profile: decoder.profile, limits: decoder.limits)
        missingPause = GrowingPause(
            first: min(.seconds(1), settings.intervals.discovery),
            longest: settings.intervals.discovery
        )
        troublePause = missingPause
        book = TroubleBook(reminder: settings.intervals.reminder)
    }

    /// Until it is asked to stop.
    func run() {
        while !stopping.isSet {
            keepHouse()
            takeMessages()
        }
        finish()
    }

    private func takeMessages() {
        var run = Run.none
        var bytes = 0
        for message in client.take(milliseconds: Self.takeMilliseconds) {
            guard let message = message.map(BorrowedMessage.init(pointer:)) else { break }
            guard message.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                close(&run)
                run = Run.none
                handleReport(message)
                continue
            }
            if message.topicHandle != run.topic || message.partition != run.partition {
                close(&run)
                run = Run.none
                // Behind something that could not be read nothing is taken before that was tried again.
                guard let place = place(of: message), unreadable[place] == nil else { continue }
                run = Run(place: place, topic: message.topicHandle, partition: message.partition)
                run.next = partitions[place].next
            }
            // librdkafka may give a message again after a partition was begun anew; what is taken is taken.
            guard message.offset >= run.next else { continue }
            take(message, of: run.place)
            run.next = message.offset + 1
            run.count += 1
            bytes += message.length
            if bytes >= Self.measuredBytes {
                bytes = 0
                guard !stopping.isSet else { break }
                guard builder.isFull else { continue }
                close(&run)
                sendFrame()
            }
        }
        close(&run)
        client.release()
        client.askForMore(onePartitionEach)
        retryUnreadable()
        sendFrame()
        for line in rejections.due(every: settings.intervals.reminder, now: .now) { logger.warning("\(line)") }
        for place in outOfRange.sorted() {
            // At the end a frame may have been dropped, and a jump must not stand for its messages.
            guard !stopping.isSet else { break }
            recover(place)
        }
        outOfRange.removeAll()
    }

    /// Messages of one partition, one behind the other.
    private struct Run {
        var place: Int
        var topic: OpaquePointer?
        var partition: Int32
        var next: Int64 = 0
        var count = 0

        static var none: Run { Run(place: -1, topic: nil, partition: -1) }
    }

    /// Tells table and frame how far a run came. It may go on.
    private func close(_ run: inout Run) {
        guard run.count > 0 else { return }
        partitions[run.place].next = run.next
        builder.reach(run.next, partition: run.place, messages: run.count)
        run.count = 0
        goesOn(run.place)
    }

    private func place(of message: BorrowedMessage) -> Int? {
        guard let topic = message.topic else { return nil }
        return places[PartitionID(topic: topic, number: message.partition)]
    }

    @inline(__always)
    private func take(_ message: BorrowedMessage, of place: Int) {
        let headers = scratch.headers(of: message)
        guard headers.count < HeaderScratch.limit else {
            let reason = "the message has \(HeaderScratch.limit) headers or more"
            return reject(message, of: place, headers: headers, reason: reason)
        }
        do {
            try builder.add(headers: headers, value: message.value)
        } catch {
            reject(message, of: place, headers: headers, reason: error.description)
        }
    }

    /// Keeps a message that is no event, with the reason.
    private func reject(
        _ message: BorrowedMessage,
        of place: Int,
        headers: UnsafeBufferPointer<MessageHeader>,
        reason: String
    ) {
        partitions[place].instruments.rejected.increment()
        builder.reject(RejectedMessage(message, of: partitions[place], headers: headers, reason: reason))
        deadLetters?.send(message, of: partitions[place], headers: headers, reason: reason)
        rejections.add(partitions[place].id, offset: message.offset, reason: reason)
    }

    // MARK: Reports among the messages

    private func handleReport(_ report: BorrowedMessage) {
        let place = place(of: report)
        switch report.error {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            if let place, unreadable[place] == nil { reachEnd(of: place, at: report.offset) }
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            if let place { outOfRange.insert(place) }
        case RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR_INVALID_MSG,
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
            guard let place, unreadable[place] == nil else { return }
            unreadable[place] = (report.offset, report.errorText)
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            missesTopic = true
            discoverSoon()
        case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
            // Only a member of a group is late for anything.
            return
        default:
            guard let place else { return note(.cluster, report.errorText) }
            noteTroubled(place, "\(partitions[place].id) cannot be fetched: \(report.errorText)")
        }
    }
}
