/// What the index says of one event: the first of its `(source, id)` within the window, or not.
@frozen
public enum Arrival: Hashable, Sendable {
    /// No event of this key is within the window: this one counts.
    case first
    /// The event with this sequence number came first and has the same content.
    case duplicate(of: UInt64)
    /// The event with this sequence number came first and has other content. The first one stays.
    case conflict(with: UInt64)
}

/// One event of a batch to be inserted.
@frozen
public struct DedupeKey: Hashable, Sendable {
    /// Keyed hash of the event's source and id.
    public var fingerprint: Fingerprint
    /// Hash of the event's content: equal for equal content, whatever its encoding.
    public var contentHash: UInt64

    /// A key of these two.
    @inlinable
    public init(fingerprint: Fingerprint, contentHash: UInt64) {
        self.fingerprint = fingerprint
        self.contentHash = contentHash
    }
}

/// One first arrival as it is kept, in memory and on disk alike: 32 bytes.
struct Entry {
    var high: UInt64
    var low: UInt64
    var contentHash: UInt64
    var sequence: UInt64

    static let bytes = 32

    func isBefore(_ other: Entry) -> Bool {
        high != other.high ? high < other.high : low < other.low
    }
}
