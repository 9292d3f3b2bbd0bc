public import CloudEvents

/// What someone asks to correct: one event, named by its source and id.
public struct CorrectionDraft: Sendable, Hashable {
    /// The event's source.
    public var source: String
    /// The event's id.
    public var id: String
    /// Why; 1 to `longestReason` bytes of UTF-8.
    public var reason: String
    /// The event as it should have been, in the JSON format (CloudEvents 1.0.2); nil voids the event. Source and id are the
    /// event's own; without a time it keeps the event's.
    public var replacement: [UInt8]?
    /// Who asks: the name of the access token, "" without one.
    public var by: String

    /// The most bytes of a reason.
    public static let longestReason = 1024

    /// Makes a draft.
    public init(source: String, id: String, reason: String, replacement: [UInt8]? = nil, by: String = "") {
        self.source = source
        self.id = id
        self.reason = reason
        self.replacement = replacement
        self.by = by
    }
}

/// A correction that is in the log, and what came of it.
public struct CorrectionRecord: Sendable, Hashable {
    /// What it does to its event.
    public enum Kind: String, Sendable, Hashable {
        /// The event counts no more.
        case void
        /// Another content counts in its place.
        case amend
    }

    /// Its own place in the log.
    public var sequence: UInt64
    /// When it was taken.
    public var at: Timestamp
    /// What it does.
    public var kind: Kind
    /// The event it corrects.
    public var eventSequence: UInt64
    /// The event's source.
    public var source: String
    /// The event's id.
    public var id: String
    /// Why, as it was asked.
    public var reason: String
    /// Who asked: the name of the access token, "" without one.
    public var by: String
    /// Slugs of the meters whose totals it changed.
    public var meters: [String]
    /// Why it was not applied; nil when it was.
    public var refused: String?

    /// Makes a record.
    public init(
        sequence: UInt64,
        at: Timestamp,
        kind: Kind,
        eventSequence: UInt64,
        source: String,
        id: String,
        reason: String,
        by: String,
        meters: [String],
        refused: String?
    ) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.eventSequence = eventSequence
        self.source = source
        self.id = id
        self.reason = reason
        self.by = by
        self.meters = meters
        self.refused = refused
    }
}

/// Why an event was not corrected; nothing is changed.
public enum CorrectionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No event with this source and id ever counted, as far as the log reaches back.
    case unknownEvent(source: String, id: String)
    /// It was voided before.
    case alreadyVoided(CorrectionRecord)
    /// The draft breaks a rule.
    case invalid(String)
    /// It cannot be done exactly; the text says why.
    case impossible(String)
    /// The log takes nothing now.
    case refused(AppendRefusal)
    /// The engine is not able to do it now.
    case unavailable(String)

    /// One sentence for the problem document.
    public var description: String {
        switch self {
        case .unknownEvent(let source, let id):
            "the log has no event with the source \"\(source)\" and the id \"\(id)\""
        case .alreadyVoided(let record):
            "correction \(record.sequence) of \(record.at) voided this event already: \(record.reason)"
        case .invalid(let why), .impossible(let why), .unavailable(let why): why
        case .refused(let refusal): refusal.description
        }
    }
}
