/// How far one source has been taken: everything below `nextOffset` of this partition is in the log.
public struct SourcePosition: Sendable, Hashable {
    /// The source's name, for Kafka `cluster/topic`; at most 65,535 bytes of UTF-8.
    public var source: String
    /// The partition's number.
    public var partition: Int32
    /// The offset of the first message that is not in the log.
    public var nextOffset: Int64

    /// Makes a position.
    public init(source: String, partition: Int32, nextOffset: Int64) {
        self.source = source
        self.partition = partition
        self.nextOffset = nextOffset
    }
}

/// A frame on its way to the log. The log writes the payload from where it is and never copies it.
///
/// `@unchecked Sendable`: the payload's bytes must not change until the completion has run, and `owner` keeps them alive.
public struct FrameDraft: @unchecked Sendable {
    /// What the payload is; the log keeps this and gives it back.
    public var kind: UInt8
    /// How it came in; kept and given back too.
    public var origin: UInt8
    /// How many sequence numbers it takes; at least 1.
    public var count: UInt32
    /// When it arrived, in microseconds since 1970-01-01T00:00:00Z.
    public var arrival: Int64
    /// Source positions made durable with it.
    public var positions: [SourcePosition]
    /// The bytes.
    public var payload: UnsafeRawBufferPointer
    /// What keeps the bytes alive.
    public var owner: any AnyObject & Sendable
    /// Called once, on the writer thread: the first sequence number once the frame is on disk, or why it is not.
    public var completion: @Sendable (Result<UInt64, AppendError>) -> Void

    /// Makes a draft.
    public init(
        kind: UInt8,
        origin: UInt8,
        count: UInt32,
        arrival: Int64,
        positions: [SourcePosition] = [],
        payload: UnsafeRawBufferPointer,
        owner: any AnyObject & Sendable,
        completion: @escaping @Sendable (Result<UInt64, AppendError>) -> Void
    ) {
        precondition(count > 0, "a frame takes at least one sequence number")
        self.kind = kind
        self.origin = origin
        self.count = count
        self.arrival = arrival
        self.positions = positions
        self.payload = payload
        self.owner = owner
        self.completion = completion
    }
}

/// A frame that is on disk.
///
/// `@unchecked Sendable`: nothing writes to the payload any more, and `owner` keeps it alive.
public struct Frame: @unchecked Sendable {
    /// The sequence number of its first event; event i has `firstSequence + i`.
    public var firstSequence: UInt64
    /// What the payload is, as the draft said.
    public var kind: UInt8
    /// How it came in, as the draft said.
    public var origin: UInt8
    /// How many sequence numbers it takes.
    public var count: UInt32
    /// When it arrived, in microseconds since 1970-01-01T00:00:00Z.
    public var arrival: Int64
    /// Source positions made durable with it.
    public var positions: [SourcePosition]
    /// The bytes; good as long as `owner` is held.
    public var payload: UnsafeRawBufferPointer
    /// What keeps the bytes alive: the draft's owner, or the buffer they were read into.
    public var owner: (any AnyObject & Sendable)?

    /// The sequence number after its last event.
    public var nextSequence: UInt64 { firstSequence + UInt64(count) }
}

/// What a frame's header says of it.
public struct FrameSummary: Sendable, Hashable {
    /// The sequence number of its first event.
    public var firstSequence: UInt64
    /// What the payload is, as the draft said.
    public var kind: UInt8
    /// How it came in, as the draft said.
    public var origin: UInt8
    /// How many sequence numbers it takes.
    public var count: UInt32
    /// When it arrived, in microseconds since 1970-01-01T00:00:00Z.
    public var arrival: Int64

    init(_ header: FrameHeader) {
        firstSequence = header.firstSequence
        kind = header.kind
        origin = header.origin
        count = header.count
        arrival = header.arrival
    }

    /// The sequence number after its last event.
    public var nextSequence: UInt64 { firstSequence + UInt64(count) }
}

/// Follows the log as it grows.
public protocol LogFollower: AnyObject, Sendable {
    /// Frames that are now on disk: on the writer thread, in order, none left out, before their completions run.
    func synced(_ frames: [Frame])
}
