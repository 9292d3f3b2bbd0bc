/// Writes an event in the JSON format, the same event always the same bytes: the known attributes in a fixed order, the
/// others by name, the data last.
struct EventRendering {
    /// How data is written.
    enum DataForm {
        /// As it is: the caller sees to it that it is JSON.
        case json
        /// As a JSON string, or as Base64 where it is not UTF-8.
        case text
        /// As Base64.
        case binary

        /// The form of a media type's data; nil for JSON in a character encoding that JSON does not have.
        init?(_ type: MediaType) {
            if type.isJSON {
                guard type.charset != .other else { return nil }
                self = .json
            } else {
                self = type.isUnicodeText ? .text : .binary
            }
        }
    }

    private let start: UnsafeMutablePointer<UInt8>
    private var end: UnsafeMutablePointer<UInt8>

    /// The most bytes that a byte becomes: `\u0000`.
    private static let longestEscape = 6
    /// Bytes of a member besides its name and its value, and of the braces.
    private static let memberBytes = 16

    /// Writes the event into memory's room for it; the text is valid until the next one is written. The attributes are
    /// in order.
    static func event(
        _ attributes: [BinaryAttribute],
        data: UnsafeRawBufferPointer?,
        _ form: DataForm,
        in memory: inout DecodeMemory
    ) -> UnsafeRawBufferPointer {
        var most = (data?.count ?? 0) * longestEscape + 2 * memberBytes
        for attribute in attributes {
            most += (attribute.name.count + attribute.value.count) * longestEscape + memberBytes
        }
        var text = EventRendering(memory.roomForEvent(most))
        for attribute in attributes {
            text.open(attribute.name)
            text.string(attribute.value)
        }
        if let data { text.append(data, form) }
        if text.end == text.start { text.byte("{") }
        text.byte("}")
        return UnsafeRawBufferPointer(start: text.start, count: text.end - text.start)
    }

    private init(_ room: UnsafeMutablePointer<UInt8>) {
        start = room
        end = room
    }

    private mutating func append(_ data: UnsafeRawBufferPointer, _ form: DataForm) {
        switch form {
        case .json:
            open("data")
            UnsafeMutableRawPointer(end).copy(data)
            end += data.count
        case .text:
            guard data.isUTF8 else { return append(data, .binary) }
            open("data")
            string(data)
        case .binary:
            open("data_base64")
            byte("\"")
            end += Base64.encode(data, into: end)
            byte("\"")
        }
    }

    private mutating func open(_ name: StaticString) {
        open(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Begins a member.
    private mutating func open(_ name: UnsafeRawBufferPointer) {
        byte(end == start ? "{" : ",")
        string(name)
        byte(":")
    }

    @inline(__always)
    private mutating func byte(_ character: Unicode.Scalar) {
        end.pointee = UInt8(ascii: character)
        end += 1
    }

    /// A JSON string with the escapes that it must have and no others.
    @inline(__always)
    private mutating func string(_ text: UnsafeRawBufferPointer) {
        byte("\"")
        if !plain(text) {
            for byte in text { escaped(byte) }
        }
        byte("\"")
    }

    /// Writes text of eight bytes or more if none of it needs an escape, else nothing. Eight bytes are looked at
    /// together, the last eight perhaps twice.
    @inline(__always)
    private mutating func plain(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 8 else { return false }
        let out = UnsafeMutableRawPointer(end)
        let last = text.count &- 8
        var at = 0
        while true {
            let word = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            if Self.mayNeedEscape(word) { return false }
            out.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
            if at == last { break }
            at = min(at &+ 8, last)
        }
        end += text.count
        return true
    }

    /// Whether any of the eight bytes is below 0x20, a quote or a backslash; perhaps also where none is.
    @inline(__always)
    private static func mayNeedEscape(_ word: UInt64) -> Bool {
        let each: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ each &* 0x22
        let backslash = word ^ each &* 0x5C
        let found =
            (word &- each &* 0x20) & ~word | (quote &- each) & ~quote | (backslash &- each) & ~backslash
        return found & (each &* 0x80) != 0
    }

    @inline(__always)
    private mutating func escaped(_ byte: UInt8) {
        if byte < 0x20 { return escapedControl(byte) }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { self.byte("\\") }
        end.pointee = byte
        end += 1
    }

    private mutating func escapedControl(_ byte: UInt8) {
        for character in "\\u00".unicodeScalars { self.byte(character) }
        for digit in [byte >> 4, byte & 0x0F] {
            end.pointee = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            end += 1
        }
    }
}

extension UnsafeMutableRawPointer {
    /// Copies the bytes here.
    fileprivate func copy(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        copyMemory(from: from, byteCount: bytes.count)
    }
}
