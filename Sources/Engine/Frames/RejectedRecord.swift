// A rejected message in the log. All numbers are little-endian.
//
//     offset  bytes
//      0       4    length of what follows
//      4       4    partition
//      8       8    offset
//     16       8    the message's time, µs since 1970; 0 without one
//     24       8    length of the value as it was
//     32       1    flags: 1 has a time, 2 has a key, 4 has a value, 8 something was cut off
//     33            source, reason, then the key when there is one: for each 4 bytes length, the bytes
//                   4 bytes count of headers; for each 4 bytes length and the bytes of the name, 1 byte that is 1 when
//                   there is a value and 0 when not, then 4 bytes length and the bytes of it
//                   the value when there is one: 4 bytes length, the bytes
//
// Source, reason and names are UTF-8.

extension RejectedMessage {
    /// Bytes it takes in a frame of the log.
    public var byteCount: Int {
        RecordFlags.offset + 1 + 4 + source.utf8.count + 4 + reason.utf8.count + (key.map { 4 + $0.count } ?? 0)
            + headers.reduce(4) { $0 + $1.encodedBytes } + (value.map { 4 + $0.count } ?? 0)
    }

    /// Appends the record.
    func write(to bytes: inout ByteWriter) {
        bytes.put(UInt32(byteCount - 4))
        bytes.put(partition)
        bytes.put(offset)
        bytes.put(time ?? 0)
        bytes.put(Int64(valueLength))
        var flags: RecordFlags = []
        if time != nil { flags.insert(.time) }
        if key != nil { flags.insert(.key) }
        if value != nil { flags.insert(.value) }
        if isTruncated { flags.insert(.truncated) }
        bytes.put(flags.rawValue)
        bytes.put(text: source)
        bytes.put(text: reason)
        if let key { bytes.put(block: key) }
        bytes.put(UInt32(headers.count))
        for header in headers {
            bytes.put(text: header.name)
            bytes.put(UInt8(header.value == nil ? 0 : 1))
            if let value = header.value { bytes.put(block: value) }
        }
        if let value { bytes.put(block: value) }
    }

    /// Reads what follows the length of a record; nil when these bytes are not exactly one.
    init?(record: UnsafeRawBufferPointer) {
        var bytes = ByteReader(record)
        guard let partition = bytes.take(Int32.self), let offset = bytes.take(Int64.self),
            let time = bytes.take(Int64.self), let length = bytes.take(Int64.self), length >= 0,
            let flags = bytes.take(UInt8.self).map(RecordFlags.init(rawValue:)),
            let source = bytes.takeText(), let reason = bytes.takeText()
        else { return nil }
        var key: [UInt8]?
        if flags.contains(.key) {
            guard let block = bytes.takeBlock() else { return nil }
            key = Array(block)
        }
        guard let headers = Self.headers(&bytes) else { return nil }
        var value: [UInt8]?
        if flags.contains(.value) {
            guard let block = bytes.takeBlock() else { return nil }
            value = Array(block)
        }
        guard bytes.isAtEnd else { return nil }
        self.init(
            kept: source,
            partition: partition,
            offset: offset,
            time: flags.contains(.time) ? time : nil,
            reason: reason,
            key: key,
            headers: headers,
            value: value,
            valueLength: Int(length),
            isTruncated: flags.contains(.truncated)
        )
    }

    private static func headers(_ bytes: inout ByteReader) -> [Header]? {
        guard let count = bytes.take(UInt32.self) else { return nil }
        var headers: [Header] = []
        // The count is not believed further than there are bytes.
        for _ in 0..<count {
            guard let name = bytes.takeText(), let hasValue = bytes.take(UInt8.self), hasValue <= 1 else { return nil }
            if hasValue == 0 {
                headers.append(Header(name: name, value: nil))
            } else {
                guard let value = bytes.takeBlock() else { return nil }
                headers.append(Header(name: name, value: Array(value)))
            }
        }
        return headers
    }
}

extension RejectedMessage.Header {
    /// Bytes it takes in a record.
    var encodedBytes: Int { 4 + name.utf8.count + 1 + (value.map { 4 + $0.count } ?? 0) }
}

private struct RecordFlags: OptionSet {
    let rawValue: UInt8
    static let time = RecordFlags(rawValue: 1)
    static let key = RecordFlags(rawValue: 2)
    static let value = RecordFlags(rawValue: 4)
    static let truncated = RecordFlags(rawValue: 8)
    /// Where the flags are in a record.
    static let offset = 32
}
