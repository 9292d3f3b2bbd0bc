import CloudEvents
import DedupeIndex
import EventLog
import Synchronization
import UsageStore

/// The event that a correction is about, as the log has it.
struct CorrectedEvent {
    let sequence: UInt64
    /// Its own time, or its arrival; microseconds since 1970-01-01T00:00:00Z.
    let time: Int64
    /// Microseconds since 1970-01-01T00:00:00Z.
    let arrival: Int64
    /// As in the frame.
    let origin: UInt8
    /// In the JSON format.
    let json: [UInt8]

    /// Sequence numbers looked through at a time.
    private static let stretch: UInt64 = 1 << 20

    private init(_ event: ScannedEvent) {
        sequence = event.sequence
        time = event.time
        arrival = event.arrival
        origin = event.origin
        json = event.batch.withText(.raw, of: event.index) { Array($0) }
    }

    /// The first event with this source and id within the dedupe window; behind it the newest that was none's duplicate.
    ///
    /// - Throws: `CorrectionFailure`, `ScanError`, `UsageStoreError`, `EngineError`.
    static func find(_ draft: CorrectionDraft, in engine: Engine, limits: ScanLimits) throws -> CorrectedEvent? {
        let source = Array(draft.source.utf8)
        let id = Array(draft.id.utf8)
        let fingerprint = source.withUnsafeBytes { source in
            id.withUnsafeBytes { engine.fingerprintKey.fingerprint(source: source, id: $0) }
        }
        let (first, begins, through) = try engine.state.withLock { state in
            (try state.applier.dedupe.first(of: fingerprint), state.logBegins, state.applier.nextSequence)
        }
        if let first {
            if first < engine.store.explainedFrom { throw CorrectionFailure.refused(.unexplained(first)) }
            if first < begins { throw CorrectionFailure.refused(.older(first, begins: begins)) }
            return try newest(source, id, in: engine, first..<first + 1, limits: limits)
        }
        let explained = max(begins, engine.store.explainedFrom)
        return try newest(source, id, in: engine, explained..<max(explained, through), limits: limits)
    }

    /// The newest event with a source and id that was no duplicate, in a stretch of the log.
    private static func newest(
        _ source: [UInt8],
        _ id: [UInt8],
        in engine: Engine,
        _ sequences: Range<UInt64>,
        limits: ScanLimits
    ) throws -> CorrectedEvent? {
        var end = sequences.upperBound
        while end > sequences.lowerBound {
            let start = max(sequences.lowerBound, end > stretch ? end - stretch : 0)
            let blocks = try engine.eventFacts(sequences: start..<end).blocks
            var found: CorrectedEvent?
            // As it came, whatever became of it since.
            let scan = EventScan(log: engine.log, stored: start..<end, times: nil, limits: limits)
            try scan.run { event in
                let matches =
                    event.batch.withText(.id, of: event.index) { $0.elementsEqual(id) }
                    && event.batch.withText(.source, of: event.index) { $0.elementsEqual(source) }
                if matches, !blocks.contains(where: { $0.isDuplicate(event.sequence) }) {
                    found = CorrectedEvent(event)
                }
                return true
            }
            if let found { return found }
            end = start
        }
        return nil
    }

    /// The payload of a correction of it, on the ground of the corrections so far.
    func payload(
        _ draft: CorrectionDraft,
        replacement: [UInt8]?,
        after rows: [CorrectionRow]
    ) -> CorrectionPayload {
        let last = rows.last { $0.refused == nil }
        return CorrectionPayload(
            eventSequence: sequence,
            basis: last?.sequence ?? 0,
            eventArrival: arrival,
            eventTime: time,
            eventOrigin: origin,
            content: last?.replacement ?? json,
            reason: draft.reason,
            by: draft.by,
            replacement: replacement
        )
    }
}
