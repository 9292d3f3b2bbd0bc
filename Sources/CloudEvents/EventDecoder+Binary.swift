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
        var values: [(name: String, value: String)] = []
        values.reserveCapacity(attributes.count)
        var problems: [EventProblem] = []
        for attribute in attributes {
            do throws(HeaderValue.Refusal) {
                values.append((attribute.name, try HeaderValue.decode(attribute.value)))
            } catch {
                problems.append(EventProblem(index: 0, attribute: attribute.name, reason: error.reason))
            }
        }
        guard problems.isEmpty else { throw refused(problems) }
        let hasData = body.map { !$0.isEmpty } ?? false
        return try decodeBinary(attributes: values, contentType: contentType, data: hasData ? body : nil)
    }

    /// Decodes an event from its attributes' plain values and its data; nil is no data, empty is data of no bytes.
    func decodeBinary(
        attributes: [(name: String, value: String)],
        contentType: String?,
        data: UnsafeRawBufferPointer?
    ) throws(DecodeError) -> EventBatch {
        let reserved = ["data", "data_base64", "datacontenttype"]
        let problems = attributes.filter { reserved.contains($0.name) }.map {
            EventProblem(
                index: 0,
                attribute: $0.name,
                reason: "cannot be sent in a header: the body and its content type are that"
            )
        }
        guard problems.isEmpty else { throw refused(problems) }
        let form = try dataForm(contentType)
        if let data, form == .json { try checkJSON(data) }
        let event = EventRendering.event(attributes, contentType: contentType, data: data, form)
        return try event.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try decode(bytes, envelope: .single) }
        }.get()
    }

    private func refused(_ problems: [EventProblem]) -> DecodeError {
        eventsInLastBody = 1
        return .invalid(problems: Array(problems.prefix(DecodeLimits.problems)), events: 1)
    }

    /// How data of a content type stands in the JSON format. Without one, OpenMeter's data is JSON.
    private func dataForm(_ contentType: String?) throws(DecodeError) -> EventRendering.DataForm {
        guard let contentType else { return profile == .openmeter ? .json : .binary }
        let read = MediaType.reading(contentType) { type -> EventRendering.DataForm? in
            if type.isJSON { return type.charset == .other ? nil : .json }
            return type.isUnicodeText ? .text : .binary
        }
        guard let read else { return .binary }
        guard let form = read else {
            throw .unsupportedMediaType(
                "the content type names a character encoding that JSON does not have; send UTF-8"
            )
        }
        return form
    }

    /// Checks that the data is one JSON text by itself, before it becomes part of another.
    private func checkJSON(_ data: UnsafeRawBufferPointer) throws(DecodeError) {
        let (text, structure) = try scan(data)
        var reader = reader(text, structure, checksNames: false)
        do throws(DecodeFault) {
            _ = try reader.value(at: reader.take(), depth: limits.depth - 1)
            try reader.finish()
        } catch {
            throw decodeError(error)
        }
    }
}
