// The payload of a frame of kind 5: one correction of one event. All numbers are little-endian; a block is a length (4) and
// that many bytes.
//
//     offset  bytes
//      0       4    format version, 1
//      4       1    kind: 0 voids, 1 amends
//      5       1    origin of the event's frame
//      6       8    the event's sequence number
//     14       8    the basis: the sequence number of the correction that was the event's last applied one when this one
//                   was asked for; 0 when there was none
//     22       8    the event's arrival, µs since 1970
//     30       8    the event's time as it came: its own, or its arrival; what a replacement without a time keeps
//     38            the event's content as it counted then, in the JSON format: a block
//                   reason, by: blocks of UTF-8
//                   with kind 1 the replacement, in the JSON format: a block
//
// The content is in it so that applying it never depends on what retention has left of the log.

import CloudEvents
import EventLog

/// What a frame of kind 5 holds.
struct CorrectionPayload {
    fileprivate static let version: UInt32 = 1
    private static let headerBytes = 38

    /// The event's sequence number.
    var eventSequence: UInt64
    /// The event's last applied correction when this one was asked for; 0 without one.
    var basis: UInt64
    /// When the event arrived, in microseconds since 1970-01-01T00:00:00Z.
    var eventArrival: Int64
    /// The event's own time as it came, or its arrival, in microseconds since 1970-01-01T00:00:00Z.
    var eventTime: Int64
    /// The origin of the event's frame.
    var eventOrigin: UInt8
    /// The event as it counted, in the JSON format.
    var content: [UInt8]
    /// Why.
    var reason: String
    /// Who asked.
    var by: String
    /// What counts in its place, in the JSON format; nil voids the event.
    var replacement: [UInt8]?

    /// Writes it.
    func make() -> PayloadBytes {
        let count =
            Self.headerBytes + 4 + content.count + 4 + reason.utf8.count + 4 + by.utf8.count
            + (replacement.map { 4 + $0.count } ?? 0)
        return PayloadBytes(byteCount: count) { writer in
            writer.put(Self.version)
            writer.put(UInt8(replacement == nil ? 0 : 1))
            writer.put(eventOrigin)
            writer.put(eventSequence)
            writer.put(basis)
            writer.put(eventArrival)
            writer.put(eventTime)
            writer.put(block: content)
            writer.put(text: reason)
            writer.put(text: by)
            if let replacement { writer.put(block: replacement) }
        }
    }
}

extension CorrectionPayload {
    /// Reads a frame's payload.
    init(of frame: Frame) throws(EngineError) {
        var bytes = ByteReader(frame.payload)
        guard let version = bytes.take(UInt32.self) else { throw Self.malformed(frame) }
        guard version == Self.version else {
            throw .contradiction(
                "the frame of event \(frame.firstSequence) holds a correction in format \(version), written by a newer "
                    + "meterd: run the newer meterd"
            )
        }
        guard frame.count == 1, let kind = bytes.take(UInt8.self), kind <= 1, let origin = bytes.take(UInt8.self),
            let sequence = bytes.take(UInt64.self), let basis = bytes.take(UInt64.self),
            let arrival = bytes.take(Int64.self), let time = bytes.take(Int64.self), let content = bytes.takeBlock(),
            let reason = bytes.takeText(), let by = bytes.takeText()
        else { throw Self.malformed(frame) }
        var replacement: [UInt8]?
        if kind == 1 {
            guard let block = bytes.takeBlock() else { throw Self.malformed(frame) }
            replacement = Array(block)
        }
        guard bytes.isAtEnd, sequence < frame.firstSequence, basis < frame.firstSequence else {
            throw Self.malformed(frame)
        }
        self.init(
            eventSequence: sequence,
            basis: basis,
            eventArrival: arrival,
            eventTime: time,
            eventOrigin: origin,
            content: Array(content),
            reason: reason,
            by: by,
            replacement: replacement
        )
    }

    private static func malformed(_ frame: Frame) -> EngineError {
        .contradiction("the frame of event \(frame.firstSequence) does not read as a correction")
    }
}
