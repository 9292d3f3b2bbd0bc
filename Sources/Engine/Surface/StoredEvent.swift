public import CloudEvents

/// Which events to list. Times are microseconds since 1970-01-01T00:00:00Z, from inclusive, to exclusive.
public struct EventListQuery: Sendable, Hashable {
    /// Only events whose id contains this text.
    public var idContains: String?
    /// Only events of this subject.
    public var subject: String?
    /// Only events of this source.
    public var source: String?
    /// Only events of this type.
    public var type: String?
    /// The first moment of the event's own time.
    public var from: Timestamp
    /// The first moment after it; nil for no bound.
    public var to: Timestamp?
    /// The first moment of its arrival; nil for no bound.
    public var arrivedFrom: Timestamp?
    /// The first moment after it; nil for no bound.
    public var arrivedTo: Timestamp?
    /// Only events that one meter or more could not use.
    public var invalidOnly: Bool
    /// 1 to 100.
    public var limit: Int

    /// Makes a query.
    public init(
        idContains: String? = nil,
        subject: String? = nil,
        source: String? = nil,
        type: String? = nil,
        from: Timestamp,
        to: Timestamp? = nil,
        arrivedFrom: Timestamp? = nil,
        arrivedTo: Timestamp? = nil,
        invalidOnly: Bool = false,
        limit: Int = 100
    ) {
        self.idContains = idContains
        self.subject = subject
        self.source = source
        self.type = type
        self.from = from
        self.to = to
        self.arrivedFrom = arrivedFrom
        self.arrivedTo = arrivedTo
        self.invalidOnly = invalidOnly
        self.limit = limit
    }
}

/// What became of an event when it was applied.
public enum EventFate: String, Sendable, Hashable {
    case counted
    case duplicate
    /// A duplicate whose content is another than the first one's.
    case conflict
    case unmatched
    case invalid
}

/// An event of the log, with what became of it.
public struct StoredEvent: Sendable, Hashable {
    /// Why a meter could not use the event.
    public struct Refusal: Sendable, Hashable {
        /// The meter's slug; nil when the meter is deleted.
        public var meter: String?
        /// Why, as it was kept when the event was applied.
        public var reason: String

        /// Makes one.
        public init(meter: String?, reason: String) {
            self.meter = meter
            self.reason = reason
        }
    }

    /// Its place in the log.
    public var sequence: UInt64
    /// The event in the JSON format (CloudEvents 1.0.2), byte for byte as it is in the log.
    public var json: [UInt8]
    /// Its own time, or its arrival where it names none.
    public var time: Timestamp
    /// When meterd took it.
    public var arrival: Timestamp
    /// How it came.
    public var origin: IngestOrigin
    /// What became of it when it was applied.
    public var fate: EventFate
    /// What the meters that could not use it said.
    public var refusals: [Refusal]
    /// The corrections made to it since, oldest first.
    public var corrections: [CorrectionRecord]

    /// Makes one.
    public init(
        sequence: UInt64,
        json: [UInt8],
        time: Timestamp,
        arrival: Timestamp,
        origin: IngestOrigin,
        fate: EventFate,
        refusals: [Refusal] = [],
        corrections: [CorrectionRecord] = []
    ) {
        self.sequence = sequence
        self.json = json
        self.time = time
        self.arrival = arrival
        self.origin = origin
        self.fate = fate
        self.refusals = refusals
        self.corrections = corrections
    }
}

/// Two events with the same source and id and different content.
public struct ConflictRecord: Sendable, Hashable {
    /// The one that came first; it counts. Nil when it is not in the log any more.
    public var first: StoredEvent?
    /// The first one's place in the log.
    public var firstSequence: UInt64
    /// The one that came later; it does not count.
    public var second: StoredEvent

    /// Makes one.
    public init(first: StoredEvent?, firstSequence: UInt64, second: StoredEvent) {
        self.first = first
        self.firstSequence = firstSequence
        self.second = second
    }
}
