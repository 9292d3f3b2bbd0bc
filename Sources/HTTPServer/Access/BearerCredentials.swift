/// The value of an Authorization field: `Bearer` and a token (RFC 6750 section 2.1, RFC 9110 section 11.4).
enum BearerCredentials {
    /// Bytes of the longest token looked at.
    static let longest = 4096

    /// Where the token is; nil when these are no credentials of this kind.
    @inline(__always)
    static func token(in value: Slice<UnsafeRawBufferPointer>) -> UnsafeRawBufferPointer? {
        let scheme = value.prefix(6)
        guard scheme.equalsLowercase("bearer"), value.dropFirst(6).first == UInt8(ascii: " ") else { return nil }
        var token = value.dropFirst(7)
        while token.first == UInt8(ascii: " ") { token.removeFirst() }
        guard !token.isEmpty, token.count <= longest else { return nil }
        return UnsafeRawBufferPointer(rebasing: token)
    }

    /// The same of a text.
    static func token(in value: String) -> String? {
        var value = value
        return value.withUTF8 { bytes in
            token(in: UnsafeRawBufferPointer(bytes)[...]).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
