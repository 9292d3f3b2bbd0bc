/// Events whose attributes stand in headers. They are written as one event of the JSON format and decoded as such, so
/// that the log and everything after it know one form only.
extension EventDecoder {
    /// Decodes an event of the HTTP binding's binary mode. `attributes` are the `ce-` headers without that prefix, in
    /// lower case, with their values as received (`HTTPContentMode.attributes`). An empty body is no data, like nil.
    public func decodeBinary(
        attributes: [(name: String, value: String)],
        contentType: String?,
        body: UnsafeRawBufferPointer?
    ) throws(DecodeError) -> EventBatch {
        eventsInLastBody = 0
        // All names and values one behind the other, and where each ends.
        var text: [UInt8] = []
        var ends: [Int] = []
        var problems: [EventProblem] = []
        for attribute in attributes {
            do throws(HeaderValue.Refusal) {
                text += attribute.name.utf8
                ends.append(text.count)
                text += try HeaderValue.decode(attribute.value).utf8
                ends.append(text.count)
            } catch {
                problems.append(EventProblem(index: 0, attribute: attribute.name, reason: error.reason))
            }
        }
        guard problems.isEmpty else { throw refused(problems) }
        let names = text.count
        text += contentType?.utf8 ?? "".utf8
        let data = body.flatMap { $0.isEmpty ? nil : $0 }
        return try text.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in
                memory.pointee.attributes.removeAll(keepingCapacity: true)
                var start = 0
                for i in stride(from: 0, to: ends.count, by: 2) {
                    memory.pointee.attributes.append(
                        BinaryAttribute(
                            name: UnsafeRawBufferPointer(rebasing: bytes[start..<ends[i]]),
                            value: UnsafeRawBufferPointer(rebasing: bytes[ends[i]..<ends[i + 1]])
                        )
                    )
                    start = ends[i + 1]
                }
                let type = contentType.map { _ in UnsafeRawBufferPointer(rebasing: bytes[names...]) }
                let entry = memory.pointee.entries(1)
                let event = try indexBinary(contentType: type, data: data, into: entry)
                return batch(event, entry, 1)
            }
        }.get()
    }

    /// Decodes the event of `DecodeMemory.attributes` and its data into an index entry, whose offsets count from the
    /// first byte of the text that it returns; that is valid until the decoder's next call. Nil is no data, empty is data
    /// of no bytes.
    func indexBinary(
        contentType: UnsafeRawBufferPointer?,
        data: UnsafeRawBufferPointer?,
        into entry: UnsafeMutablePointer<EventIndex>
    ) throws(DecodeError) -> UnsafePointer<UInt8> {
        if memory.pointee.attributes.contains(where: { $0.isReserved }) { throw refusedReserved() }
        let form = try dataForm(contentType)
        if let data, data.count > limits.event { throw .eventTooLarge(index: 0, limit: limits.event) }
        if let contentType { memory.pointee.attributes.append(.datacontenttype(contentType)) }
        memory.pointee.attributes.sort { $0.isBefore($1) }
        let event = EventRendering.event(memory.pointee.attributes, data: data, form, in: &memory.pointee)
        do throws(DecodeError) {
            try index(event: event, into: entry)
        } catch {
            // What is wrong with the data alone is told first.
            if let data, form == .json { try checkJSON(data) }
            throw error
        }
        guard let text = event.baseAddress else { preconditionFailure("an event has bytes") }
        if let data, form == .json, !entry.pointee.endsWithData(event) { try checkJSON(data) }
        return text.assumingMemoryBound(to: UInt8.self)
    }

    private func refusedReserved() -> DecodeError {
        refused(
            memory.pointee.attributes.filter(\.isReserved).map {
                EventProblem(
                    index: 0,
                    attribute: String(decoding: $0.name, as: UTF8.self),
                    reason: "cannot be sent in a header: the data itself and its content type are that"
                )
            }
        )
    }

    private func refused(_ problems: [EventProblem]) -> DecodeError {
        eventsInLastBody = 1
        return .invalid(problems: Array(problems.prefix(DecodeLimits.problems)), events: 1)
    }

    /// How data of a content type stands in the JSON format. Without one, OpenMeter's data is JSON.
    private func dataForm(_ contentType: UnsafeRawBufferPointer?) throws(DecodeError) -> EventRendering.DataForm {
        guard let contentType else { return profile == .openmeter ? .json : .binary }
        if contentType.isText("application/json") { return .json }
        let read = MediaType.reading(contentType) { EventRendering.DataForm($0) }
        guard let read else { return .binary }
        guard let form = read else {
            throw .unsupportedMediaType(
                "the content type names a character encoding that JSON does not have; send UTF-8"
            )
        }
        return form
    }

    /// Refuses data that is not one JSON text by itself, though it may be one as part of another.
    private func checkJSON(_ data: UnsafeRawBufferPointer) throws(DecodeError) {
        let events = eventsInLastBody
        eventsInLastBody = 0
        let (text, structure) = try scan(data)
        var reader = reader(text, structure, checksNames: false)
        do throws(DecodeFault) {
            _ = try reader.value(at: reader.take(), depth: limits.depth - 1)
            try reader.finish()
        } catch {
            throw decodeError(error)
        }
        eventsInLastBody = events
    }
}

extension EventIndex {
    /// Whether nothing but white space stands between the data and the event's last brace, which ends the text.
    fileprivate func endsWithData(_ text: UnsafeRawBufferPointer) -> Bool {
        let close = text.count - 1
        var at = Int(data.offset) + Int(data.length)
        guard Int(raw.offset) + Int(raw.length) == text.count else { return false }
        while at < close, text[at].isJSONWhiteSpace { at += 1 }
        return at == close
    }
}
