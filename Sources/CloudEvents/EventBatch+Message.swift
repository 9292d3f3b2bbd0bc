/// Events as messages of the Kafka protocol binding (CloudEvents 1.0.2, Kafka protocol binding, section 3).
extension EventBatch {
    /// Event `i` as a Kafka message, with its subject as the key.
    ///
    /// Structured, the value is the event's JSON text as it was received (section 3.3). Binary, the attributes stand in
    /// `ce_` headers, numbers and booleans in their canonical text, and the value is the data: JSON as it was received,
    /// the text of other media types, the bytes of `data_base64`; nil when there is none (section 3.2). The content type
    /// is `datacontenttype`; JSON data without one goes as `application/json`.
    ///
    /// Decoding the message gives an event with the same attributes and the same content hash. What binary mode cannot
    /// carry so goes as a structured message instead:
    /// - a `datacontenttype` that a reader would take for structured mode (`application/cloudevents…`), or that is JSON
    ///   in another encoding than UTF-8;
    /// - `data_base64` under a JSON type, which would be read as JSON, and null under any other, which has no bytes;
    /// - text under a type that names another encoding than UTF-8.
    ///
    /// An event in binary mode is kept in a form of its own, up to a third longer than the original: one that is almost
    /// as long as `DecodeLimits.event` may be too long then.
    public func message(_ mode: MessageMode, of i: Int) -> EventMessage {
        let key = self[i].has(.subject) ? withText(.subject, of: i) { Array($0) } : nil
        if mode == .binary, let message = binaryMessage(of: i, key: key) { return message }
        return EventMessage(
            key: key,
            headers: [EventMessage.Header("content-type", "application/cloudevents+json; charset=UTF-8")],
            value: withText(.raw, of: i) { Array($0) }
        )
    }

    /// The event in binary mode; nil when that cannot carry it.
    private func binaryMessage(of i: Int, key: [UInt8]?) -> EventMessage? {
        var message = EventMessage(key: key, headers: [], value: nil)
        var contentType: [UInt8]?
        withText(.raw, of: i) { text in
            for member in EventMembers(text) {
                let name = String(decoding: EventBatch.unescaped(member.name), as: UTF8.self)
                guard name != "data", name != "data_base64", let value = EventBatch.attribute(member.value) else {
                    continue
                }
                if name == "datacontenttype" {
                    contentType = value
                } else {
                    message.headers.append(EventMessage.Header(name: "ce_" + name, value: value))
                }
            }
        }
        let kind = self[i].dataKind
        if contentType == nil, kind != .absent, kind != .base64 { contentType = Array("application/json".utf8) }
        if let contentType {
            guard EventBatch.carries(kind, as: contentType) else { return nil }
            message.headers.append(EventMessage.Header(name: "content-type", value: contentType))
        }
        message.value = data(of: i)
        return message
    }

    /// Whether data under this content type is read as what it is.
    private static func carries(_ kind: EventIndex.DataKind, as contentType: [UInt8]) -> Bool {
        contentType.withUnsafeBytes { bytes in
            switch StructuredType(bytes) {
            case .json, .other: break
            case .event, .batch, .unknownFormat, .otherCharset: return false
            }
            return MediaType.reading(bytes) { type in
                guard let form = EventRendering.DataForm(type) else { return false }
                switch kind {
                case .absent: return true
                case .base64: return form != .json
                case .other: return form != .json && type.charset != .other
                case .null, .object, .array, .string, .number, .boolean: return form == .json
                }
            } ?? false
        }
    }

    /// The data's bytes; nil when there is none.
    private func data(of i: Int) -> [UInt8]? {
        let kind = self[i].dataKind
        return withText(.data, of: i) { text in
            switch kind {
            case .absent: return nil
            case .base64: return EventBatch.decodedBase64(EventBatch.unescaped(text))
            case .other: return EventBatch.unescaped(UnsafeRawBufferPointer(rebasing: text.dropFirst().dropLast()))
            case .null, .object, .array, .string, .number, .boolean: return Array(text)
            }
        }
    }

    /// An attribute's canonical text (CloudEvents 1.0.2, type system); nil when its value is null, which counts as
    /// absent.
    private static func attribute(_ value: UnsafeRawBufferPointer) -> [UInt8]? {
        switch value.first {
        case UInt8(ascii: "\""): unescaped(UnsafeRawBufferPointer(rebasing: value.dropFirst().dropLast()))
        case UInt8(ascii: "n"): nil
        default: Array(value)
        }
    }

    private static func unescaped(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { room, count in
            count = unescape(text, into: UnsafeMutableRawBufferPointer(room))
        }
    }

    /// The bytes of Base64 text that was accepted.
    private static func decodedBase64(_ text: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { room, count in
            text.withUnsafeBufferPointer { text in
                guard let from = text.baseAddress, let to = room.baseAddress else { return }
                count = Base64.decode(from, text.count, into: to) ?? 0
            }
        }
    }
}

extension EventMessage.Header {
    fileprivate init(_ name: String, _ value: String) {
        self.init(name: name, value: Array(value.utf8))
    }
}
