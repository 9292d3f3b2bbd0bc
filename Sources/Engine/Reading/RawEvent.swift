import CloudEvents
import EventLog

/// An event as it is in the log.
struct RawEvent: Sendable {
    var sequence: UInt64
    /// Its own time, or its arrival where it names none; microseconds since 1970-01-01T00:00:00Z.
    var time: Int64
    /// When its frame arrived, microseconds likewise.
    var arrival: Int64
    /// How it came, as in the frame.
    var origin: UInt8
    /// The event in the JSON format, as received.
    var json: [UInt8]

    /// Copies an event that a scan found.
    init(_ event: ScannedEvent) {
        sequence = event.sequence
        time = event.time
        arrival = event.arrival
        origin = event.origin
        json = event.batch.withText(.raw, of: event.index) { Array($0) }
    }

    /// Reads one event back; nil when the log does not have it any more, or has no event there.
    ///
    /// - Throws: `EventLogError`, `EngineError`.
    init?(_ sequence: UInt64, in log: EventLog) throws {
        let found: Frame?
        do {
            found = try log.frame(holding: sequence)
        } catch EventLogError.noLongerKept {
            return nil
        }
        guard let frame = found, let json = try Self.json(sequence, of: frame) else { return nil }
        let batch = try Self.decode(json, of: frame)
        self.sequence = sequence
        self.json = json
        time = batch[0].flags.contains(.hasTime) ? batch[0].time : frame.arrival
        arrival = frame.arrival
        origin = frame.origin
    }

    /// The text of one event of a frame, found by the lengths before them.
    private static func json(_ sequence: UInt64, of frame: Frame) throws -> [UInt8]? {
        // The payload lies in memory that the frame owns.
        try withExtendedLifetime(frame) {
            let events: UnsafeRawBufferPointer
            let first: UInt64
            switch FrameKind(rawValue: frame.kind) {
            case .events: (events, first) = (frame.payload, frame.firstSequence)
            case .take:
                let take = try TakePayload(of: frame)
                (events, first) = (take.events, frame.nextSequence - UInt64(take.eventCount))
            default: return nil
            }
            guard sequence >= first else { return nil }
            var bytes = ByteReader(events)
            for _ in first..<sequence { guard bytes.takeBlock() != nil else { return nil } }
            return bytes.takeBlock().map { Array($0) }
        }
    }

    private static func decode(_ json: [UInt8], of frame: Frame) throws -> EventBatch {
        let payload = withUnsafeBytes(of: UInt32(json.count).littleEndian) { Array($0) } + json
        do {
            return try payload.withUnsafeBytes {
                try EventDecoder(profile: .cloudevents, limits: .replay).index(payload: $0, count: 1)
            }
        } catch {
            throw EngineError.contradiction(
                "the frame of event \(frame.firstSequence) does not read as events: \(error)"
            )
        }
    }
}
