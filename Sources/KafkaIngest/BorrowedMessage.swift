internal import CRdKafka
import CloudEvents
import Engine
import Glibc

/// A message that librdkafka still holds.
struct BorrowedMessage {
    let pointer: UnsafeMutablePointer<rd_kafka_message_t>

    var error: rd_kafka_resp_err_t { pointer.pointee.err }
    var offset: Int64 { pointer.pointee.offset }
    /// Names the topic as long as the message is held.
    var topicHandle: OpaquePointer? { pointer.pointee.rkt }
    var partition: Int32 { pointer.pointee.partition }

    /// nil where the report is of no topic.
    var topic: String? { pointer.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } }

    /// nil is not the same as empty.
    var value: UnsafeRawBufferPointer? {
        pointer.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: pointer.pointee.len) }
    }

    /// nil is not the same as empty.
    var key: UnsafeRawBufferPointer? {
        pointer.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: pointer.pointee.key_len) }
    }

    /// What the message says where it is a report of an error.
    var errorText: String {
        guard let payload = pointer.pointee.payload, pointer.pointee.len > 0 else { return words(for: error) }
        return String(decoding: UnsafeRawBufferPointer(start: payload, count: pointer.pointee.len), as: UTF8.self)
    }

    /// The message's own time in microseconds since 1970-01-01T00:00:00Z.
    var time: Int64? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(pointer, &kind)
        guard kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, milliseconds >= 0 else { return nil }
        let (time, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : time
    }
}

/// The headers of the message at hand, borrowed like it; the room for them is kept from message to message.
struct HeaderScratch: ~Copyable {
    private var room: UnsafeMutableBufferPointer<MessageHeader> = .allocate(capacity: 32)

    deinit { room.deallocate() }

    mutating func headers(of message: BorrowedMessage) -> UnsafeBufferPointer<MessageHeader> {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message.pointer, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else {
            return UnsafeBufferPointer(rebasing: room[..<0])
        }
        let count = rd_kafka_header_cnt(headers)
        if count > room.count {
            room.deallocate()
            room = .allocate(capacity: count)
        }
        for index in 0..<count {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var length = 0
            guard rd_kafka_header_get_all(headers, index, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let name
            else { return UnsafeBufferPointer(rebasing: room[..<index]) }
            (room.baseAddress! + index)
                .initialize(
                    to: MessageHeader(
                        name: UnsafeRawBufferPointer(start: name, count: strlen(name)),
                        value: value.map { UnsafeRawBufferPointer(start: $0, count: length) }
                    )
                )
        }
        return UnsafeBufferPointer(rebasing: room[..<count])
    }
}
