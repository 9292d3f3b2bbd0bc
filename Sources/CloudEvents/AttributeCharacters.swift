/// The characters of an attribute's string (CloudEvents 1.0.2, type system, String): no control characters
/// U+0000–U+001F and U+007F–U+009F, no noncharacters. Surrogates cannot occur: the text is UTF-8 with its escapes
/// undone.
enum AttributeCharacters {
    /// The first character that is not allowed; nil when all are. The text must be UTF-8.
    static func firstDisallowed(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt32? {
        var at = 0
        while at < count {
            let (scalar, length) = scalar(text + at)
            if isDisallowed(scalar) { return scalar }
            at += length
        }
        return nil
    }

    private static func isDisallowed(_ scalar: UInt32) -> Bool {
        if scalar < 0x20 || (0x7F...0x9F).contains(scalar) { return true }
        return (0xFDD0...0xFDEF).contains(scalar) || scalar & 0xFFFE == 0xFFFE
    }

    private static func scalar(_ text: UnsafePointer<UInt8>) -> (scalar: UInt32, length: Int) {
        let lead = UInt32(text[0])
        func tail(_ i: Int) -> UInt32 { UInt32(text[i]) & 0x3F }
        switch lead {
        case ..<0x80: return (lead, 1)
        case ..<0xE0: return ((lead & 0x1F) << 6 | tail(1), 2)
        case ..<0xF0: return ((lead & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
        default: return ((lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4)
        }
    }
}
