import CloudEvents
import Testing

@Suite("The limits of a body")
struct LimitTests {
    @Test("as many events as allowed are taken, and one more is too many")
    func events() throws {
        let limits = DecodeLimits(events: 3)
        let body = { (count: Int) in "[" + Array(repeating: event(), count: count).joined(separator: ",") + "]" }
        #expect(try decode(body(3), .batch, limits: limits).count == 3)
        let error = refusal { () throws(DecodeError) in try decode(body(4), .batch, limits: limits) }
        #expect(error == .tooManyEvents(limit: 3))
    }

    @Test("an event of as many bytes as allowed is taken, and one more is too large")
    func eventBytes() throws {
        let body = event()
        let size = body.utf8.count
        #expect(try decode(" \(body) ", limits: DecodeLimits(event: size)).count == 1)
        let error = refusal { () throws(DecodeError) in
            try decode("[\(body),\(event(id: "12"))]", .batch, limits: DecodeLimits(event: size))
        }
        #expect(error == .eventTooLarge(index: 1, limit: size))
    }

    @Test("nesting as deep as allowed is taken, and one level more is too deep", arguments: [2, 64, 512])
    func depth(_ depth: Int) throws {
        let limits = DecodeLimits(event: 1 << 20, depth: depth)
        let nested = { (levels: Int, open: String, close: String) in
            event(",\"data\":" + String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels))
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(try decode(nested(depth - 1, open, close), limits: limits).count == 1)
            let error = refusal { () throws(DecodeError) in try decode(nested(depth, open, close), limits: limits) }
            guard case .malformed(let reason, _)? = error else {
                Issue.record("the event is refused as malformed")
                continue
            }
            #expect(reason.contains("deep"))
        }
    }

    @Test("as many extension attributes as allowed are taken, and one more is refused")
    func extensions() throws {
        let body = { (count: Int) in event((0..<count).map { ",\"e\($0)\":1" }.joined()) }
        #expect(try decode(body(64)).count == 1)
        #expect(problems { () throws(DecodeError) in try decode(body(65)) }.count == 1)
        #expect(problems { () throws(DecodeError) in try decode(body(5_000)) }.count == 1)
    }

    @Test("an attribute's name as long as allowed is taken, and a longer one is refused")
    func names() throws {
        let body = { (length: Int) in event(",\"\(String(repeating: "a", count: length))\":1") }
        #expect(try decode(body(128)).count == 1)
        #expect(problems { () throws(DecodeError) in try decode(body(129)) }.count == 1)
    }

    @Test("ce- headers as long as allowed are taken, and longer ones are too large")
    func headers() throws {
        let header = { (length: Int) in [(name: "ce-x", value: String(repeating: "v", count: length))] }
        let limit = HTTPContentMode.attributeBytes
        #expect(try HTTPContentMode.attributes(of: header(limit - 4)).count == 1)
        #expect(throws: DecodeError.headersTooLarge(limit: limit)) {
            try HTTPContentMode.attributes(of: header(limit - 3))
        }
    }
}
