/// The text inside a JSON string with its escapes resolved (RFC 8259 section 7).
///
/// The input has been checked before. What is no escape after all, or half of a surrogate pair, becomes U+FFFD.
enum JSONText {
    /// Hands out the unescaped UTF-8 bytes one by one until `body` says false.
    @inline(__always)
    static func unescape(_ raw: UnsafeRawBufferPointer, _ body: (UInt8) -> Bool) {
        var position = 0
        while position < raw.count {
            let byte = raw[position]
            position &+= 1
            if byte != UInt8(ascii: "\\") {
                if !body(byte) { return }
                continue
            }
            let scalar = escape(raw, &position)
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                if !body(byte) { return }
            }
        }
    }

    /// Appends the unescaped bytes.
    static func append(_ raw: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + raw.count)
        unescape(raw) { byte in
            bytes.append(byte)
            return true
        }
    }

    /// Whether the unescaped bytes are these.
    static func unescaped(_ raw: UnsafeRawBufferPointer, equals text: UnsafeRawBufferPointer) -> Bool {
        var matched = 0
        var equal = true
        unescape(raw) { byte in
            equal = matched < text.count && text[matched] == byte
            matched += 1
            return equal
        }
        return equal && matched == text.count
    }

    /// Reads what stands after a backslash.
    private static func escape(_ raw: UnsafeRawBufferPointer, _ position: inout Int) -> Unicode.Scalar {
        guard position < raw.count else { return "\u{FFFD}" }
        let byte = raw[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: return "\u{FFFD}"
        }
        guard let unit = hexadecimal(raw, position) else { return "\u{FFFD}" }
        position += 4
        if unit & 0xFC00 == 0xD800, position + 2 <= raw.count, raw[position] == UInt8(ascii: "\\"),
            raw[position + 1] == UInt8(ascii: "u"), let low = hexadecimal(raw, position + 2), low & 0xFC00 == 0xDC00
        {
            position += 6
            return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)) ?? "\u{FFFD}"
        }
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }

    private static func hexadecimal(_ raw: UnsafeRawBufferPointer, _ start: Int) -> UInt32? {
        guard start + 4 <= raw.count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            switch raw[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(raw[index] - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(raw[index] - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(raw[index] - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
