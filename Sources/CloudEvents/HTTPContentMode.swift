/// How a request carries its event (CloudEvents 1.0.2, HTTP protocol binding, section 3).
public enum HTTPContentMode: Sendable, Hashable {
    /// In the body, as JSON: one event or a batch.
    case structured(Envelope)
    /// Attributes in `ce-` headers, data in the body.
    case binary

    /// Tells the mode from all `Content-Type` values of a request and the names of its `ce-` headers without that
    /// prefix.
    ///
    /// `application/cloudevents+json` and `application/cloudevents-batch+json` are structured, whatever headers stand
    /// beside them; else any `ce-` header makes it binary; else `application/json` holds one event or several.
    public static func detect(contentType: [String], attributeNames: [String]) throws(DecodeError) -> HTTPContentMode {
        guard contentType.count < 2 else {
            throw .malformed(reason: "the request has more than one Content-Type header", offset: nil)
        }
        guard let named = contentType.first else {
            guard attributeNames.isEmpty else { return .binary }
            throw .malformed(reason: "the request has no Content-Type header; send \(structuredTypes)", offset: nil)
        }
        switch StructuredType(named) {
        case .event: return .structured(.single)
        case .batch: return .structured(.batch)
        case .json where attributeNames.isEmpty: return .structured(.either)
        case .json: return .binary
        case .other where !attributeNames.isEmpty: return .binary
        case .other, .unknownFormat:
            throw .unsupportedMediaType(
                "\(shortened(named)) is no content type of CloudEvents; send \(structuredTypes)"
            )
        case .otherCharset:
            throw .unsupportedMediaType(
                "\(shortened(named)) names a character encoding that JSON does not have; send UTF-8"
            )
        }
    }

    private static let structuredTypes =
        "application/cloudevents+json, application/cloudevents-batch+json or application/json"

    private static func shortened(_ text: String) -> String {
        let longest = 80
        return text.count > longest ? text.prefix(longest) + "…" : text
    }
}

/// What a content type says of the body.
enum StructuredType {
    case event, batch, json
    /// `application/cloudevents` in a format other than JSON.
    case unknownFormat
    /// One of the above in a character encoding other than UTF-8.
    case otherCharset
    /// No type of structured mode, or no media type at all.
    case other

    init(_ contentType: String) {
        var contentType = contentType
        self = contentType.withUTF8 { StructuredType(UnsafeRawBufferPointer($0)) }
    }

    init(_ contentType: UnsafeRawBufferPointer) {
        // As nearly every client writes them.
        if contentType.isTextInAnyCase("application/cloudevents+json")
            || contentType.isTextInAnyCase("application/cloudevents+json; charset=utf-8")
        {
            self = .event
        } else if contentType.isTextInAnyCase("application/cloudevents-batch+json") {
            self = .batch
        } else if contentType.isTextInAnyCase("application/json") {
            self = .json
        } else {
            self = MediaType.reading(contentType) { StructuredType($0) } ?? .other
        }
    }

    private init(_ type: MediaType) {
        if type.isEssence("application/cloudevents+json") {
            self = .event
        } else if type.isEssence("application/cloudevents-batch+json") {
            self = .batch
        } else if type.isEssence("application/json") {
            self = .json
        } else {
            self = type.hasPrefix("application/cloudevents") ? .unknownFormat : .other
            return
        }
        if type.charset == .other { self = .otherCharset }
    }
}

extension MediaType {
    /// Gives `body` the media type that the text is; nil when it is none.
    static func reading<R>(_ text: UnsafeRawBufferPointer, _ body: (MediaType) -> R) -> R? {
        guard let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let type = MediaType(start, text.count)
        else { return nil }
        return body(type)
    }
}
