/// The members of an event that was accepted, in the order of its JSON text: names without their quotes, values as they
/// stand, both with their escapes.
struct EventMembers: Sequence, IteratorProtocol {
    private let text: UnsafeRawBufferPointer
    private var at = 0

    /// The members of one event's JSON text, of which only what `EventDecoder` accepted may come here.
    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    mutating func next() -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        // The opening brace, or the comma after the member before.
        if text[at] == UInt8(ascii: "}") { return nil }
        skip(1)
        if text[at] == UInt8(ascii: "}") { return nil }
        let name = at + 1
        skipString()
        let nameEnd = at - 1
        skip(0)
        skip(1)
        let value = at
        skipValue()
        let valueEnd = at
        skip(0)
        return (
            UnsafeRawBufferPointer(rebasing: text[name..<nameEnd]),
            UnsafeRawBufferPointer(rebasing: text[value..<valueEnd])
        )
    }

    /// Skips so many bytes and the white space after them.
    private mutating func skip(_ bytes: Int) {
        at += bytes
        while text[at].isJSONWhiteSpace { at += 1 }
    }

    private mutating func skipString() {
        at += 1
        while text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
    }

    private mutating func skipValue() {
        var depth = 0
        repeat {
            switch text[at] {
            case UInt8(ascii: "\""):
                skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                at += 1
            default:
                skipScalar()
            }
        } while depth > 0
    }

    /// Skips a number or a literal, to the byte behind it that is none of theirs.
    private mutating func skipScalar() {
        while !text[at].isJSONWhiteSpace {
            switch text[at] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): return
            default: at += 1
            }
        }
    }
}
