/// Reads JSON values along the structure that the scanner found, checking the whole grammar of RFC 8259.
///
/// The scanner has checked UTF-8, that strings are closed and hold no raw control characters. It gives the offset of
/// every bracket, brace, colon and comma, of each string's opening quote and of the first byte of any other run of
/// bytes, so:
/// - a string ends at the last byte before the next offset that is not white space;
/// - a number or literal ends where its grammar says, and there must stand white space or the next offset's byte.
///
/// It holds no references, so that nothing is counted while it runs. All its methods are mutating: others would get a
/// copy.
struct JSONReader: ~Copyable {
    let text: ScannedText
    /// The next offset to be read, and the end of the offsets, where the text's length stands.
    private(set) var next: UnsafePointer<UInt32>
    let end: UnsafePointer<UInt32>
    /// Whether a member's name may stand only once in an object; off for events that were checked before.
    let checksNames: Bool
    /// Names of the objects that are open, the innermost last.
    var names: NameStack
    /// The first name found repeated in an object, since this was last set to nil.
    var repeatedName: JSONString?
    /// An object that ends at this offset or later is part of an event that will be refused for its size.
    var tooLargeFrom = Int.max

    init(
        _ text: ScannedText,
        offsets: UnsafePointer<UInt32>,
        count: Int,
        names: NameStack,
        checksNames: Bool
    ) {
        self.text = text
        self.next = offsets
        self.end = offsets + count
        self.names = names
        self.checksNames = checksNames
    }

    /// The next offset.
    @inline(__always)
    mutating func take() throws(DecodeFault) -> Int {
        guard next < end else { throw .malformed(.notClosed, at: Int(end.pointee)) }
        let at = Int(next.pointee)
        next += 1
        return at
    }

    /// The offset after the value that was just taken: a string, number or literal ends before.
    @inline(__always)
    var limit: Int {
        mutating get { Int(next.pointee) }
    }

    /// The offset that was taken last.
    var lastTaken: Int {
        mutating get { Int((next - 1).pointee) }
    }

    /// Whether the object that was just opened ends at once.
    @inline(__always)
    var isAtEndOfObject: Bool {
        mutating get { next < end && text[limit] == UInt8(ascii: "}") }
    }

    /// Throws unless everything was read.
    mutating func finish() throws(DecodeFault) {
        guard next == end else { throw .malformed(.trailingText, at: limit) }
    }
}

/// A JSON value that was read: the hash of its content, and where its text ends.
struct JSONValue {
    var hash: UInt64
    var end: Int
}

extension JSONReader {
    /// Reads the value that begins at `at`, which was just taken; `depth` levels may still be opened.
    @inline(__always)
    mutating func value(at: Int, depth: Int) throws(DecodeFault) -> JSONValue {
        switch text[at] {
        case UInt8(ascii: "\""):
            let string = try text.string(at: at, limit: limit)
            return JSONValue(hash: try text.hash(of: string, seed: ContentHash.Seed.text), end: string.end &+ 1)
        case UInt8(ascii: "{"):
            return try object(at: at, depth: depth)
        case UInt8(ascii: "["):
            return try array(at: at, depth: depth)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let end = try text.number(at: at, limit: limit)
            return JSONValue(
                hash: ContentHash.bytes(text.bytes + at, end &- at, seed: ContentHash.Seed.number),
                end: end
            )
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            return try text.literal(at: at, limit: limit)
        default:
            throw .malformed(.notAValue, at: at)
        }
    }

    /// Reads a value whose content does not matter.
    @inline(never)
    mutating func skip(at: Int, depth: Int) throws(DecodeFault) {
        _ = try value(at: at, depth: depth)
    }

    /// Reads an object; its `{` was just taken.
    mutating func object(at open: Int, depth: Int) throws(DecodeFault) -> JSONValue {
        guard depth > 0 else { throw .malformed(.tooDeep, at: open) }
        let base = names.count
        var sum = ContentHash.Seed.object
        if isAtEndOfObject { return JSONValue(hash: ContentHash.mix(sum, 0), end: try take() &+ 1) }
        var at = 0
        repeat {
            let (name, valueStart) = try member()
            let nameHash = try text.hash(of: name, seed: ContentHash.Seed.name)
            if checksNames { enter(name, nameHash, base) }
            let value = try value(at: valueStart, depth: depth &- 1)
            sum &+= ContentHash.member(nameHash, value.hash)
            at = try take()
        } while text[at] == UInt8(ascii: ",")
        guard text[at] == UInt8(ascii: "}") else { throw .malformed(.noCommaInObject, at: at) }
        leaveObject(base)
        return JSONValue(hash: ContentHash.mix(sum, ContentHash.Seed.object), end: at &+ 1)
    }

    /// Reads an array; its `[` was just taken.
    mutating func array(at open: Int, depth: Int) throws(DecodeFault) -> JSONValue {
        guard depth > 0 else { throw .malformed(.tooDeep, at: open) }
        var hash = ContentHash.Seed.array
        var at = try take()
        if text[at] == UInt8(ascii: "]") { return JSONValue(hash: ContentHash.mix(hash, 0), end: at &+ 1) }
        while true {
            let value = try value(at: at, depth: depth &- 1)
            hash = ContentHash.mix(hash, value.hash)
            at = try take()
            guard text[at] == UInt8(ascii: ",") else { break }
            at = try take()
        }
        guard text[at] == UInt8(ascii: "]") else { throw .malformed(.noCommaInArray, at: at) }
        return JSONValue(hash: ContentHash.mix(hash, ContentHash.Seed.array), end: at &+ 1)
    }

    /// Reads a member's name and the colon after it, and takes where its value begins.
    @inline(__always)
    mutating func member() throws(DecodeFault) -> (name: JSONString, value: Int) {
        // Three offsets at once: a name, a colon, a value; and something must follow them.
        guard end - next > 3 else { throw brokenMember() }
        let open = Int(next[0])
        let colon = Int(next[1])
        let value = Int(next[2])
        guard text[open] == UInt8(ascii: "\""), text[colon] == UInt8(ascii: ":") else { throw brokenMember() }
        next += 3
        return (try text.string(at: open, limit: colon), value)
    }

    /// Why no member stands here that anything could follow.
    @inline(never)
    private mutating func brokenMember() -> DecodeFault {
        do throws(DecodeFault) {
            let open = try take()
            guard text[open] == UInt8(ascii: "\"") else { throw .malformed(.notAName, at: open) }
            let colon = try take()
            guard text[colon] == UInt8(ascii: ":") else { throw .malformed(.noColon, at: colon) }
            let start = try take()
            let opensMore = text[start] == UInt8(ascii: "{") || text[start] == UInt8(ascii: "[")
            if !opensMore { try skip(at: start, depth: 0) }
            throw .malformed(.notClosed, at: Int(end.pointee))
        } catch {
            return error
        }
    }
}
