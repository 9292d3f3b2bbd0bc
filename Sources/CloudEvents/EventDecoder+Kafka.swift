/// Messages of the Kafka protocol binding (CloudEvents 1.0.2, Kafka protocol binding, section 3).
extension EventDecoder {
    /// Decodes one message into an index entry. Returns the event's JSON text, from whose first byte the entry's offsets
    /// count: the value of a structured message, else text that is valid until the decoder's next call.
    func index(
        headers: UnsafeBufferPointer<MessageHeader>,
        value: UnsafeRawBufferPointer?,
        into entry: UnsafeMutablePointer<EventIndex>
    ) throws(DecodeError) -> UnsafePointer<UInt8> {
        eventsInLastBody = 0
        let contentType = try contentType(of: headers)
        switch contentType.map({ StructuredType($0) }) ?? .other {
        case .event:
            return try index(structured: value, into: entry)
        case .batch, .unknownFormat:
            throw .unsupportedMediaType(
                "a Kafka message holds one event; its content type is application/cloudevents+json"
            )
        case .otherCharset:
            throw .unsupportedMediaType(
                "the content type names a character encoding that JSON does not have; send UTF-8"
            )
        case .json, .other:
            try takeAttributes(headers)
            return try indexBinary(contentType: contentType, data: value, into: entry)
        }
    }

    private func index(
        structured value: UnsafeRawBufferPointer?,
        into entry: UnsafeMutablePointer<EventIndex>
    ) throws(DecodeError) -> UnsafePointer<UInt8> {
        guard var value else { throw .malformed(reason: "the message has no value, and so no event", offset: nil) }
        // What is too large anyway is not scanned: the scanner would keep memory of its size.
        if value.count > limits.event {
            value = value.withoutWhiteSpace
            guard value.count <= limits.event else { throw .eventTooLarge(index: 0, limit: limits.event) }
        }
        try index(event: value, into: entry)
        guard let start = value.baseAddress else { preconditionFailure("an event has bytes") }
        return start.assumingMemoryBound(to: UInt8.self)
    }

    /// The value of the one header `content-type`; nil when it is null or not there.
    private func contentType(
        of headers: UnsafeBufferPointer<MessageHeader>
    ) throws(DecodeError) -> UnsafeRawBufferPointer? {
        var found: MessageHeader?
        for header in headers where header.name.isText("content-type") {
            guard found == nil else {
                throw .malformed(reason: "the message has more than one content-type header", offset: nil)
            }
            found = header
        }
        guard let type = found?.value else { return nil }
        guard type.isUTF8 else { throw notUTF8("content-type") }
        return type
    }

    /// Notes the `ce_` headers as the attributes of the next event. One whose value is null counts as absent.
    private func takeAttributes(_ headers: UnsafeBufferPointer<MessageHeader>) throws(DecodeError) {
        memory.pointee.attributes.removeAll(keepingCapacity: true)
        var bytes = 0
        for header in headers where header.name.hasPrefix("ce_") {
            guard let value = header.value else { continue }
            guard header.name.isUTF8, value.isUTF8 else {
                throw notUTF8(header.shownName)
            }
            bytes += header.name.count + value.count
            guard bytes <= limits.event else { throw .eventTooLarge(index: 0, limit: limits.event) }
            let name = UnsafeRawBufferPointer(rebasing: header.name[3...])
            memory.pointee.attributes.append(BinaryAttribute(name: name, value: value))
        }
        guard !memory.pointee.attributes.isEmpty else { throw noEvent(headers) }
    }

    private func noEvent(_ headers: UnsafeBufferPointer<MessageHeader>) -> DecodeError {
        var reason =
            "the message is no CloudEvent: it has neither ce_ headers nor the content type application/cloudevents+json"
        if let header = headers.first(where: \.isMisnamed) {
            reason +=
                "; its header \(header.shownName) is none of them: names are told apart by case, content-type and ce_id "
                + "are lower case, with this hyphen and this underscore"
        }
        return .malformed(reason: reason, offset: nil)
    }

    private func notUTF8(_ header: String) -> DecodeError {
        .malformed(reason: "the header \(header) is not UTF-8", offset: nil)
    }
}

extension MessageHeader {
    /// The name as a reason shows it.
    fileprivate var shownName: String {
        String(decoding: name.prefix(DecodeLimits.attributeName), as: UTF8.self)
    }

    /// Whether whoever wrote it meant `content-type` or `ce_`, but in other letters or with HTTP's hyphen.
    fileprivate var isMisnamed: Bool {
        if name.isTextInAnyCase("content-type") { return !name.isText("content-type") }
        guard name.count >= 3, name[0] | 0x20 == UInt8(ascii: "c"), name[1] | 0x20 == UInt8(ascii: "e") else {
            return false
        }
        return name[2] == UInt8(ascii: "-") || name[2] == UInt8(ascii: "_") && !name.hasPrefix("ce_")
    }
}
