/// The payload of a rejection frame: how many events were refused, eight bytes, little-endian.
enum RejectionPayload {
    static func make(count: UInt64) -> PayloadBytes {
        PayloadBytes(byteCount: 8) { $0.put(count) }
    }

    static func count(in payload: UnsafeRawBufferPointer) -> Int? {
        guard payload.count == 8 else { return nil }
        return Int(exactly: UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self)))
    }
}

/// The payload of a jump frame: why the position moved, UTF-8.
enum JumpPayload {
    static func make(reason: String) -> PayloadBytes {
        let text = Array(reason.cut(toBytes: RejectedMessage.keptReasonBytes).utf8)
        return PayloadBytes(byteCount: text.count) { writer in text.withUnsafeBytes { writer.put(bytes: $0) } }
    }

    static func reason(in payload: UnsafeRawBufferPointer) -> String? {
        String(validating: payload, as: UTF8.self)
    }
}
