/// A media type with its parameters (RFC 2046; grammar of RFC 9110 section 8.3.1), read from bytes. Trivial.
struct MediaType {
    enum Charset { case none, utf8, ascii, other }

    private let start: UnsafePointer<UInt8>
    /// The length of `type/subtype`, and of `type`.
    private let essence: Int
    private let type: Int
    private(set) var charset = Charset.none
    private(set) var hasOtherParameters = false

    /// Reads a media type; nil when the bytes are none. They must outlive the value.
    init?(_ text: UnsafePointer<UInt8>, _ count: Int) {
        let type = MediaType.token(text, count, from: 0)
        guard type > 0, type < count, text[type] == UInt8(ascii: "/") else { return nil }
        let essence = MediaType.token(text, count, from: type + 1)
        guard essence > type + 1 else { return nil }
        self.start = text
        self.type = type
        self.essence = essence
        var at = essence
        while at < count {
            guard let next = parameter(text, count, at) else { return nil }
            at = next
        }
    }

    /// Whether it is this `type/subtype`, given in lower case.
    func isEssence(_ expected: StaticString) -> Bool {
        essence == expected.utf8CodeUnitCount && matches(expected, from: 0)
    }

    /// Whether the type or subtype begins like this, given in lower case.
    func hasPrefix(_ expected: StaticString) -> Bool {
        essence >= expected.utf8CodeUnitCount && matches(expected, from: 0)
    }

    /// `*/json` or `*/*+json` (CloudEvents 1.0.2, JSON format, section 3.1).
    var isJSON: Bool {
        let subtype = essence - type - 1
        return subtype == 4 && matches("json", from: type + 1) || subtype > 5 && matches("+json", from: essence - 5)
    }

    /// `application/json` in UTF-8: what an absent `datacontenttype` means.
    var isDefault: Bool {
        isEssence("application/json") && (charset == .none || charset == .utf8) && !hasOtherParameters
    }

    /// `text/*` in a character encoding that JSON text can hold as it is.
    var isUnicodeText: Bool {
        charset != .other && type == 4 && matches("text", from: 0)
    }

    private func matches(_ expected: StaticString, from offset: Int) -> Bool {
        for i in 0..<expected.utf8CodeUnitCount {
            let byte = start[offset + i]
            let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            if lower != expected.utf8Start[i] { return false }
        }
        return true
    }

    /// Reads `OWS ";" OWS [ name "=" value ]`; returns where it ends.
    private mutating func parameter(_ text: UnsafePointer<UInt8>, _ count: Int, _ from: Int) -> Int? {
        var at = MediaType.skipSpace(text, count, from)
        guard at < count, text[at] == UInt8(ascii: ";") else { return nil }
        at = MediaType.skipSpace(text, count, at + 1)
        if at == count || text[at] == UInt8(ascii: ";") { return at }
        let nameEnd = MediaType.token(text, count, from: at)
        guard nameEnd > at, nameEnd < count, text[nameEnd] == UInt8(ascii: "=") else { return nil }
        let isCharset = equal(text + at, nameEnd - at, "charset")
        let valueStart = nameEnd + 1
        let valueEnd: Int
        var bare = (start: valueStart, end: 0)
        if valueStart < count, text[valueStart] == UInt8(ascii: "\"") {
            guard let quoted = MediaType.quoted(text, count, from: valueStart) else { return nil }
            valueEnd = quoted
            bare = (valueStart + 1, quoted - 1)
        } else {
            valueEnd = MediaType.token(text, count, from: valueStart)
            guard valueEnd > valueStart else { return nil }
            bare.end = valueEnd
        }
        if isCharset {
            note(text + bare.start, bare.end - bare.start)
        } else {
            hasOtherParameters = true
        }
        return valueEnd
    }

    private mutating func note(_ name: UnsafePointer<UInt8>, _ count: Int) {
        let named: Charset =
            if equal(name, count, "utf-8") || equal(name, count, "utf8") {
                .utf8
            } else if equal(name, count, "us-ascii") { .ascii } else { .other }
        charset = charset == .none || charset == named ? named : .other
    }

    private func equal(_ text: UnsafePointer<UInt8>, _ count: Int, _ expected: StaticString) -> Bool {
        guard count == expected.utf8CodeUnitCount else { return false }
        for i in 0..<count where text[i] | 0x20 != expected.utf8Start[i] | 0x20 { return false }
        return true
    }

    private static func skipSpace(_ text: UnsafePointer<UInt8>, _ count: Int, _ from: Int) -> Int {
        var at = from
        while at < count, text[at] == 0x20 || text[at] == 0x09 { at += 1 }
        return at
    }

    /// The end of the token that begins at `from` (RFC 9110 section 5.6.2).
    private static func token(_ text: UnsafePointer<UInt8>, _ count: Int, from: Int) -> Int {
        var at = from
        while at < count, isTokenByte(text[at]) { at += 1 }
        return at
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"),
            UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The end of the quoted string that begins at `from` (RFC 9110 section 5.6.4); nil when it is none.
    private static func quoted(_ text: UnsafePointer<UInt8>, _ count: Int, from: Int) -> Int? {
        var at = from + 1
        while at < count {
            switch text[at] {
            case UInt8(ascii: "\""): return at + 1
            case UInt8(ascii: "\\"): at += 2
            case 0x20...0x7E, 0x09: at += 1
            default: return nil
            }
        }
        return nil
    }
}
