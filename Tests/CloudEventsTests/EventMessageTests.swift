import CloudEvents
import Foundation
import Testing

@Suite("Events as Kafka messages")
struct EventMessageTests {
    private func message(_ text: String, _ mode: MessageMode = .binary) throws -> EventMessage {
        try decode(text).message(mode, of: 0)
    }

    private func headers(_ message: EventMessage) -> [String] {
        message.headers.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" }
    }

    private func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a structured message is the event as it was received")
    func structured() throws {
        let raw = #" {"specversion":"1.0", "id":"1","source":"/s","type":"t","subject":"caf\u00e9","data":{"v": 1.50}}"#
        let message = try message(raw + "\n", .structured)
        #expect(headers(message) == ["content-type: application/cloudevents+json; charset=UTF-8"])
        #expect(text(message.value) == String(raw.dropFirst()))
        #expect(text(message.key) == "café")
    }

    @Test("a binary message has its attributes in headers, in their canonical text, and its data as value")
    func binary() throws {
        let attributes =
            #", "time" : "2025-06-07T12:34:56Z" ,"n":-7,"yes":true,"none":null,"subject":"a\"b\\\u00e9","#
            + #""dataschema":"http://example.com/s","empty":"" "#
        let message = try message(event(attributes + #","data": {"v" : [1.50, "}", {}]} "#))
        let expected = [
            "ce_specversion: 1.0", "ce_id: 1", "ce_source: /s", "ce_type: t", "ce_time: 2025-06-07T12:34:56Z",
            "ce_n: -7", "ce_yes: true", "ce_subject: a\"b\\é", "ce_dataschema: http://example.com/s", "ce_empty: ",
            "content-type: application/json",
        ]
        #expect(headers(message) == expected)
        #expect(text(message.value) == #"{"v" : [1.50, "}", {}]}"#)
        #expect(text(message.key) == "a\"b\\é")
    }

    @Test("an event without subject has no key, and one without data no value and no content type")
    func nothing() throws {
        let message = try message(event())
        #expect(message.key == nil)
        #expect(message.value == nil)
        #expect(!headers(message).contains { $0.hasPrefix("content-type") })
    }

    @Test(
        "data of other types than JSON goes as its bytes",
        arguments: [
            (#","datacontenttype":"text/plain","data":"h\u00e9\n\"""#, "hé\n\""),
            (#","datacontenttype":"application/xml","data":"<a/>""#, "<a/>"),
            (#","datacontenttype":"image/png","data_base64":"cG5n""#, "png"),
            (#","datacontenttype":"image/png","data_base64":"cG\u0035n""#, "png"),
            (#","data_base64":"eA==""#, "x"),
            (#","datacontenttype":"text/plain","data":"""#, ""),
            (#","datacontenttype":"text/plain","data_base64":"""#, ""),
            (#","datacontenttype":"application/x+json","data":"x""#, "\"x\""), (#","data":null"#, "null"),
        ]
    )
    func otherData(_ more: String, _ value: String) throws {
        let message = try message(event(more))
        #expect(text(message.value) == value)
        #expect(headers(message).contains("ce_id: 1"))
        try check(event(more))
    }

    @Test(
        "what binary mode cannot carry goes as a structured message",
        arguments: [
            #","datacontenttype":"application/cloudevents+json","data":{}"#,
            #","datacontenttype":"application/cloudevents-batch+json","data":[]"#,
            #","datacontenttype":"application/cloudevents+avro","data_base64":"AA==""#,
            #","datacontenttype":"application/json; charset=utf-16","data":1"#,
            #","datacontenttype":"application/x+json; charset=utf-16","data":1"#,
            #","datacontenttype":"application/json","data_base64":"e30=""#,
            #","datacontenttype":"text/plain","data":null"#,
            #","datacontenttype":"text/plain; charset=iso-8859-1","data":"é""#,
        ]
    )
    func notBinary(_ more: String) throws {
        #expect(try message(event(more)) == message(event(more), .structured))
        try check(event(more))
    }

    @Test("every event of the vectors comes back from its message", arguments: MessageMode.allCases)
    func vectors(_ mode: MessageMode) throws {
        var seen = 0
        for vector in (DecodingVector.http + DecodingVector.kafka).filter(\.isAccepted) {
            try check(try vector.decode(), mode, "\(vector.name)")
            seen += 1
        }
        #expect(seen > 70)
    }

    @Test("random events come back from their messages", arguments: MessageMode.allCases)
    func randomEvents(_ mode: MessageMode) throws {
        let seed: UInt64 = 9093
        var random = SeededGenerator(seed: seed)
        let types = [
            "text/plain", "text/plain; charset=utf-8", "text/plain; charset=latin1", "application/xml", "image/png",
            "application/json", "application/x+json", "APPLICATION/JSON; charset=us-ascii", "application/json;v=1",
            "application/cloudevents+json", "application/octet-stream",
        ]
        for _ in 0..<4_000 {
            var data: [String]?
            if Bool.random(using: &random) {
                let type = types.randomElement(using: &random) ?? ""
                let bytes = (0..<Int.random(in: 0..<9, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                let values = [
                    "\"data\":\"\(random.text())\"", "\"data\":null", "\"data_base64\":null",
                    "\"data_base64\":\"\(Data(bytes).base64EncodedString())\"", "\"data\":\(random.value(depth: 2))",
                ]
                data = ["\"datacontenttype\":\"\(type)\"", values.randomElement(using: &random) ?? ""]
            }
            let text = random.event(data: data)
            // Data of a type that it cannot be is no event.
            guard let batch = try? decode(text) else { continue }
            try check(batch, mode, "seed \(seed): \(text)")
        }
    }

    private func check(_ text: String) throws {
        try check(try decode(text), .binary, "\(text)")
    }

    /// Sends the events as messages and compares what is read with them.
    private func check(_ batch: EventBatch, _ mode: MessageMode, _ comment: Comment) throws {
        let collector = MessageCollector(decoder: EventDecoder(profile: .cloudevents))
        for i in 0..<batch.count { try collector.add(batch.message(mode, of: i)) }
        let read = collector.finish()
        try #require(read.count == batch.count, comment)
        for i in 0..<batch.count {
            #expect(read[i].contentHash == batch[i].contentHash, comment)
            #expect(read[i].time == batch[i].time, comment)
            #expect(read[i].flags.contains(.hasTime) == batch[i].flags.contains(.hasTime), comment)
            #expect(read[i].has(.data) == batch[i].has(.data), comment)
            for part in [EventPart.id, .source, .type, .subject] {
                #expect(read.string(part, of: i) == batch.string(part, of: i), comment)
            }
        }
    }
}
