/// What became of the events of one origin on one day of arrival (UTC).
///
/// `received = stored + rejected` and `stored = counted + duplicate + unmatched + invalid`; conflicts are among the duplicates.
public struct LedgerCounts: Sendable, Hashable {
    /// Events in the log.
    public var stored = 0
    /// Events refused at the door.
    public var rejected = 0
    /// Events that one meter or more took.
    public var counted = 0
    /// Events whose source and id came before, within the dedupe window.
    public var duplicate = 0
    /// Those of the duplicates whose content is another than the first one's.
    public var conflict = 0
    /// Events whose type no meter has.
    public var unmatched = 0
    /// Events that none of the meters with their type could use.
    public var invalid = 0
    /// Corrections that voided one of these events since; not part of the sums.
    public var voided = 0
    /// Corrections that amended one of these events since; not part of the sums.
    public var amended = 0

    /// No events.
    public init() {}

    /// Events that came.
    public var received: Int { stored + rejected }

    /// Adds another day's or frame's counts.
    public mutating func add(_ other: LedgerCounts) {
        stored += other.stored
        rejected += other.rejected
        counted += other.counted
        duplicate += other.duplicate
        conflict += other.conflict
        unmatched += other.unmatched
        invalid += other.invalid
        voided += other.voided
        amended += other.amended
    }
}

/// A line of the ledger. Sources are compared as bytes: Swift takes canonically equivalent strings for equal.
public struct LedgerKey: Sendable, Hashable {
    /// Sources that get a line of their own, of each origin on each day; events of further ones are in the line without a
    /// source. The first ones in the order of the log have them.
    public static let sourcesADay = 1000

    /// The origin's number as in the log's frames.
    public var origin: UInt8
    /// Whole UTC days since 1970-01-01.
    public var day: Int32
    /// The CloudEvents source; "" for what was refused before it had one, for sources beyond `sourcesADay`, and for everything
    /// of the days before lines had sources.
    public var source: String

    /// Makes a key.
    public init(origin: UInt8, day: Int32, source: String = "") {
        self.origin = origin
        self.day = day
        self.source = source
    }

    /// Whether two keys are the same, byte by byte.
    public static func == (left: LedgerKey, right: LedgerKey) -> Bool {
        left.day == right.day && left.origin == right.origin && left.source.utf8.elementsEqual(right.source.utf8)
    }

    /// Hashes the key's bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(origin)
        hasher.combine(day)
        for byte in source.utf8 { hasher.combine(byte) }
    }
}

/// What became of the events of one meter's type on one day of arrival: `matched = counted + invalid`.
public struct MeterLedgerCounts: Sendable, Hashable {
    /// Events the meter took.
    public var counted = 0
    /// Events it could not use.
    public var invalid = 0
    /// Events that corrections took out of its totals since.
    public var withdrawn = 0
    /// Events that corrections put into its totals since: the amended content of an event.
    public var restored = 0

    /// No events.
    public init() {}

    /// Events in its totals: those it took, without what corrections took out and with what they put in.
    public var total: Int { counted - withdrawn + restored }

    /// Events of the meter's type, duplicates aside.
    public var matched: Int { counted + invalid }

    /// Adds another day's or frame's counts.
    public mutating func add(_ other: MeterLedgerCounts) {
        counted += other.counted
        invalid += other.invalid
        withdrawn += other.withdrawn
        restored += other.restored
    }
}

/// A line of a meter's ledger.
struct MeterLedgerKey: Sendable, Hashable {
    var meter: Int32
    var day: Int32
}

/// An event that a meter could not use.
public struct InvalidEvent: Sendable, Hashable {
    /// The event's sequence number.
    public var sequence: UInt64
    /// The meter's number in the store.
    public var meter: Int32
    /// Why, as the API words it.
    public var reason: String

    /// Makes one.
    public init(sequence: UInt64, meter: Int32, reason: String) {
        self.sequence = sequence
        self.meter = meter
        self.reason = reason
    }
}

/// An event with the source and id of an earlier one and other content.
public struct EventConflict: Sendable, Hashable {
    /// The event's sequence number.
    public var sequence: UInt64
    /// The sequence number of the one that counts.
    public var firstSequence: UInt64

    /// Makes one.
    public init(sequence: UInt64, firstSequence: UInt64) {
        self.sequence = sequence
        self.firstSequence = firstSequence
    }
}

/// A frame of the log that begins with rejected messages; the log has them, the store only where they are.
public struct RejectedFrame: Sendable, Hashable {
    /// Frames that are found again, the newest; those before are only in the log. One frame can come with each sync, so a
    /// flood of bad messages must not fill the store.
    public static let kept = 10_000

    /// The sequence number of the first rejected message.
    public var sequence: UInt64
    /// How many there are.
    public var count: Int
    /// The origin's number as in the log's frames.
    public var origin: UInt8

    /// Makes one.
    public init(sequence: UInt64, count: Int, origin: UInt8) {
        self.sequence = sequence
        self.count = count
        self.origin = origin
    }
}

/// A partition of a topic, for positions.
public struct PositionKey: Sendable, Hashable {
    /// `cluster/topic`.
    public var source: String
    /// The partition's number.
    public var partition: Int32

    /// Makes a key.
    public init(source: String, partition: Int32) {
        self.source = source
        self.partition = partition
    }
}
