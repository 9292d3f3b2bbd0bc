/// A text that was scanned, and its strings. Small and without references, so that it is passed in registers.
struct ScannedText {
    let bytes: UnsafePointer<UInt8>
    /// One bit for each byte: a backslash, DEL or not ASCII.
    let marks: UnsafePointer<UInt64>
    /// Whether any bit of `marks` is set.
    let marked: Bool
    /// Room for text without its escapes.
    let memory: UnsafeMutablePointer<DecodeMemory>

    @inline(__always)
    subscript(at: Int) -> UInt8 { bytes[at] }

    @inline(__always)
    func isWhiteSpace(_ at: Int) -> Bool { bytes[at].isJSONWhiteSpace }
}

/// A JSON string: its text, between the quotes.
struct JSONString {
    var start: Int
    var count: Int

    @inline(__always)
    var end: Int { start &+ count }
}

/// A string's text as UTF-8.
struct UnescapedText {
    var start: UnsafePointer<UInt8>
    var count: Int
    /// Whether it differs from the string's bytes.
    var escaped: Bool
}

// MARK: - Strings

extension ScannedText {
    /// The string whose opening quote stands at `open`, where the next offset is `limit`: it ends at the last byte
    /// before that which is not white space.
    @inline(__always)
    func string(at open: Int, limit: Int) throws(DecodeFault) -> JSONString {
        var close = limit &- 1
        if bytes[close] != UInt8(ascii: "\"") {
            while close > open, isWhiteSpace(close) { close &-= 1 }
            guard bytes[close] == UInt8(ascii: "\"") else { throw .malformed(.badString, at: open) }
        }
        guard close > open else { throw .malformed(.badString, at: open) }
        return JSONString(start: open &+ 1, count: close &- open &- 1)
    }

    /// Whether the string is ASCII without escapes and DEL: its bytes are its text.
    @inline(__always)
    func isPlain(_ string: JSONString) -> Bool {
        !marked || string.count == 0 || !isMarked(string.start, string.end &- 1)
    }

    @inline(never)
    private func isMarked(_ first: Int, _ last: Int) -> Bool {
        let firstWord = first >> 6
        let lastWord = last >> 6
        let fromFirst = UInt64.max &<< UInt64(first & 63)
        let toLast = UInt64.max &>> UInt64(63 &- last & 63)
        if firstWord == lastWord { return marks[firstWord] & fromFirst & toLast != 0 }
        var found = marks[firstWord] & fromFirst | marks[lastWord] & toLast
        var word = firstWord &+ 1
        while word < lastWord {
            found |= marks[word]
            word &+= 1
        }
        return found != 0
    }

    /// The hash of the string's unescaped text. Its escapes are checked.
    @inline(__always)
    func hash(of string: JSONString, seed: UInt64) throws(DecodeFault) -> UInt64 {
        if isPlain(string) { return ContentHash.bytes(bytes + string.start, string.count, seed: seed) }
        return try hashOfMarked(string, seed)
    }

    @inline(never)
    private func hashOfMarked(_ string: JSONString, _ seed: UInt64) throws(DecodeFault) -> UInt64 {
        let text = try unescaped(string)
        return ContentHash.bytes(text.start, text.count, seed: seed)
    }

    /// The string's text without escapes: the text's own bytes where it has none, else a copy that the next call
    /// overwrites.
    func unescaped(_ string: JSONString) throws(DecodeFault) -> UnescapedText {
        let raw = bytes + string.start
        guard JSONText.hasEscape(raw, string.count) else {
            return UnescapedText(start: raw, count: string.count, escaped: false)
        }
        let room = memory.pointee.room(for: string.count)
        let text = JSONText.unescape(raw, string.count, into: room)
        if let fault = text.fault { throw .malformed(fault.reason, at: string.start + fault.at) }
        return UnescapedText(start: UnsafePointer(room), count: text.count, escaped: true)
    }
}
