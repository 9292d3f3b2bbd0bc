internal import CRdKafka

/// The headers of a message to produce, in their order; names may repeat. What is added is copied.
///
/// `KafkaProducer.produce` takes them out where it takes the message; where it throws they are still here.
public final class OutgoingHeaders {
    /// librdkafka's list; nil as long as there are none.
    private(set) var handle: OpaquePointer?

    /// No headers.
    public init() {}

    deinit {
        if let handle { rd_kafka_headers_destroy(handle) }
    }

    /// Adds a header; a value of nil is null, which is not the same as empty.
    public func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        let list = handle ?? rd_kafka_headers_new(Self.usual)
        handle = list
        withUnsafeBytes(of: 0 as UInt8) { nothing in
            // What is empty points somewhere all the same: no pointer would be null.
            let start = value.flatMap { $0.isEmpty ? nothing.baseAddress : $0.baseAddress }
            // The only failure is for a list that may not be changed.
            _ = rd_kafka_header_add(
                list,
                (name.isEmpty ? nothing : name).baseAddress?.assumingMemoryBound(to: CChar.self),
                name.count,
                start,
                value?.count ?? 0
            )
        }
    }

    /// Adds a header from Swift's own types.
    public func append(name: String, value: [UInt8]?) {
        var name = name
        name.withUTF8 { name in
            guard let value else { return append(name: UnsafeRawBufferPointer(name), value: nil) }
            value.withUnsafeBytes { append(name: UnsafeRawBufferPointer(name), value: $0) }
        }
    }

    /// Adds a header whose value is text.
    public func append(name: String, value: String) {
        append(name: name, value: Array(value.utf8))
    }

    /// librdkafka has taken the list over.
    func handOver() {
        handle = nil
    }

    /// Room to begin with; there may be more.
    private static let usual = 8
}
