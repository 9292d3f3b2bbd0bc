/// Base64 of RFC 4648 section 4, strictly: the standard alphabet, padded, no line breaks, and the bits that padding
/// leaves over are zero, so that the same bytes have one text only.
enum Base64 {
    /// Decodes `count` bytes of text; returns how many bytes it wrote, or nil when the text is not Base64. `out` may be
    /// `text`: less is written than was read.
    static func decode(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        into out: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard count % 4 == 0 else { return nil }
        guard count > 0 else { return 0 }
        var written = 0
        var at = 0
        while at < count {
            let isLast = at + 4 == count
            let padding = isLast ? (text[at + 3] == pad ? (text[at + 2] == pad ? 2 : 1) : 0) : 0
            var bits: UInt32 = 0
            for i in 0..<4 - padding {
                guard let digit = digit(text[at + i]) else { return nil }
                bits |= UInt32(digit) << UInt32(18 - 6 * i)
            }
            if padding == 2, bits & 0xFFFF != 0 { return nil }
            if padding == 1, bits & 0xFF != 0 { return nil }
            for i in 0..<3 - padding {
                out[written] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * i))
                written += 1
            }
            at += 4
        }
        return written
    }

    /// Writes the Base64 text of the bytes, four bytes for each three that are begun; returns how many.
    static func encode(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutablePointer<UInt8>) -> Int {
        var written = 0
        var at = 0
        while at < bytes.count {
            let left = min(3, bytes.count - at)
            var bits = UInt32(bytes[at]) << 16
            if left > 1 { bits |= UInt32(bytes[at + 1]) << 8 }
            if left > 2 { bits |= UInt32(bytes[at + 2]) }
            for i in 0..<4 {
                let isDigit = i <= left
                out[written + i] = isDigit ? letter(UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * i)) & 0x3F) : pad
            }
            written += 4
            at += 3
        }
        return written
    }

    private static let pad = UInt8(ascii: "=")

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static func letter(_ digit: UInt8) -> UInt8 {
        switch digit {
        case 0..<26: UInt8(ascii: "A") + digit
        case 26..<52: UInt8(ascii: "a") + digit - 26
        case 52..<62: UInt8(ascii: "0") + digit - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
