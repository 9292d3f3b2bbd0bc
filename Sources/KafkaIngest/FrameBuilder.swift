import CloudEvents
import Engine
import EventLog

/// Gathers what one frame of the log will hold: events, rejected messages, and the offsets behind them.
final class FrameBuilder {
    /// Bytes of events and rejected messages after which a frame is full.
    private static let fullBytes = 4 << 20
    /// The largest event in bytes, whatever the configuration allows: behind an almost full frame the log still takes it.
    private static let largestEvent = Engine.largestAppendBytes - 2 * fullBytes

    private let collector: MessageCollector
    private var rejected: [RejectedMessage] = []
    private var rejectedBytes = 0
    /// The offset behind the last message of each partition, by the partition's place in the table.
    private var reached: [Int: Int64] = [:]
    private var taken: [Int: Int] = [:]

    /// A builder of frames without anything in them, for events that the engine's decoders take too.
    init(profile: Profile, limits: DecodeLimits) {
        var limits = limits
        limits.event = min(limits.event, Self.largestEvent)
        collector = MessageCollector(decoder: EventDecoder(profile: profile, limits: limits))
    }

    /// Time to send it off.
    var isFull: Bool { collector.byteCount + rejectedBytes >= Self.fullBytes }

    /// Nothing was added.
    var isEmpty: Bool { reached.isEmpty }

    /// Adds a message's event.
    func add(
        headers: UnsafeBufferPointer<MessageHeader>,
        value: UnsafeRawBufferPointer?
    ) throws(DecodeError) {
        try collector.add(headers: headers, value: value)
    }

    /// Adds a message that is no event.
    func reject(_ message: RejectedMessage) {
        rejectedBytes += message.byteCount
        rejected.append(message)
    }

    /// The messages of a partition below this offset are in the frame.
    func reach(_ offset: Int64, partition: Int, messages: Int) {
        reached[partition] = offset
        taken[partition, default: 0] += messages
    }

    /// The frame; the builder is empty afterwards.
    func finish(_ partitions: [Partition]) -> SourceFrame {
        let positions = reached.keys.sorted().map { place in
            SourcePosition(
                source: partitions[place].source,
                partition: partitions[place].id.number,
                nextOffset: reached[place] ?? 0
            )
        }
        defer {
            rejected = []
            rejectedBytes = 0
            reached.removeAll(keepingCapacity: true)
            taken.removeAll(keepingCapacity: true)
        }
        return SourceFrame(
            batch: collector.finish(),
            rejected: rejected,
            positions: positions,
            reached: reached,
            taken: taken
        )
    }
}

/// A frame on its way to the log, kept until it is there.
struct SourceFrame {
    var batch: EventBatch
    var rejected: [RejectedMessage]
    var positions: [SourcePosition]
    /// By the partition's place in the table.
    var reached: [Int: Int64]
    /// Messages of each partition, by its place in the table.
    var taken: [Int: Int]
}

extension RejectedMessage {
    /// A message that librdkafka still holds, as it is kept.
    init(
        _ message: BorrowedMessage,
        of partition: Partition,
        headers: UnsafeBufferPointer<MessageHeader>,
        reason: String
    ) {
        self.init(
            source: partition.source,
            partition: partition.id.number,
            offset: message.offset,
            time: message.time,
            reason: reason,
            key: message.key.map { Array($0) },
            headers: headers.map { header in
                Header(name: String(decoding: header.name, as: UTF8.self), value: header.value.map { Array($0) })
            },
            value: message.value.map { Array($0.prefix(Self.keptBytes)) },
            valueLength: message.value?.count ?? 0
        )
    }

    /// A message that the broker has and librdkafka cannot read.
    init(unreadable offset: Int64, of partition: Partition, why: String) {
        self.init(
            source: partition.source,
            partition: partition.id.number,
            offset: offset,
            time: nil,
            reason: "cannot be read: \(why)",
            key: nil,
            headers: [],
            value: nil
        )
    }
}
