/// A set of ASCII characters, one bit each.
struct ASCIISet {
    private let low: UInt64
    private let high: UInt64

    /// `tchar` of RFC 9110 section 5.6.2: letters, digits and !#$%&'*+-.^_`|~
    static let token = ASCIISet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// `reg-name` of RFC 3986 section 3.2.2: unreserved, sub-delims and the percent sign.
    static let registeredName = ASCIISet(low: 0x2BFF_7FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }
}

extension UInt8 {
    @inline(__always)
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// 0 to 15 for a hexadecimal digit.
    @inline(__always)
    var hexadecimal: UInt8? {
        if isDigit { return self &- UInt8(ascii: "0") }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }

    /// What may stand in a field value (RFC 9110 section 5.5): visible, blank, tab, and bytes from 0x80.
    @inline(__always)
    var isFieldContent: Bool { self >= 0x20 ? self != 0x7F : self == UInt8(ascii: "\t") }

    @inline(__always)
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

extension Slice where Base == UnsafeRawBufferPointer {
    /// Whether this is `text`, whatever the case of its letters. `text` is lower case.
    @inline(__always)
    func equalsLowercase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let other = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for (offset, byte) in enumerated() {
            let letter = byte &- UInt8(ascii: "A") < 26
            if (letter ? byte | 0x20 : byte) != other[offset] { return false }
        }
        return true
    }
}
