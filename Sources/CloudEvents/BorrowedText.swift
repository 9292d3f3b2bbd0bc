/// Text in borrowed bytes. Eight bytes are looked at together, the last eight perhaps twice.
extension UnsafeRawBufferPointer {
    private static let each: UInt64 = 0x0101_0101_0101_0101
    private static let highest: UInt64 = 0x8080_8080_8080_8080

    /// Whether it is this text.
    @inline(__always)
    func isText(_ expected: StaticString) -> Bool {
        isText(expected, inAnyCase: false)
    }

    /// Whether it is this text, given in lower case, in letters of whatever case.
    @inline(__always)
    func isTextInAnyCase(_ expected: StaticString) -> Bool {
        isText(expected, inAnyCase: true)
    }

    /// The text expected is eight bytes at least.
    @inline(__always)
    private func isText(_ expected: StaticString, inAnyCase: Bool) -> Bool {
        guard count == expected.utf8CodeUnitCount else { return false }
        let text = UnsafeRawPointer(expected.utf8Start)
        let last = count &- 8
        var at = 0
        while true {
            let wanted = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let found = loadUnaligned(fromByteOffset: at, as: UInt64.self)
            guard (inAnyCase ? found | Self.caseBits(wanted) : found) == wanted else { return false }
            if at == last { return true }
            at = Swift.min(at &+ 8, last)
        }
    }

    /// The bit that tells the cases apart, of each byte that is a letter from `a` to `z`.
    @inline(__always)
    private static func caseBits(_ word: UInt64) -> UInt64 {
        ((word &+ each &* 0x1F) & ~(word &+ each &* 0x05) & highest) >> 2
    }

    /// Whether it begins with this text.
    @inline(__always)
    func hasPrefix(_ expected: StaticString) -> Bool {
        guard count >= expected.utf8CodeUnitCount else { return false }
        for i in 0..<expected.utf8CodeUnitCount where self[i] != expected.utf8Start[i] { return false }
        return true
    }

    /// Whether the bytes are UTF-8.
    @inline(__always)
    var isUTF8: Bool {
        isASCII || (try? UTF8Span(validating: Span(_unsafeBytes: self))) != nil
    }

    @inline(__always)
    private var isASCII: Bool {
        var found: UInt64 = 0
        var at = 0
        while at &+ 8 <= count {
            found |= loadUnaligned(fromByteOffset: at, as: UInt64.self)
            at &+= 8
        }
        while at < count {
            found |= UInt64(self[at])
            at &+= 1
        }
        return found & Self.highest == 0
    }

    /// The bytes without the white space of JSON at both ends.
    var withoutWhiteSpace: UnsafeRawBufferPointer {
        guard let first = firstIndex(where: { !$0.isJSONWhiteSpace }),
            let last = lastIndex(where: { !$0.isJSONWhiteSpace })
        else { return UnsafeRawBufferPointer(rebasing: self[..<0]) }
        return UnsafeRawBufferPointer(rebasing: self[first...last])
    }
}

extension UInt8 {
    /// White space between the tokens of a JSON text (RFC 8259 section 2).
    @inline(__always)
    var isJSONWhiteSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
