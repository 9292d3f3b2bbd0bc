/// The text of a JSON string: its escapes (RFC 8259 section 7).
enum JSONText {
    /// How unescaping went: the bytes written, and where in the escaped text it had to stop.
    struct Unescaped {
        var count: Int
        var fault: (reason: DecodeFault.Reason, at: Int)?
    }

    /// Whether the text holds a backslash.
    static func hasEscape(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for i in 0..<count where text[i] == UInt8(ascii: "\\") { return true }
        return false
    }

    /// Writes the text with its escapes undone; never more bytes than it reads. Half a surrogate pair is a fault: it
    /// stands for no character and has no UTF-8.
    static func unescape(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        into out: UnsafeMutablePointer<UInt8>
    ) -> Unescaped {
        var from = 0
        var to = 0
        while from < count {
            let byte = text[from]
            guard byte == UInt8(ascii: "\\") else {
                out[to] = byte
                from += 1
                to += 1
                continue
            }
            guard from + 1 < count else { return Unescaped(count: to, fault: (.badEscape, from)) }
            if text[from + 1] == UInt8(ascii: "u") {
                guard let first = codeUnit(text, count, from) else {
                    return Unescaped(count: to, fault: (.badEscape, from))
                }
                var scalar = first
                var length = 6
                if first & 0xF800 == 0xD800 {
                    guard first < 0xDC00, let second = codeUnit(text, count, from + 6), second & 0xFC00 == 0xDC00 else {
                        return Unescaped(count: to, fault: (.loneSurrogate, from))
                    }
                    scalar = 0x10000 + ((first & 0x3FF) << 10 | second & 0x3FF)
                    length = 12
                }
                to += encode(scalar, into: out + to)
                from += length
            } else {
                guard let plain = simpleEscape(text[from + 1]) else {
                    return Unescaped(count: to, fault: (.badEscape, from))
                }
                out[to] = plain
                from += 2
                to += 1
            }
        }
        return Unescaped(count: to, fault: nil)
    }

    private static func simpleEscape(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The UTF-16 code unit that the `\uXXXX` at `at` names; nil when there is none.
    private static func codeUnit(_ text: UnsafePointer<UInt8>, _ count: Int, _ at: Int) -> UInt32? {
        guard at + 6 <= count, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt32 = 0
        for i in at + 2..<at + 6 {
            guard let digit = Hexadecimal.digit(text[i]) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    private static func encode(_ scalar: UInt32, into out: UnsafeMutablePointer<UInt8>) -> Int {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case ..<0x80:
            out[0] = UInt8(truncatingIfNeeded: scalar)
            return 1
        case ..<0x800:
            out[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            out[1] = tail(0)
            return 2
        case ..<0x10000:
            out[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            out[1] = tail(6)
            out[2] = tail(0)
            return 3
        default:
            out[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
            out[1] = tail(12)
            out[2] = tail(6)
            out[3] = tail(0)
            return 4
        }
    }
}

/// One hexadecimal digit, of either case.
enum Hexadecimal {
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
