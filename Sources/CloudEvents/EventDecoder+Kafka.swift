/// Messages of the Kafka protocol binding (CloudEvents 1.0.2, Kafka protocol binding, section 3).
extension EventDecoder {
    /// Decodes one message. A message whose `content-type` header is `application/cloudevents+json` is structured;
    /// every other is binary: its attributes stand in headers that begin with `ce_`, in UTF-8 as it is, and its value
    /// is the data. A value that is nil is no data; an empty one is data of no bytes. Headers are told apart by case.
    public func decodeKafka(
        headers: [(key: String, value: UnsafeRawBufferPointer?)],
        value: UnsafeRawBufferPointer?
    ) throws(DecodeError) -> EventBatch {
        eventsInLastBody = 0
        let types = headers.filter { $0.key == "content-type" }
        guard types.count < 2 else {
            throw .malformed(reason: "the message has more than one content-type header", offset: nil)
        }
        let contentType =
            try types.first.map { header throws(DecodeError) in try text(header.value, of: header.key) } ?? nil
        switch contentType.map({ StructuredType($0) }) ?? .other {
        case .event:
            guard let value else { throw .malformed(reason: "the message has no value, and so no event", offset: nil) }
            return try decode(value, envelope: .single)
        case .batch, .unknownFormat:
            throw .unsupportedMediaType(
                "a Kafka message holds one event; its content type is application/cloudevents+json"
            )
        case .otherCharset:
            throw .unsupportedMediaType(
                "the content type names a character encoding that JSON does not have; send UTF-8"
            )
        case .json, .other:
            var attributes: [(name: String, value: String)] = []
            for header in headers where header.key.hasPrefix("ce_") {
                guard let value = try text(header.value, of: header.key) else { continue }
                attributes.append((String(header.key.dropFirst(3)), value))
            }
            return try decodeBinary(attributes: attributes, contentType: contentType, data: value)
        }
    }

    /// A header's value; nil when it is null, which counts as absent.
    private func text(_ value: UnsafeRawBufferPointer?, of header: String) throws(DecodeError) -> String? {
        guard let value else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw .malformed(reason: "the header \(header) is not UTF-8", offset: nil)
        }
        return text
    }
}
