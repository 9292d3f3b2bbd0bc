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

    /// Bytes of key and value.
    var length: Int { pointer.pointee.key_len + pointer.pointee.len }

    /// The message's own time in microseconds since 1970-01-01T00:00:00Z.
    var time: Int64? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(pointer, &kind)
        guard kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, milliseconds >= 0 else { return nil }
        let (time, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : time
    }
}

/// The headers of the message at hand, borrowed like it, in room that is kept from message to message.
struct HeaderScratch: ~Copyable {
    /// Headers of one message that are looked at.
    static let limit = 1_024
    private let room: UnsafeMutableBufferPointer<MessageHeader> = .allocate(capacity: limit)

    deinit { room.deallocate() }

    /// The message's headers, the first `limit` of them, until it is asked for another's.
    func headers(of message: BorrowedMessage) -> UnsafeBufferPointer<MessageHeader> {
        var list: OpaquePointer?
        var found = 0
        if rd_kafka_message_headers(message.pointer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var length = 0
            while found < room.count,
                rd_kafka_header_get_all(list, found, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let name
            {
                let header = MessageHeader(
                    name: UnsafeRawBufferPointer(start: name, count: strlen(name)),
                    value: value.map { UnsafeRawBufferPointer(start: $0, count: length) }
                )
                room.initializeElement(at: found, to: header)
                found += 1
            }
        }
        return UnsafeBufferPointer(rebasing: room[..<found])
    }
}
