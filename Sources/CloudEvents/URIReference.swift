/// RFC 3986 URI references, checked on bytes (appendix A; nothing is decoded or normalised).
enum URIReference {
    /// Whether the text is a URI-reference (section 4.1). The RFC's include the empty one; the caller refuses that.
    @inline(__always)
    static func isValid(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        isPlainPath(text, count) || isAbsoluteOrRelative(text, count) != nil
    }

    /// Whether the text is a URI with a scheme (section 3). A fragment is taken, though section 4.3 would leave it out:
    /// the names of JSON schemas have them.
    static func isAbsolute(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        isAbsoluteOrRelative(text, count) == true
    }

    /// Whether all of the text is letters, digits and `-./_`: a path, if it does not begin with `//`. Most sources are.
    /// Eight bytes are looked at together, the last eight perhaps twice; shorter texts are left to the whole grammar.
    @inline(__always)
    private static func isPlainPath(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count >= 8 else { return false }
        let start = UnsafeRawPointer(text)
        let last = count &- 8
        var at = 0
        while at < last {
            guard isPlain(start.loadUnaligned(fromByteOffset: at, as: UInt64.self)) else { return false }
            at &+= 8
        }
        guard isPlain(start.loadUnaligned(fromByteOffset: last, as: UInt64.self)) else { return false }
        return text[0] != UInt8(ascii: "/") || text[1] != UInt8(ascii: "/")
    }

    /// Whether the eight bytes are all letters, digits or `-./_`. A byte below 0x80 is from `a` on when adding 0x80 - a
    /// to it sets its highest bit.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let each: UInt64 = 0x0101_0101_0101_0101
        let highest = each &* 0x80
        guard word & highest == 0 else { return false }
        let lower = word | each &* 0x20
        let letters = (lower &+ each &* 0x1F) & ~(lower &+ each &* 0x05)
        // 0x2D to 0x39 are "-", ".", "/" and the digits.
        let digits = (word &+ each &* 0x53) & ~(word &+ each &* 0x46)
        let underscores = (word &+ each &* 0x21) & ~(word &+ each &* 0x20)
        return (letters | digits | underscores) & highest == highest
    }

    /// True for a URI, false for a relative reference, nil for neither.
    private static func isAbsoluteOrRelative(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool? {
        var rest = URIText(text: text, at: 0, end: count)
        let isAbsolute = rest.skipScheme()
        if rest.starts(with: "//") {
            rest.at += 2
            guard rest.skipAuthority() else { return nil }
        } else if !isAbsolute, rest.firstSegmentHasColon {
            return nil
        }
        rest.skip { $0.isPathCharacter || $0 == UInt8(ascii: "/") }
        if rest.isAt("?") {
            rest.at += 1
            rest.skip(\.isQueryCharacter)
        }
        if rest.isAt("#") {
            rest.at += 1
            rest.skip(\.isQueryCharacter)
        }
        return rest.at == rest.end ? isAbsolute : nil
    }
}

/// What of a URI is still to be read.
private struct URIText {
    let text: UnsafePointer<UInt8>
    var at: Int
    let end: Int

    func isAt(_ character: Unicode.Scalar) -> Bool {
        at < end && text[at] == UInt8(ascii: character)
    }

    func starts(with two: StaticString) -> Bool {
        at + 1 < end && text[at] == two.utf8Start[0] && text[at + 1] == two.utf8Start[1]
    }

    /// Skips such characters and percent-encoded bytes.
    mutating func skip(_ isAllowed: (UInt8) -> Bool) {
        while at < end {
            if text[at] == UInt8(ascii: "%") {
                guard at + 2 < end, Hexadecimal.digit(text[at + 1]) != nil, Hexadecimal.digit(text[at + 2]) != nil
                else {
                    return
                }
                at += 3
            } else {
                guard isAllowed(text[at]) else { return }
                at += 1
            }
        }
    }

    /// `scheme ":"` (section 3.1), if it stands here.
    mutating func skipScheme() -> Bool {
        guard at < end, text[at].isLetter else { return false }
        var colon = at + 1
        while colon < end, text[colon].isSchemeCharacter { colon += 1 }
        guard colon < end, text[colon] == UInt8(ascii: ":") else { return false }
        at = colon + 1
        return true
    }

