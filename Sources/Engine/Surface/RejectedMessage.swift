/// A message of a stream that is no event meterd takes, with as much of it as is kept.
///
/// It takes one sequence number, counts 1 as rejected in the ledger, and its bytes stay in the log as long as the log keeps
/// the frame.
public struct RejectedMessage: Sendable, Hashable {
    /// A header as the broker gave it; names can repeat, and a value can be missing.
    public struct Header: Sendable, Hashable {
        /// The header's name.
        public var name: String
        /// The bytes; nil is another thing than none.
        public var value: [UInt8]?

        /// Makes a header.
        public init(name: String, value: [UInt8]?) {
            self.name = name
            self.value = value
        }
    }

    /// Bytes of a value that are kept.
    public static let keptBytes = 64 << 10
    /// Bytes of the key and the headers together that are kept: the key first, then whole headers as long as they fit.
    public static let keptMetadataBytes = 16 << 10
    /// Bytes of a reason that are kept.
    public static let keptReasonBytes = 4 << 10

    /// `cluster/topic`.
    public var source: String
    /// The partition's number.
    public var partition: Int32
    /// The message's offset in it.
    public var offset: Int64
    /// The message's own time in microseconds since 1970-01-01T00:00:00Z; nil when it has none.
    public var time: Int64?
    /// Why it was not taken, as a person should read it.
    public private(set) var reason: String
    /// The key; nil is another thing than an empty one.
    public private(set) var key: [UInt8]?
    /// The headers in their order.
    public private(set) var headers: [Header]
    /// The value, `keptBytes` of it at most; nil is another thing than an empty one.
    public private(set) var value: [UInt8]?
    /// Bytes of the value as it was.
    public private(set) var valueLength: Int
    /// Something of the message is not kept: of the value, the key, the headers or the reason.
    public private(set) var isTruncated: Bool

    /// Makes one, and cuts what is longer than is kept; never within a UTF-8 character, so that text stays text.
    ///
    /// - Parameter valueLength: bytes of the value as it was, when `value` is only its beginning.
    public init(
        source: String,
        partition: Int32,
        offset: Int64,
        time: Int64?,
        reason: String,
        key: [UInt8]?,
        headers: [Header],
        value: [UInt8]?,
        valueLength: Int? = nil
    ) {
        self.source = source
        self.partition = partition
        self.offset = offset
        self.time = time
        self.reason = reason.cut(toBytes: Self.keptReasonBytes)
        self.key = key.map { $0.cut(to: Self.keptMetadataBytes, of: $0.count) }
        var room = Self.keptMetadataBytes - (self.key?.count ?? 0)
        self.headers = []
        for header in headers {
            room -= header.encodedBytes
            guard room >= 0 else { break }
            self.headers.append(header)
        }
        let length = max(valueLength ?? 0, value?.count ?? 0)
        self.value = value.map { $0.cut(to: Self.keptBytes, of: length) }
        self.valueLength = length
        isTruncated =
            self.key != key || self.headers.count < headers.count || (self.value?.count ?? 0) < length
            || self.reason != reason
    }

    /// One as it was kept.
    init(
        kept source: String,
        partition: Int32,
        offset: Int64,
        time: Int64?,
        reason: String,
        key: [UInt8]?,
        headers: [Header],
        value: [UInt8]?,
        valueLength: Int,
        isTruncated: Bool
    ) {
        self.source = source
        self.partition = partition
        self.offset = offset
        self.time = time
        self.reason = reason
        self.key = key
        self.headers = headers
        self.value = value
        self.valueLength = valueLength
        self.isTruncated = isTruncated
    }
}

/// A rejected message with its place in the log.
public struct StoredRejection: Sendable, Hashable {
    /// Its sequence number.
    public var sequence: UInt64
    /// How it came in.
    public var origin: IngestOrigin
    /// When it was taken, in microseconds since 1970-01-01T00:00:00Z.
    public var arrival: Int64
    /// The message.
    public var message: RejectedMessage

    /// Makes one.
    public init(sequence: UInt64, origin: IngestOrigin, arrival: Int64, message: RejectedMessage) {
        self.sequence = sequence
        self.origin = origin
        self.arrival = arrival
        self.message = message
    }
}

extension [UInt8] {
    /// The first `limit` bytes. Where that leaves the beginning of something `length` bytes long, a UTF-8 character whose
    /// rest is missing goes too.
    fileprivate func cut(to limit: Int, of length: Int) -> [UInt8] {
        let kept = prefix(limit)
        guard kept.count < length else { return self }
        let continuations = kept.reversed().prefix(3).prefix { $0 & 0xC0 == 0x80 }.count
        guard let lead = kept.dropLast(continuations).last else { return Array(kept) }
        let needed =
            switch lead {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        return Array(needed > continuations + 1 ? kept.dropLast(continuations + 1) : kept)
    }
}

extension String {
    /// The first `limit` bytes of UTF-8, whole characters of Unicode.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        return String(decoding: Array(utf8).cut(to: limit, of: utf8.count), as: UTF8.self)
    }
}
