/// Reads a JSON text (RFC 8259) to its end: the whole grammar, UTF-8, no name twice in an object.
///
/// It is for the small bodies that people write; events are read by `EventDecoder`.
struct JSONParser {
    /// The most arrays and objects inside of each other.
    static let maximumDepth = 64

    private let text: [UInt8]
    private var place = 0

    /// Reads a text that is one value.
    static func value(_ text: [UInt8]) throws(JSONFault) -> JSONValue {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw JSONFault(reason: "it is not UTF-8", offset: 0)
        }
        var parser = JSONParser(text)
        let value = try parser.value(depth: maximumDepth)
        parser.skipSpace()
        guard parser.place == text.count else { throw parser.fault("there is text behind the value") }
        return value
    }

    /// The same, with `place` as what the text is in the message; throws 400.
    static func value(_ text: [UInt8], of place: String) throws(Problem) -> JSONValue {
        do throws(JSONFault) {
            return try value(text)
        } catch {
            throw Problem(status: 400, detail: "\(place) is not JSON as it is taken here: \(error)")
        }
    }

    private init(_ text: [UInt8]) {
        self.text = text
    }

    private func fault(_ reason: String) -> JSONFault { JSONFault(reason: reason, offset: place) }

    /// The byte at the place, or 0 at the end; a 0 is no part of JSON.
    private var byte: UInt8 { place < text.count ? text[place] : 0 }

    private mutating func skipSpace() {
        while byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    /// Goes past a byte if it stands here.
    private mutating func skip(_ wanted: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: wanted) else { return false }
        place += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
        skipSpace()
        let start = place
        let content: JSONValue.Content
        switch byte {
        case UInt8(ascii: "{"): content = .object(try members(depth: depth - 1))
        case UInt8(ascii: "["): content = .array(try elements(depth: depth - 1))
        case UInt8(ascii: "\""): content = .string(try string())
        case UInt8(ascii: "t"): content = try literal("true", .bool(true))
        case UInt8(ascii: "f"): content = try literal("false", .bool(false))
        case UInt8(ascii: "n"): content = try literal("null", .null)
        default: content = .number(try number())
        }
        return JSONValue(content: content, text: text[start..<place])
    }

    private mutating func literal(
        _ wanted: String,
        _ content: JSONValue.Content
    ) throws(JSONFault) -> JSONValue.Content {
        guard text[place...].starts(with: wanted.utf8) else { throw fault("there is no value") }
        place += wanted.utf8.count
        return content
    }

    private mutating func members(depth: Int) throws(JSONFault) -> [JSONValue.Member] {
        guard depth >= 0 else { throw tooDeep }
        place += 1
        skipSpace()
        var members: [JSONValue.Member] = []
        if skip("}") { return members }
        // Byte by byte, as JSON compares names; a String's own equality takes letters for the same that are not.
        var names: Set<[UInt8]> = []
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw fault("a member's name is missing") }
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else {
                throw fault("the member \(name.jsonText) stands there twice")
            }
            skipSpace()
            guard skip(":") else { throw fault("a colon is missing behind the name \(name.jsonText)") }
            members.append(JSONValue.Member(name: name, value: try value(depth: depth)))
            skipSpace()
            if skip("}") { return members }
            guard skip(",") else { throw fault("a comma or a closing brace is missing") }
        }
    }

    private mutating func elements(depth: Int) throws(JSONFault) -> [JSONValue] {
        guard depth >= 0 else { throw tooDeep }
        place += 1
        skipSpace()
        var elements: [JSONValue] = []
        if skip("]") { return elements }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if skip("]") { return elements }
            guard skip(",") else { throw fault("a comma or a closing bracket is missing") }
        }
    }

    private var tooDeep: JSONFault { fault("there are more than \(Self.maximumDepth) levels") }

    /// `-` `0` or digits without a leading zero, a fraction, an exponent (section 6).
    private mutating func number() throws(JSONFault) -> String {
        let start = place
        _ = skip("-")
        guard byte.isDigit else { throw fault("there is no value") }
        if !skip("0") { skipDigits() }
        if skip(".") {
            guard byte.isDigit else { throw fault("a digit is missing behind the point") }
            skipDigits()
        }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            guard byte.isDigit else { throw fault("a digit is missing in the exponent") }
            skipDigits()
        }
        return String(decoding: text[start..<place], as: UTF8.self)
    }

    private mutating func skipDigits() {
        while byte.isDigit { place += 1 }
    }

    private mutating func string() throws(JSONFault) -> String {
        place += 1
        var bytes: [UInt8] = []
        while place < text.count {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                place += 1
                try bytes.append(contentsOf: String(escaped()).utf8)
            case 0..<0x20: throw fault("a control character in a text must be escaped")
            default:
                bytes.append(byte)
                place += 1
            }
        }
        throw fault("a text does not end")
    }

    /// What stands behind a backslash (section 7).
    private mutating func escaped() throws(JSONFault) -> Unicode.Scalar {
        let letter = byte
        place += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try codePoint()
        default:
            place -= 1
            throw fault("the escape is not one of JSON's")
        }
    }

    private mutating func codePoint() throws(JSONFault) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // The first half of a pair of surrogates, which has to be followed by the second.
        guard first < 0xDC00, skip("\\"), skip("u") else { throw fault("half a pair of surrogates") }
        let second = try fourDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw fault("half a pair of surrogates") }
        return scalar
    }

    private mutating func fourDigits() throws(JSONFault) -> UInt16 {
        var number: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = byte.hexadecimal else { throw fault("\\u is not followed by four hexadecimal digits") }
            number = number << 4 | UInt16(digit)
            place += 1
        }
        return number
    }
}

extension String {
    /// The text as JSON has it, for messages.
    fileprivate var jsonText: String {
        var json = JSONWriter()
        json.string(self)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
