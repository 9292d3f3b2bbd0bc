/// A correction that is in the log, and what came of it; kept for ever.
public struct CorrectionRow: Sendable, Hashable {
    /// What it does to its event.
    public enum Kind: String, Sendable, Hashable {
        /// The event counts no more.
        case void
        /// Another content counts in its place.
        case amend
    }

    /// Its own sequence number.
    public var sequence: UInt64
    /// When it was taken, in microseconds since 1970-01-01T00:00:00Z.
    public var at: Int64
    /// What it does.
    public var kind: Kind
    /// The sequence number of the event it corrects.
    public var eventSequence: UInt64
    /// The event's source.
    public var source: String
    /// The event's id.
    public var id: String
    /// Why, as it was asked.
    public var reason: String
    /// Who asked: the name of the access token, "" without one.
    public var by: String
    /// Slugs of the meters whose totals it changed, as they were called then.
    public var meters: [String]
    /// Why it was not applied; nil when it was.
    public var refused: String?
    /// The content that counts since, in the JSON format; nil where it voids, or was not kept.
    public var replacement: [UInt8]?
    /// The time of the content that counts since, or that counted until it was voided; microseconds.
    public var time: Int64
    /// When the event arrived, microseconds.
    public var arrival: Int64
    /// The origin's number of the event, as in the log's frames.
    public var origin: UInt8

    /// Makes a row.
    public init(
        sequence: UInt64,
        at: Int64,
        kind: Kind,
        eventSequence: UInt64,
        source: String,
        id: String,
        reason: String,
        by: String,
        meters: [String],
        refused: String?,
        replacement: [UInt8]? = nil,
        time: Int64,
        arrival: Int64,
        origin: UInt8
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
        self.replacement = replacement
        self.time = time
        self.arrival = arrival
        self.origin = origin
    }
}
