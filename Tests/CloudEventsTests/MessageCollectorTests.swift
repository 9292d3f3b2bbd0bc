import CloudEvents
import Foundation
import Testing

@Suite("The collector of Kafka messages")
struct MessageCollectorTests {
    private static let structured: [(name: String, value: [UInt8]?)] = [
        ("content-type", Array("application/cloudevents+json".utf8))
    ]

    private func headers(_ pairs: [(String, String)]) -> [(name: String, value: [UInt8]?)] {
        pairs.map { ($0.0, Array($0.1.utf8)) }
    }

    private func binary(_ more: [(String, String)] = []) -> [(name: String, value: [UInt8]?)] {
        headers([("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/s"), ("ce_type", "t")] + more)
    }

    private func add(
        _ value: String,
        _ headers: [(name: String, value: [UInt8]?)] = structured,
        to collector: MessageCollector
    ) throws(DecodeError) {
        try Array(value.utf8).withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try collector.add(headers, bytes) }
        }.get()
    }

    private func refusal(
        _ value: String,
        _ headers: [(name: String, value: [UInt8]?)] = structured,
        _ decoder: EventDecoder = EventDecoder(profile: .cloudevents)
    ) -> DecodeError? {
        do throws(DecodeError) {
            try add(value, headers, to: MessageCollector(decoder: decoder))
            return nil
        } catch {
            return error
        }
    }

    @Test("the batch of many messages is the batch of their events posted together")
    func sameBatch() throws {
        let seed: UInt64 = 9092
        var random = SeededGenerator(seed: seed)
        let texts = (0..<3_000).map { _ in random.event() }
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        for text in texts { try add("\n \(text) ", to: collector) }
        let posted = try decode("[" + texts.joined(separator: ",") + "]", .batch)
        #expect(collector.count == 3_000)
        #expect(collector.byteCount == posted.payload.count)
        let batch = collector.finish()
        #expect(batch.count == 3_000)
        #expect((0..<3_000).allSatisfy { batch[$0] == posted[$0] }, "seed \(seed)")
        #expect(bytes(batch) == bytes(posted), "seed \(seed)")
    }

    @Test("a collector that was finished is empty, and its next batch holds only what came later")
    func reused() throws {
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        for i in 0..<700 { try add(event(id: "first-\(i)"), to: collector) }
        let first = collector.finish()
        #expect(collector.count == 0)
        #expect(collector.byteCount == 0)
        try add(event(id: "second"), to: collector)
        let second = collector.finish()
        #expect((0..<first.count).map { first.string(.id, of: $0) } == (0..<700).map { "first-\($0)" })
        #expect(second.count == 1)
        #expect(second.string(.raw, of: 0) == event(id: "second"))
        #expect(collector.finish().count == 0)
    }

    @Test("structured and binary messages stand in one batch, in their order")
    func mixed() throws {
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        for i in 0..<50 {
            try add(event(#","subject":"s""#, id: "s\(i)"), to: collector)
            let headers = binary([("ce_subject", "customer-\(i)"), ("content-type", "application/json")])
            try add(#"{"v":\#(i)}"#, headers, to: collector)
        }
        let batch = collector.finish()
        #expect(batch.count == 100)
        #expect(batch.string(.id, of: 98) == "s49")
        #expect(batch.string(.subject, of: 99) == "customer-49")
        #expect(batch.string(.data, of: 99) == #"{"v":49}"#)
    }

    @Test("a refused message leaves the collector as it was")
    func refused() throws {
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        try add(event(id: "1"), to: collector)
        let length = collector.byteCount
        for bad in ["", "{", "[]", "{}", "\u{1}", event(#","id":"2""#), event() + event(), event(#","data":"\ud800""#)]
        {
            #expect(throws: DecodeError.self) { try add(bad, to: collector) }
            #expect(throws: DecodeError.self) {
                try add(bad, binary([("ce_id", "2"), ("content-type", "application/json")]), to: collector)
            }
        }
        #expect(throws: DecodeError.self) { try collector.add(Self.structured, nil) }
        #expect(collector.count == 1)
        #expect(collector.byteCount == length)
        try add(event(id: "3"), to: collector)
        let batch = collector.finish()
        #expect((0..<batch.count).map { batch.string(.id, of: $0) } == ["1", "3"])
        #expect(bytes(batch) == bytes(try decode("[\(event(id: "1")),\(event(id: "3"))]", .batch)))
    }

    @Test("a refusal says what is wrong, where")
    func words() {
        let openMeter = EventDecoder(profile: .openmeter)
        let refused = { (text: String) in refusal(text, Self.structured, openMeter)?.description }
        #expect(refused(event()) == "1 event is invalid; event 0, subject: is required")
        #expect(refused("{\"id\":}") == "there is no JSON value at byte 6")
        let notUTF8 = binary() + [(name: "ce_subject", value: [0xFF])]
        #expect(refusal("{}", notUTF8)?.description == "the header ce_subject is not UTF-8")
        let twice = Self.structured + Self.structured
        #expect(refusal(event(), twice)?.description == "the message has more than one content-type header")
    }

    @Test("no reason speaks of a body, which a message does not have")
    func neutralWords() {
        let json = binary([("content-type", "application/json")])
        let cases = [
            ("", Self.structured, "the JSON text is empty"), ("", json, "the JSON text is empty"),
            (" \n", Self.structured, "the JSON text is empty: there is only white space"),
            (" \n", json, "the JSON text is empty: there is only white space"),
            ("[]", Self.structured, "the text must be one JSON object, the event at byte 0"),
            (
                "1", binary([("ce_data", "1")]),
                "1 event is invalid; event 0, data: cannot be sent in a header: the data itself and its content type are "
                    + "that"
            ),
        ]
        for (value, headers, words) in cases { #expect(refusal(value, headers)?.description == words) }
    }

    @Test(
        "a header named nearly as it should be is pointed at where no event is found",
        arguments: ["Content-Type", "CONTENT-TYPE", "CE_id", "Ce_", "cE_type", "ce-id", "CE-ID", "ce-"]
    )
    func misnamed(_ name: String) {
        let words = refusal(event(), headers([("trace", "1"), (name, "application/cloudevents+json")]))?.description
        #expect(words?.hasPrefix("the message is no CloudEvent: ") == true)
        #expect(words?.contains("; its header \(name) is none of them: names are told apart by case") == true)
    }

    @Test(
        "other headers are not pointed at",
        arguments: ["content-type", "ce_", "ce", "c", "", "CE", "cex", "CEid", "content-typ", "xce_id", "Content_Type"]
    )
    func notMisnamed(_ name: String) {
        // A null value counts as absent.
        let words = refusal(event(), [(name: name, value: nil)])?.description
        #expect(
            words
                == "the message is no CloudEvent: it has neither ce_ headers nor the content type "
                + "application/cloudevents+json"
        )
    }

    @Test(
        "a content type of structured mode is known however it is written",
        arguments: [
            "application/cloudevents+json", "Application/CloudEvents+JSON",
            "application/cloudevents+json; charset=utf-8",
            "application/cloudevents+json; charset=UTF-8", "application/cloudevents+json;charset=\"utf-8\"",
        ]
    )
    func structuredTypes(_ type: String) throws {
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        try add(event(), headers([("content-type", type)]), to: collector)
        #expect(collector.finish().string(.raw, of: 0) == event())
    }

    @Test("a content type, or its character encoding, that differs in any one byte is not structured")
    func nearlyStructured() {
        let type = Array("application/cloudevents+json".utf8)
        let encoding = Array("; charset=utf-8".utf8)
        let cases = type.indices.map { (type, $0) } + (0..<5).map { (type + encoding, type.count + 10 + $0) }
        for (good, at) in cases {
            let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= good[at]
            for bit in isLetter ? [UInt8(1)] : [1, 0x20] {
                var bytes = good
                bytes[at] ^= bit
                #expect(refusal(event(), [(name: "content-type", value: bytes)]) != nil, "byte \(at)")
            }
        }
    }

    @Test("header names are told apart by case, and a null value counts as absent")
    func headerNames() throws {
        #expect(refusal(event(), headers([("Content-Type", "application/cloudevents+json")])) != nil)
        #expect(refusal(event(), headers([("content-typ", "application/cloudevents+json")])) != nil)
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        try add(
            "x",
            binary() + [("ce_subject", nil), ("content-type", nil), ("CE_id", Array("x".utf8))],
            to: collector
        )
        let batch = collector.finish()
        #expect(
            batch.string(.raw, of: 0)
                == #"{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"eA=="}"#
        )
    }

    @Test("an attribute's value is escaped as it must be, wherever in it that is")
    func escapes() throws {
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        for length in 1...40 {
            for at in 0..<length {
                for special in ["\"", "\\", "é", "#", "!", "[", "]", " "] {
                    var value = String(repeating: "a", count: length)
                    value.replaceSubrange(value.index(value.startIndex, offsetBy: at)..., with: special + "b")
                    let headers = binary([("ce_subject", value), ("content-type", "text/plain")])
                    try add(value + "\n\u{1}", headers, to: collector)
                    let batch = collector.finish()
                    #expect(batch.string(.subject, of: 0) == value)
                    #expect(try members(of: batch)["data"] as? String == value + "\n\u{1}")
                }
            }
        }
    }

    @Test("an event as long as allowed is taken, and a longer one is too large, however it comes")
    func size() throws {
        let limit = event().utf8.count
        let decoder = EventDecoder(profile: .cloudevents, limits: DecodeLimits(event: limit))
        func refused(_ value: String, _ headers: [(name: String, value: [UInt8]?)] = Self.structured) -> DecodeError? {
            refusal(value, headers, decoder)
        }
        let tooLarge = DecodeError.eventTooLarge(index: 0, limit: limit)
        let blanks = String(repeating: " ", count: 1_000)
        #expect(refused(blanks + event() + blanks) == nil)
        #expect(refused(blanks + event(id: "12")) == tooLarge)
        #expect(refused("[" + blanks + "]") == tooLarge)
        #expect(refused("\"\(blanks)\"", binary([("content-type", "application/json")])) == tooLarge)
        #expect(refused("", binary([("ce_x", blanks)])) == tooLarge)
        #expect(refused("", binary(Array(repeating: ("ce_", ""), count: 1_000))) == tooLarge)
    }
}
