/// The attributes of a binary event among the headers of a request (HTTP protocol binding, section 3.1.3).
extension HTTPContentMode {
    /// Bytes that the names and values of a request's `ce-` headers may have together.
    public static let attributeBytes = 64 * 1024

    /// The headers that begin with `ce-`, in whatever case, without that prefix and in lower case, in their order.
    /// Throws `headersTooLarge` when they are longer than `attributeBytes`.
    @inlinable
    public static func attributes(
        of headers: some Sequence<(name: String, value: String)>
    ) throws(DecodeError) -> [(name: String, value: String)] {
        var attributes: [(name: String, value: String)] = []
        var bytes = 0
        for header in headers where hasAttributePrefix(header.name) {
            bytes += header.name.utf8.count + header.value.utf8.count
            guard bytes <= attributeBytes else { throw .headersTooLarge(limit: attributeBytes) }
            attributes.append((attributeName(header.name), header.value))
        }
        return attributes
    }

    @usableFromInline
    static func hasAttributePrefix(_ name: String) -> Bool {
        begins(name, with: "ce-")
    }

    @usableFromInline
    static func attributeName(_ header: String) -> String {
        String(decoding: header.utf8.dropFirst(3).map(lowerCased), as: UTF8.self)
    }

    @usableFromInline
    static func isContentType(_ name: String) -> Bool {
        let expected: StaticString = "content-type"
        return name.utf8.count == expected.utf8CodeUnitCount && begins(name, with: expected)
    }

    /// Whether a header's name begins like this, given in lower case; header names have no case.
    private static func begins(_ name: String, with expected: StaticString) -> Bool {
        guard name.utf8.count >= expected.utf8CodeUnitCount else { return false }
        for (byte, at) in zip(name.utf8, 0..<expected.utf8CodeUnitCount)
        where lowerCased(byte) != expected.utf8Start[at] { return false }
        return true
    }

    private static func lowerCased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}

extension EventDecoder {
    /// Decodes a request: finds its mode among all its headers and decodes its body in that. An HTTP server needs no
    /// other call; `DecodeError.status` is what it answers.
    @inlinable
    public func decode(
        headers: some Sequence<(name: String, value: String)>,
        body: UnsafeRawBufferPointer
    ) throws(DecodeError) -> EventBatch {
        var contentType: [String] = []
        for header in headers where HTTPContentMode.isContentType(header.name) {
            contentType.append(header.value)
        }
        let attributes = try HTTPContentMode.attributes(of: headers)
        return try decode(contentType: contentType, attributes: attributes, body: body)
    }

    @usableFromInline
    func decode(
        contentType: [String],
        attributes: [(name: String, value: String)],
        body: UnsafeRawBufferPointer
    ) throws(DecodeError) -> EventBatch {
        switch try HTTPContentMode.detect(contentType: contentType, attributeNames: attributes.map(\.name)) {
        case .structured(let envelope):
            return try decode(body, envelope: envelope)
        case .binary:
            return try decodeBinary(attributes: attributes, contentType: contentType.first, body: body)
        }
    }
}