    /// Whether a colon stands before the first slash: then a relative path would read as a scheme (section 4.2).
    var firstSegmentHasColon: Bool {
        for i in at..<end {
            switch text[i] {
            case UInt8(ascii: ":"): return true
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): return false
            default: continue
            }
        }
        return false
    }

    /// `[ userinfo "@" ] host [ ":" port ]` (section 3.2).
    mutating func skipAuthority() -> Bool {
        let start = at
        skip { $0.isNameCharacter || $0 == UInt8(ascii: ":") }
        if isAt("@") { at += 1 } else { at = start }
        if isAt("[") {
            guard skipAddressLiteral() else { return false }
        } else {
            skip(\.isNameCharacter)
        }
        if isAt(":") {
            at += 1
            while at < end, text[at].isDigit { at += 1 }
        }
        return at == end || isAt("/") || isAt("?") || isAt("#")
    }

    /// `"[" ( IPv6address / IPvFuture ) "]"` (section 3.2.2).
    private mutating func skipAddressLiteral() -> Bool {
        let start = at + 1
        guard let close = (start..<end).first(where: { text[$0] == UInt8(ascii: "]") }) else { return false }
        at = close + 1
        let literal = UnsafeBufferPointer(start: text + start, count: close - start)
        if let first = literal.first, first | 0x20 == UInt8(ascii: "v") { return isFutureAddress(literal) }
        return isIPv6Address(literal)
    }

    /// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
    private func isFutureAddress(_ literal: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let dot = literal.firstIndex(of: UInt8(ascii: ".")), dot > 1, dot + 1 < literal.count else {
            return false
        }
        return literal[1..<dot].allSatisfy { Hexadecimal.digit($0) != nil }
            && literal[(dot + 1)...].allSatisfy { $0.isNameCharacter || $0 == UInt8(ascii: ":") }
    }

    /// Eight groups of one to four digits; `::` stands for one or more groups of zeros; an IPv4 address may be the last
    /// two.
    private func isIPv6Address(_ literal: UnsafeBufferPointer<UInt8>) -> Bool {
        var groups = 0
        var gap = false
        var i = 0
        if literal.count >= 2, literal[0] == UInt8(ascii: ":"), literal[1] == UInt8(ascii: ":") {
            gap = true
            i = 2
            if i == literal.count { return true }
        }
        while true {
            let start = i
            while i < literal.count, Hexadecimal.digit(literal[i]) != nil { i += 1 }
            if i < literal.count, literal[i] == UInt8(ascii: ".") {
                guard isIPv4Address(literal[start...]) else { return false }
                groups += 2
                break
            }
            guard i > start, i - start <= 4 else { return false }
            groups += 1
            if i == literal.count { break }
            guard literal[i] == UInt8(ascii: ":"), i + 1 < literal.count else { return false }
            i += 1
            if literal[i] == UInt8(ascii: ":") {
                if gap { return false }
                gap = true
                i += 1
                if i == literal.count { break }
            }
        }
        return gap ? groups <= 7 : groups == 8
    }

    private func isIPv4Address(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let octets = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return octets.count == 4
            && octets.allSatisfy { octet in
                guard (1...3).contains(octet.count), octet.allSatisfy(\.isDigit) else { return false }
                if octet.count > 1, octet.first == UInt8(ascii: "0") { return false }
                return octet.reduce(0) { $0 * 10 + Int($1 - 48) } <= 255
            }
    }
}

/// The character classes of RFC 3986 sections 2 and 3.
extension UInt8 {
    fileprivate var isLetter: Bool { (self | 0x20) &- 97 < 26 }

    fileprivate var isDigit: Bool { self &- 48 < 10 }

    fileprivate var isSchemeCharacter: Bool {
        isLetter || isDigit || self == UInt8(ascii: "+") || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
    }

    /// unreserved / sub-delims: what a reg-name is made of, beside percent-encoded bytes.
    fileprivate var isNameCharacter: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
            UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            true
        default: isLetter || isDigit
        }
    }

    /// pchar, without percent-encoded bytes.
    fileprivate var isPathCharacter: Bool {
        isNameCharacter || self == UInt8(ascii: ":") || self == UInt8(ascii: "@")
    }

    fileprivate var isQueryCharacter: Bool {
        isPathCharacter || self == UInt8(ascii: "/") || self == UInt8(ascii: "?")
    }
}
