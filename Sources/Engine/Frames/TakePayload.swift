// The payload of a frame of kind 3: what was taken from a stream at once, when some of it was rejected. All numbers are
// little-endian.
//
//     offset  bytes
//      0       4    format version, 1
//      4       4    count of rejected messages, at least 1
//      8       4    bytes of their records
//     12            the records (`RejectedRecord.swift`), which take the frame's first sequence numbers
//                   the accepted events as in a frame of kind 1, which take the others
//
// A take without rejected messages is a frame of kind 1.

import CloudEvents
import EventLog

/// What a frame of kind 3 holds.
struct TakePayload {
    private static let version: UInt32 = 1
    private static let headerBytes = 12

    /// The rejected messages' records, each without its length.
    let records: [UnsafeRawBufferPointer]
    /// The accepted events.
    let events: UnsafeRawBufferPointer
    /// How many they are.
    let eventCount: Int

    /// Writes the rejected messages, then a copy of the events.
    static func make(rejected: [RejectedMessage], events: UnsafeRawBufferPointer) -> PayloadBytes {
        let recordBytes = rejected.reduce(0) { $0 + $1.byteCount }
        return PayloadBytes(byteCount: headerBytes + recordBytes + events.count) { writer in
            writer.put(version)
            writer.put(UInt32(rejected.count))
            writer.put(UInt32(recordBytes))
            for message in rejected { message.write(to: &writer) }
            writer.put(bytes: events)
        }
    }

    /// Reads a frame's payload as far as to the lengths of its records.
    init(of frame: Frame) throws(EngineError) {
        var bytes = ByteReader(frame.payload)
        guard let version = bytes.take(UInt32.self) else { throw Self.malformed(frame) }
        guard version == Self.version else {
            throw .contradiction(
                "the frame of event \(frame.firstSequence) holds rejected messages in format \(version), written by a "
                    + "newer meterd: run the newer meterd"
            )
        }
        guard let count = bytes.take(UInt32.self), (1...frame.count).contains(count),
            let recordBytes = bytes.take(UInt32.self), let block = bytes.take(Int(recordBytes))
        else { throw Self.malformed(frame) }
        events = bytes.rest
        eventCount = Int(frame.count - count)
        var rest = ByteReader(block)
        var records: [UnsafeRawBufferPointer] = []
        for _ in 0..<count {
            guard let record = rest.takeBlock() else { throw Self.malformed(frame) }
            records.append(record)
        }
        guard rest.isAtEnd else { throw Self.malformed(frame) }
        self.records = records
    }

    /// A rejected message of the frame.
    static func message(_ record: UnsafeRawBufferPointer, of frame: Frame) throws(EngineError) -> RejectedMessage {
        guard let message = RejectedMessage(record: record) else { throw malformed(frame) }
        return message
    }

    private static func malformed(_ frame: Frame) -> EngineError {
        .contradiction("the frame of event \(frame.firstSequence) does not read as rejected messages and events")
    }
}

/// A take on its way through the log to apply: its payload, and the decoded events beside it.
final class PreparedTake: Sendable {
    let batch: PreparedBatch
    let rejectedCount: Int
    let payload: PayloadBytes

    init(_ batch: PreparedBatch, rejected: [RejectedMessage]) {
        self.batch = batch
        rejectedCount = rejected.count
        payload = batch.events.withPayload { TakePayload.make(rejected: rejected, events: $0) }
    }
}
