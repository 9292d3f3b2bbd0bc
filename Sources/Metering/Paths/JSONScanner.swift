import Glibc

/// A position in a JSON text and the ways to move it forward. It never reads outside the text, whatever the text is.
struct JSONScanner {
    let json: UnsafeRawBufferPointer
    let count: Int
    var position: Int

    @inline(__always)
    init(_ json: UnsafeRawBufferPointer, at position: Int = 0) {
        self.json = json
        self.position = position
        count = json.count
    }

    /// The byte at the position, or 0 at the end; a 0 is no part of JSON.
    @inline(__always)
    var byte: UInt8 { position < count ? json[position] : 0 }

    @inline(__always)
    mutating func skipSpace() {
        while position < count, json[position] <= 0x20 { position &+= 1 }
    }

    /// The position behind a closing bracket; where there is none, the text is no JSON and the pass ends.
    @inline(__always)
    func close(_ bracket: UInt8) -> Int { byte == bracket ? position &+ 1 : count }

    /// Goes behind a string that starts here, and tells whether it has escapes.
    @inline(__always)
    mutating func skipString() -> Bool {
        position &+= 1
        var escaped = false
        while true {
            // Eight bytes at a time: a zero byte in `x ^ quotes` is a quote. The lowest bit that is set is always right.
            while position &+ 8 <= count {
                let word = UInt64(littleEndian: json.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let found = Self.zeroBytes(word ^ Self.quotes) | Self.zeroBytes(word ^ Self.backslashes)
                if found != 0 {
                    position &+= found.trailingZeroBitCount &>> 3
                    break
                }
                position &+= 8
            }
            while position < count, json[position] != UInt8(ascii: "\""), json[position] != UInt8(ascii: "\\") {
                position &+= 1
            }
            if position >= count { return escaped }
            if json[position] == UInt8(ascii: "\"") {
                position &+= 1
                return escaped
            }
            escaped = true
            position = min(position &+ 2, count)
        }
    }

    private static let quotes: UInt64 = 0x2222_2222_2222_2222
    private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C

    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// Goes behind a number or one of the three literals.
    @inline(__always)
    mutating func skipPlain() {
        let start = position
        while position < count {
            let byte = json[position]
            if byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                break
            }
            position &+= 1
        }
        // Where no value is, stop for good instead of staying here.
        if position == start { position = count }
    }

    /// Goes behind an object or array, whatever is in it.
    mutating func skipContainer() {
        var depth = 0
        while position < count {
            switch json[position] {
            case UInt8(ascii: "\""):
                _ = skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth &+= 1
                position &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
                position &+= 1
                if depth <= 0 { return }
            default:
                position &+= 1
            }
        }
    }

    /// Goes behind a value that starts here.
    @inline(__always)
    mutating func skipValue() {
        switch byte {
        case UInt8(ascii: "\""): _ = skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): skipContainer()
        default: skipPlain()
        }
    }

    /// Up to eight bytes of a name as one number.
    @inline(__always)
    static func prefix(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
        let length = range.upperBound &- range.lowerBound
        if range.lowerBound &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
            return length >= 8 ? word : word & ((1 &<< (UInt64(truncatingIfNeeded: length) &* 8)) &- 1)
        }
        var word: UInt64 = 0
        var index = min(length, 8)
        while index > 0 {
            index &-= 1
            word = word &<< 8 | UInt64(bytes[range.lowerBound &+ index])
        }
        return word
    }

    /// Whether two stretches of bytes of the same length are the same.
    @inline(__always)
    static func equal(
        _ left: UnsafeRawBufferPointer,
        _ leftStart: Int,
        _ right: UnsafeRawBufferPointer,
        _ rightStart: Int,
        count: Int
    ) -> Bool {
        guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return count == 0 }
        return memcmp(leftBase + leftStart, rightBase + rightStart, count) == 0
    }
}
