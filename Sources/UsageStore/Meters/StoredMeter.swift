public import Metering

/// Who decides about a meter.
public enum MeterOwnership: String, Sendable, Hashable {
    /// The configuration names it, or named it once.
    case configuration
    /// It was made over the API.
    case api
}

/// Whether a meter's totals are the ones that are read.
public enum MeterState: String, Sendable, Hashable {
    /// They are.
    case live
    /// They are being counted from the log: nobody reads them until they are done.
    case filling
}

/// A count from the log that somebody asked for.
public struct RefillNote: Sendable, Hashable {
    /// The first sequence number that is counted: older events are not in the log any more, or nobody knows what became of
    /// them.
    public var from: UInt64
    /// Where it was done: events from here on were counted as they came. Nil while it goes on.
    public var through: UInt64?
    /// Why it gave up; nil when it did not.
    public var failure: String?

    /// Makes a note.
    public init(from: UInt64, through: UInt64? = nil, failure: String? = nil) {
        self.from = from
        self.through = through
        self.failure = failure
    }
}

/// A meter as the store keeps it.
public struct StoredMeter: Sendable, Hashable {
    /// Its number in the tables; never used again for another meter.
    public let number: Int32
    /// A ULID. A meter whose dimensions are changed keeps it under another number.
    public internal(set) var id: String
    /// The definition it counts by.
    public var meter: Meter
    /// The width of its buckets in seconds: 3600, or 900 where a zone is not whole hours from UTC.
    public let bucketSeconds: Int64
    /// The first sequence number it could count.
    public let fromSequence: UInt64
    /// Who decides about it.
    public internal(set) var ownership: MeterOwnership
    /// Whether its totals are the ones that are read.
    public internal(set) var state: MeterState
    /// Whether it counts; one that the configuration names no more keeps its totals and rests.
    public internal(set) var active: Bool
    /// The stretches of the log it counts, in order; the last one ends at `.max` while it is active.
    public internal(set) var activity: [Range<UInt64>]
    /// The number of the live meter whose place it takes when it is filled, with other dimensions.
    public internal(set) var replaces: Int32?
    /// The last count from the log that was asked for; nil when there was none.
    public internal(set) var refill: RefillNote?
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let createdAt: Int64
    /// Microseconds since 1970-01-01T00:00:00Z.
    public internal(set) var updatedAt: Int64

    /// Makes a stored meter.
    public init(
        number: Int32,
        id: String,
        meter: Meter,
        bucketSeconds: Int64,
        fromSequence: UInt64,
        ownership: MeterOwnership = .configuration,
        state: MeterState = .live,
        active: Bool,
        activity: [Range<UInt64>] = [],
        replaces: Int32? = nil,
        refill: RefillNote? = nil,
        createdAt: Int64,
        updatedAt: Int64
    ) {
        self.number = number
        self.id = id
        self.meter = meter
        self.bucketSeconds = bucketSeconds
        self.fromSequence = fromSequence
        self.ownership = ownership
        self.state = state
        self.active = active
        self.activity = activity
        self.replaces = replaces
        self.refill = refill
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Whether it counts the events of a place in the log, as far as they are its events.
    public func isActive(at sequence: UInt64) -> Bool { activity.contains { $0.contains(sequence) } }

    /// What differs between two definitions in a way that changes what is counted.
    public func countingDifferences(to other: Meter, bucketSeconds otherBucketSeconds: Int64) -> [String] {
        var changed: [String] = []
        if !meter.eventType.utf8.elementsEqual(other.eventType.utf8) { changed.append("eventType") }
        if meter.eventFrom != other.eventFrom { changed.append("eventFrom") }
        if meter.aggregation != other.aggregation { changed.append("aggregation") }
        if meter.valueProperty != other.valueProperty { changed.append("valueProperty") }
        if meter.groupBy != other.groupBy { changed.append("groupBy") }
        if meter.filters != other.filters { changed.append("filters") }
        if otherBucketSeconds < bucketSeconds { changed.append("bucket width (a report's time zone)") }
        return changed
    }
}
