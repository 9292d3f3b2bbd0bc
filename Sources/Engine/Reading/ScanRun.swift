import CloudEvents
import EventLog

/// One pass over the log: the cursor, the frame at hand, and what was read so far.
struct ScanRun {
    /// The events of a frame.
    struct Events {
        var firstSequence: UInt64
        var arrival: Int64
        var origin: UInt8
        var batch: EventBatch

        var endSequence: UInt64 { firstSequence + UInt64(batch.count) }
    }

    private let log: EventLog
    private let limits: ScanLimits
    private let decoder = EventDecoder(profile: .cloudevents, limits: .replay)
    private var cursor: FrameCursor?
    /// The frame the cursor stands behind, not decoded yet.
    private var next: Frame?
    private var current: Events?
    /// Events decoded.
    private(set) var eventsRead = 0

    init(log: EventLog, limits: ScanLimits) {
        self.log = log
        self.limits = limits
    }

    /// The events of the first frame that holds some from `sequence` on and below `end`; nil when there is none. Sequence
    /// numbers may only grow from call to call.
    mutating func events(at sequence: UInt64, below end: UInt64) throws(ScanError) -> Events? {
        while true {
            if let current, current.endSequence > sequence { return current.firstSequence < end ? current : nil }
            if next == nil || next.map({ $0.nextSequence <= sequence }) == true {
                next = try read(from: sequence)
            }
            guard let frame = next, frame.firstSequence < end else { return nil }
            current = try decode(frame)
            next = nil
        }
    }

    private mutating func read(from sequence: UInt64) throws(ScanError) -> Frame? {
        do throws(EventLogError) {
            let cursor = if let cursor { cursor } else { try log.frames(from: sequence) }
            self.cursor = cursor
            cursor.skip(to: sequence)
            return try cursor.next { FrameKind(rawValue: $0.kind)?.holdsEvents ?? false }
        } catch {
            throw ScanError(error)
        }
    }

    private mutating func decode(_ frame: Frame) throws(ScanError) -> Events {
        if let deadline = limits.deadline, ContinuousClock.now > deadline { throw .tooLong }
        let payload: UnsafeRawBufferPointer
        let count: Int
        if FrameKind(rawValue: frame.kind) == .take {
            do throws(EngineError) {
                let take = try TakePayload(of: frame)
                (payload, count) = (take.events, take.eventCount)
            } catch {
                throw .unreadable(error.description)
            }
        } else {
            (payload, count) = (frame.payload, Int(frame.count))
        }
        eventsRead += count
        guard eventsRead <= limits.events else { throw .tooManyEvents(limit: limits.events) }
        // The payload lies in memory that the frame owns; the batch has a copy of its own.
        let batch = try withExtendedLifetime(frame) { () throws(ScanError) in try index(payload, count, of: frame) }
        return Events(
            firstSequence: frame.nextSequence - UInt64(count),
            arrival: frame.arrival,
            origin: frame.origin,
            batch: batch
        )
    }

    private func index(
        _ payload: UnsafeRawBufferPointer,
        _ count: Int,
        of frame: Frame
    ) throws(ScanError) -> EventBatch {
        do {
            return try decoder.index(payload: payload, count: count)
        } catch {
            throw .unreadable("the frame of event \(frame.firstSequence) does not read as events: \(error)")
        }
    }

    /// The content that a correction put in the place of an event.
    func replacement(_ correction: UInt64) throws(ScanError) -> EventBatch {
        let found: Frame?
        do throws(EventLogError) { found = try log.frame(holding: correction) } catch { throw ScanError(error) }
        guard let found, FrameKind(rawValue: found.kind) == .correction else {
            throw .unreadable("the frame of event \(correction) is no correction")
        }
        do throws(EngineError) {
            // The payload lies in memory that the frame owns.
            let replacement = try withExtendedLifetime(found) { () throws(EngineError) in
                try CorrectionPayload(of: found).replacement
            }
            guard let replacement else { throw EngineError.contradiction("correction \(correction) amends nothing") }
            return try index(replacement, of: found)
        } catch {
            throw .unreadable(error.description)
        }
    }

    private func index(_ event: [UInt8], of frame: Frame) throws(EngineError) -> EventBatch {
        let payload = withUnsafeBytes(of: UInt32(event.count).littleEndian) { Array($0) } + event
        do {
            return try payload.withUnsafeBytes { try decoder.index(payload: $0, count: 1) }
        } catch {
            throw .contradiction(
                "the frame of event \(frame.firstSequence) holds a replacement that is no event: \(error)"
            )
        }
    }
}

extension ScanError {
    init(_ error: EventLogError) {
        if case .noLongerKept(_, let first) = error {
            self = .noLongerKept(first: first)
        } else {
            self = .unreadable(error.description)
        }
    }
}

extension FrameKind {
    /// Whether a frame of this kind can hold accepted events.
    var holdsEvents: Bool { self == .events || self == .take }
}
