import CloudEvents
import DedupeIndex

/// A decoded batch with the keys it is recognized by, as it goes through the log to apply.
///
/// Fingerprints are computed where the events were decoded, on many threads; apply is one thread and only compares.
final class PreparedBatch: Sendable {
    let events: EventBatch
    let keys: [DedupeKey]

    init(_ events: EventBatch, key: FingerprintKey) {
        self.events = events
        keys = (0..<events.count).map { index in
            let fingerprint = events.withText(.source, of: index) { source in
                events.withText(.id, of: index) { key.fingerprint(source: source, id: $0) }
            }
            return DedupeKey(fingerprint: fingerprint, contentHash: events[index].contentHash)
        }
    }
}
