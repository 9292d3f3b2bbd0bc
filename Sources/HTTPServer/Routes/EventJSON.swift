import CloudEvents
import Engine

/// An event of the log: as OpenMeter's clients read it (`event`, `ingestedAt`, `storedAt`, `validationError`), with what
/// is meterd's own beside.
enum EventJSON {
    static func write(_ event: StoredEvent, _ json: inout JSONWriter) {
        json.object { json in
            json.key("event")
            json.raw(event.json)
            // An event is acknowledged when it is on disk; the one time that is kept is that of its arrival.
            json.member("ingestedAt", event.arrival.description)
            json.member("storedAt", event.arrival.description)
            if !event.refusals.isEmpty { json.member("validationError", reasons(event)) }
            json.member("time", event.time.description)
            json.member("sequence", event.sequence)
            json.member("origin", event.origin.description)
            json.member("fate", event.fate.rawValue)
            json.key("refusals")
            json.array { json in
                for refusal in event.refusals {
                    json.object { json in
                        json.member("meter", refusal.meter)
                        json.member("reason", refusal.reason)
                    }
                }
            }
            json.key("corrections")
            json.array { json in for record in event.corrections { CorrectionJSON.write(record, &json) } }
        }
    }

    /// What the meters said, each reason once.
    private static func reasons(_ event: StoredEvent) -> String {
        var reasons: [String] = []
        for refusal in event.refusals where !reasons.contains(refusal.reason) { reasons.append(refusal.reason) }
        return reasons.joined(separator: "; ")
    }
}
