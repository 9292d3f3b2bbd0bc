import NIOCore

/// Reads a whole head, strictly: what RFC 9112 lets a server refuse is refused, so that no proxy before it can
/// disagree about where a request ends.
///
/// The lines are known to end in CR LF; `RequestReader` saw to it.
struct RequestHeadParser {
    let limits: HTTPLimits

    /// What the framing fields said, before they are weighed against each other.
    private struct Framing {
        var lengths = 0
        var length = 0
        var codings = 0
        var isChunked = false
        var codingKnown = true
        var hosts = 0
    }

    /// Parses `head.bytes`.
    func parse(_ head: inout RequestHead) throws(FramingFault) {
        head.reset()
        let bytes = head.bytes
        // withUnsafeReadableBytes rethrows untyped errors; the result carries the fault out instead.
        let result = bytes.withUnsafeReadableBytes { bytes in
            Result<Void, FramingFault> { () throws(FramingFault) in try parse(bytes, into: &head) }
        }
        try result.get()
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, into head: inout RequestHead) throws(FramingFault) {
        var line = Self.lineEnd(bytes, from: 0)
        let isVersion10 = try RequestLine.parse(bytes, 0..<line, into: &head)
        var framing = Framing()
        var closes = isVersion10
        var start = line + 2
        while true {
            line = Self.lineEnd(bytes, from: start)
            if line == start { break }
            guard head.fields.count < limits.fields else { throw .tooManyFields(limit: limits.fields) }
            let field = try Self.field(bytes, start..<line)
            try note(field, bytes, at: head.fields.count, in: &head, &framing, &closes)
            head.fields.append(field)
            start = line + 2
        }
        head.keepsAlive = !closes
        try settle(framing, isVersion10: isVersion10, in: &head)
    }

    /// The place of the CR that ends the line.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var place = start
        while bytes[place] != UInt8(ascii: "\n") { place += 1 }
        return place - 1
    }

    /// Splits a field line (RFC 9112 section 5); also used for trailer fields.
    static func field(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(FramingFault) -> RequestHead.Field {
        var colon = line.lowerBound
        while colon < line.upperBound, ASCIISet.token.contains(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            throw .field("a header line does not begin with a name and a colon (folded lines are not taken)")
        }
        var first = colon + 1
        var end = line.upperBound
        while first < end, bytes[first].isBlank { first += 1 }
        while end > first, bytes[end - 1].isBlank { end -= 1 }
        for place in first..<end where !bytes[place].isFieldContent {
            throw .field("a header value has a control character in it")
        }
        return RequestHead.Field(name: line.lowerBound..<colon, value: first..<end)
    }

    /// Takes what the server itself needs from a field.
    private func note(
        _ field: RequestHead.Field,
        _ bytes: UnsafeRawBufferPointer,
        at index: Int,
        in head: inout RequestHead,
        _ framing: inout Framing,
        _ closes: inout Bool
    ) throws(FramingFault) {
        let name = bytes[field.name]
        let value = bytes[field.value]
        switch name.count {
        case 4 where name.equalsLowercase("host"):
            framing.hosts += 1
            guard HostField.isValid(value) else { throw .host("the Host header is not a host with an optional port") }
        case 6 where name.equalsLowercase("expect"):
            guard value.equalsLowercase("100-continue") else { throw .expectation }
            head.expectsContinue = true
        case 6 where name.equalsLowercase("origin"): head.origin = index
        case 10 where name.equalsLowercase("connection"):
            if Self.hasToken("close", in: value) { closes = true }
        case 12 where name.equalsLowercase("content-type"): head.contentTypes.append(index)
        case 12 where name.equalsLowercase("x-request-id"): head.requestID = index
        case 13 where name.equalsLowercase("authorization"):
            head.authorizationRepeats = head.authorization != nil
            head.authorization = index
        case 14 where name.equalsLowercase("content-length"):
            framing.lengths += 1
            framing.length = try Self.length(value)
        case 16 where name.equalsLowercase("content-encoding"): head.contentEncodings.append(index)
        case 17 where name.equalsLowercase("transfer-encoding"):
            framing.codings += 1
            framing.isChunked = value.equalsLowercase("chunked")
            if !framing.isChunked { framing.codingKnown = false }
        case 29 where name.equalsLowercase("access-control-request-method"): head.wantedMethod = index
        case 30 where name.equalsLowercase("access-control-request-headers"): head.wantedFields = index
        default:
            if name.count > 3, name.prefix(3).equalsLowercase("ce-") { head.hasAttributes = true }
        }
    }

    /// Decides the body's framing (RFC 9112 section 6.3) and whether the one Host is there (section 3.2).
    private func settle(
        _ framing: Framing,
        isVersion10: Bool,
        in head: inout RequestHead
    ) throws(FramingFault) {
        guard framing.hosts == 1 || framing.hosts == 0 && isVersion10 else {
            throw .host(framing.hosts == 0 ? "the Host header is missing" : "the Host header is there more than once")
        }
        guard framing.codings > 0 else {
            guard framing.lengths <= 1 else { throw .length("Content-Length is there more than once") }
            head.framing = framing.lengths == 1 ? .length(framing.length) : .none
            return
        }
        guard framing.lengths == 0 else { throw .length("Content-Length and Transfer-Encoding exclude each other") }
        guard !isVersion10 else { throw .length("HTTP/1.0 has no Transfer-Encoding") }
        guard framing.codingKnown else { throw .transferCoding }
        guard framing.codings == 1 else { throw .length("Transfer-Encoding is there more than once") }
        head.framing = .chunked
    }

    /// `1*DIGIT` (RFC 9110 section 8.6), 18 digits at most so that it fits.
    private static func length(_ value: Slice<UnsafeRawBufferPointer>) throws(FramingFault) -> Int {
        guard !value.isEmpty, value.allSatisfy(\.isDigit) else { throw .length("Content-Length is not a number") }
        guard value.count <= 18 else { throw .length("Content-Length has more than 18 digits") }
        return value.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func hasToken(_ token: StaticString, in list: Slice<UnsafeRawBufferPointer>) -> Bool {
        list.split(separator: UInt8(ascii: ",")).contains { element in
            guard let first = element.firstIndex(where: { !$0.isBlank }),
                let last = element.lastIndex(where: { !$0.isBlank })
            else { return false }
            return element[first...last].equalsLowercase(token)
        }
    }
}
