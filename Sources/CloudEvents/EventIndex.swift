/// Where one event and its parts are in `EventBatch.payload`. Trivial; all offsets count from the payload's first byte.
@frozen
public struct EventIndex: Sendable, Hashable {
    /// A run of bytes of the payload.
    @frozen
    public struct Slice: Sendable, Hashable {
        /// Bytes from the payload's first.
        public var offset: UInt32
        /// Bytes.
        public var length: UInt32

        @inlinable
        init(offset: UInt32 = 0, length: UInt32 = 0) {
            self.offset = offset
            self.length = length
        }
    }

    /// What is known of an event without reading it again.
    @frozen
    public struct Flags: OptionSet, Sendable, Hashable {
        /// The bits.
        public var rawValue: UInt32

        /// Flags of these bits.
        @inlinable
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The slice of `id` holds JSON escapes; so for the other attributes.
        public static let idEscaped = Flags(rawValue: 1)
        /// The slice of `source` holds JSON escapes.
        public static let sourceEscaped = Flags(rawValue: 2)
        /// The slice of `type` holds JSON escapes.
        public static let typeEscaped = Flags(rawValue: 4)
        /// The slice of `subject` holds JSON escapes.
        public static let subjectEscaped = Flags(rawValue: 8)
        /// The event has a `subject`.
        public static let hasSubject = Flags(rawValue: 16)
        /// The event has a `time`.
        public static let hasTime = Flags(rawValue: 32)
        /// The event has `data` (also when it is null) or `data_base64`.
        public static let hasData = Flags(rawValue: 64)
    }

    /// What the event's data is.
    @frozen
    public enum DataKind: UInt8, Sendable, Hashable {
        /// There is none.
        case absent
        /// `null`.
        case null
        /// A JSON object.
        case object
        /// A JSON array.
        case array
        /// A JSON string.
        case string
        /// A JSON number.
        case number
        /// `true` or `false`.
        case boolean
        /// `data_base64`.
        case base64
        /// Text of a media type that is not JSON, in a JSON string.
        case other
    }

    /// The event's JSON text, as received.
    public var raw = Slice()
    /// The text of `id` between its quotes, with its escapes.
    public var id = Slice()
    /// The text of `source` between its quotes, with its escapes.
    public var source = Slice()
    /// The text of `type` between its quotes, with its escapes.
    public var type = Slice()
    /// The text of `subject` between its quotes, with its escapes; empty when there is none.
    public var subject = Slice()
    /// The JSON text of `data`, a string's quotes included, or the text of `data_base64` without them; empty when
    /// absent.
    public var data = Slice()
    /// What is known of the event.
    public var flags = Flags()
    /// What `data` holds.
    public var dataKind = DataKind.absent
    /// The event's `time`, µs since 1970; 0 without `hasTime`.
    public var time: Int64 = 0
    /// Equal for equal content (`ContentHash.swift`): whatever the order of members, the white space outside strings,
    /// the way strings are escaped, and whether the event came structured or binary.
    public var contentHash: UInt64 = 0

    @inlinable
    init() {}
}

/// A part of an event that `EventBatch` can read as text.
@frozen
public enum EventPart: Sendable, Hashable, CaseIterable {
    /// The attribute `id`.
    case id
    /// The attribute `source`.
    case source
    /// The attribute `type`.
    case type
    /// The attribute `subject`.
    case subject
    /// The JSON text of `data`, or the text of `data_base64`.
    case data
    /// The event's whole JSON text.
    case raw
}

extension EventIndex {
    /// Where the part is; its escapes, if it has any, still stand.
    @inlinable
    public func slice(of part: EventPart) -> Slice {
        switch part {
        case .id: id
        case .source: source
        case .type: type
        case .subject: subject
        case .data: data
        case .raw: raw
        }
    }

    /// Whether the event has the part.
    @inlinable
    public func has(_ part: EventPart) -> Bool {
        switch part {
        case .id, .source, .type, .raw: true
        case .subject: flags.contains(.hasSubject)
        case .data: flags.contains(.hasData)
        }
    }

    /// Whether the part's text differs from its slice because of escapes. JSON text (`data`, `raw`) is read as it
    /// stands.
    @inlinable
    public func isEscaped(_ part: EventPart) -> Bool {
        switch part {
        case .id: flags.contains(.idEscaped)
        case .source: flags.contains(.sourceEscaped)
        case .type: flags.contains(.typeEscaped)
        case .subject: flags.contains(.subjectEscaped)
        case .data, .raw: false
        }
    }
}
