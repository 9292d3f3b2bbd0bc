/// Numbers and literals. Both end before `limit`, where the next offset stands.
extension ScannedText {
    /// Reads a number and returns where it ends (RFC 8259 section 6). Its value is never computed, so none is too large
    /// or too long: the text is the number.
    @inline(__always)
    func number(at start: Int, limit: Int) throws(DecodeFault) -> Int {
        var at = start
        if bytes[at] == UInt8(ascii: "-") { at &+= 1 }
        let whole = at
        skipDigits(&at, limit)
        guard at > whole, bytes[whole] != UInt8(ascii: "0") || at == whole &+ 1 else {
            throw .malformed(.badNumber, at: start)
        }
        return isEnd(at, limit) ? at : try fractionAndExponent(at, limit, start)
    }

    /// `[ frac ] [ exp ]`, and nothing after them.
    @inline(never)
    private func fractionAndExponent(_ from: Int, _ limit: Int, _ start: Int) throws(DecodeFault) -> Int {
        var at = from
        if bytes[at] == UInt8(ascii: ".") {
            at &+= 1
            let digits = at
            skipDigits(&at, limit)
            guard at > digits else { throw .malformed(.badNumber, at: start) }
        }
        if at < limit, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            if at < limit, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at &+= 1 }
            let digits = at
            skipDigits(&at, limit)
            guard at > digits else { throw .malformed(.badNumber, at: start) }
        }
        guard isEnd(at, limit) else { throw .malformed(.badNumber, at: start) }
        return at
    }

    @inline(__always)
    private func skipDigits(_ at: inout Int, _ limit: Int) {
        while at < limit, bytes[at] &- 48 < 10 { at &+= 1 }
    }

    /// Reads `true`, `false` or `null`.
    @inline(never)
    func literal(at start: Int, limit: Int) throws(DecodeFault) -> JSONValue {
        if isLiteral("true", start, limit) { return JSONValue(hash: ContentHash.Seed.true_, end: start + 4) }
        if isLiteral("false", start, limit) { return JSONValue(hash: ContentHash.Seed.false_, end: start + 5) }
        if isLiteral("null", start, limit) { return JSONValue(hash: ContentHash.Seed.null, end: start + 4) }
        throw .malformed(.badLiteral, at: start)
    }

    private func isLiteral(_ literal: StaticString, _ start: Int, _ limit: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard start + length <= limit else { return false }
        for i in 0..<length where bytes[start + i] != literal.utf8Start[i] { return false }
        return isEnd(start + length, limit)
    }

    /// Whether a number or literal may end here: at white space or at what comes next. After white space nothing else
    /// can stand before the next offset, since it would have an offset of its own.
    @inline(__always)
    private func isEnd(_ at: Int, _ limit: Int) -> Bool {
        at == limit || isWhiteSpace(at)
    }
}
