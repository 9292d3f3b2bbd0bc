import CloudEvents
import Foundation
import Testing

@Suite("The rules of an event")
struct EventRulesTests {
    @Test("all parts of an event are where the index says")
    func parts() throws {
        let body =
            #" {"data" : {"tokens" : 12} , "time":"2025-06-07T12:34:56.5Z","subject":"caf\u00e9 \"x\"","#
            + #""specversion":"1.0","id":"a\/b","source":"http:\/\/example.com","type":"é"} "#
        let batch = try decode(body, .single, .openmeter)
        #expect(batch.count == 1)
        #expect(batch.string(.id, of: 0) == "a/b")
        #expect(batch.string(.source, of: 0) == "http://example.com")
        #expect(batch.string(.type, of: 0) == "é")
        #expect(batch.string(.subject, of: 0) == "café \"x\"")
        #expect(batch.string(.data, of: 0) == #"{"tokens" : 12}"#)
        #expect(batch[0].time == Timestamp("2025-06-07T12:34:56.5Z")?.microseconds)
        #expect(batch[0].dataKind == .object)
        let flags: EventIndex.Flags = [.idEscaped, .sourceEscaped, .subjectEscaped, .hasSubject, .hasTime, .hasData]
        #expect(batch[0].flags == flags)
    }

    @Test("absent parts are nil and empty")
    func absent() throws {
        let batch = try decode(event())
        #expect(batch.string(.subject, of: 0) == nil)
        #expect(batch.string(.data, of: 0) == nil)
        #expect(batch.withText(.subject, of: 0) { $0.count } == 0)
        #expect(batch[0].dataKind == .absent)
        #expect(batch[0].flags == [])
        #expect(batch[0].subject == batch[0].data)
    }

    @Test("null attributes count as absent")
    func nulls() throws {
        let batch = try decode(
            event(#","subject":null,"time":null,"dataschema":null,"datacontenttype":null,"ext":null"#)
        )
        #expect(batch[0].flags == [])
        #expect(
            problems { () throws(DecodeError) in try decode(event(#","subject":null"#), .single, .openmeter) }.count
                == 1
        )
    }

    @Test("the payload is each event's length and its bytes as received")
    func payload() throws {
        let first = event(#", "data" : [ 1 ]"#)
        let second = event(id: "2")
        let batch = try decode("[ \(first) ,\n\(second) ]", .batch)
        var expected: [UInt8] = []
        for text in [first, second] {
            withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { expected += $0 }
            expected += Array(text.utf8)
        }
        #expect(bytes(batch) == expected)
        #expect(batch.string(.raw, of: 1) == second)
        #expect(batch.string(.id, of: 1) == "2")
    }

    @Test(
        "data of every kind is told apart",
        arguments: [
            ("null", .null), ("{}", .object), ("[]", .array), (#""x""#, .string), ("-1.5e3", .number),
            ("true", .boolean),
            ("false", .boolean),
        ] as [(String, EventIndex.DataKind)]
    )
    func dataKinds(_ data: String, _ kind: EventIndex.DataKind) throws {
        let batch = try decode(event(",\"data\": \(data) "))
        #expect(batch[0].dataKind == kind)
        #expect(batch.string(.data, of: 0) == data)
    }

    @Test("text of another media type and Base64 are told apart from JSON")
    func otherData() throws {
        let text = try decode(event(#","data":"<a/>","datacontenttype":"application/xml""#))
        #expect(text[0].dataKind == .other)
        #expect(text.string(.data, of: 0) == #""<a/>""#)
        let binary = try decode(event(#","data_base64":"QUJD""#))
        #expect(binary[0].dataKind == .base64)
        #expect(binary.string(.data, of: 0) == "QUJD")
    }

    @Test("Base64 may have its slashes escaped")
    func escapedBase64() throws {
        let plain = try contentHash(event(#","data_base64":"//79""#))
        let escaped = try contentHash(event(#","data_base64":"\/\/79""#))
        #expect(plain == escaped)
    }

    @Test(
        "the openmeter profile refuses what OpenMeter does",
        arguments: [
            (event(), "subject"), (event(#","subject":"""#), "subject"), (openMeterEvent(#","data":"x""#), "data"),
            (openMeterEvent(#","data":[]"#), "data"), (openMeterEvent(#","data":1"#), "data"),
            (openMeterEvent(#","data_base64":"QUJD""#), "data_base64"),
            (openMeterEvent(#","datacontenttype":"text/plain""#), "datacontenttype"),
            (openMeterEvent(#","datacontenttype":"application/vnd.x+json""#), "datacontenttype"),
        ]
    )
    func openMeterRefuses(_ body: String, _ attribute: String) {
        let found = problems { () throws(DecodeError) in try decode(body, .single, .openmeter) }
        #expect(found.map(\.attribute) == [attribute])
    }

    @Test(
        "the openmeter profile takes what OpenMeter does",
        arguments: [
            "", #","data":null"#, #","data":{}"#, #","datacontenttype":null"#,
            #","datacontenttype":"application/json""#,
            #","datacontenttype":"application/json; charset=utf-8","data":{"a":1}"#, #","data_base64":null"#,
            #","ext":"x""#,
        ]
    )
    func openMeterTakes(_ more: String) {
        #expect(refusal { () throws(DecodeError) in try decode(openMeterEvent(more), .single, .openmeter) } == nil)
    }

    @Test("every bad event of a batch is named, with all that is wrong with it")
    func everyProblem() {
        let bodies = [
            event(), event(#","time":"yesterday","subject":"""#), "7", event(#","ext":{}"#), "{}", event(),
        ]
        let error = refusal { () throws(DecodeError) in try decode("[\(bodies.joined(separator: ","))]", .batch) }
        guard case .invalid(let problems, let events)? = error else {
            Issue.record("the batch is refused as invalid")
            return
        }
        #expect(events == 4)
        let named = problems.map { "\($0.index) \($0.attribute ?? "-")" }
        #expect(
            named == [
                "1 time", "1 subject", "2 -", "3 ext", "4 specversion", "4 id", "4 source", "4 type",
            ]
        )
    }

    @Test("the list of problems ends at its limit and the count goes on")
    func cappedProblems() {
        let bad = Array(repeating: #"{"specversion":"1.0","id":"","source":"/s","type":"t"}"#, count: 10_500)
        let error = refusal { () throws(DecodeError) in
            try decode("[\(bad.joined(separator: ","))]", .batch, limits: DecodeLimits(events: 20_000))
        }
        guard case .invalid(let problems, let events)? = error else {
            Issue.record("the batch is refused as invalid")
            return
        }
        #expect(problems.count == 10_000)
        #expect(events == 10_500)
    }

    @Test("a decoder knows how many events the last body had, also when it was refused")
    func eventsInLastBody() {
        let decoder = EventDecoder(profile: .cloudevents)
        func count(_ body: String) -> Int {
            Array(body.utf8).withUnsafeBytes { _ = try? decoder.decode($0, envelope: .either) }
            return decoder.eventsInLastBody
        }
        #expect(count("[\(event()),\(event())]") == 2)
        #expect(count("[\(event()),{},\(event())]") == 3)
        #expect(count("[\(event()),") == 0)
    }

    @Test("a name that stands twice inside data is refused, at any depth and in any spelling")
    func repeatedInData() {
        let inner = [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"b":1,"c":2,"b":3}}]"#,
            "{" + (0..<40).map { "\"k\($0)\":0" }.joined(separator: ",") + ",\"k3\":1}",
        ]
        for data in inner {
            let found = problems { () throws(DecodeError) in try decode(event(",\"data\":\(data)")) }
            #expect(found.map(\.attribute) == ["data"], "\(data)")
        }
        let fine = #"[{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}},{"a":1}]"#
        #expect(refusal { () throws(DecodeError) in try decode(event(",\"data\":\(fine)")) } == nil)
    }

    @Test("an extension attribute that stands twice is refused, among few or many")
    func repeatedExtension() {
        let many = (0..<30).map { ",\"e\($0)\":1" }.joined()
        let spaced = "[\(event(many + ",\"e7\":2"))\(String(repeating: " ", count: 5_000)),\(event())]"
        let limits = DecodeLimits(event: 4_096)
        #expect(problems { () throws(DecodeError) in try decode(spaced, .batch, limits: limits) }.count == 1)
        for more in [#","e1":1,"e1":1"#, #","e1":1,"\u00651":1"#, many + #","e7":2"#] {
            #expect(refusal { () throws(DecodeError) in try decode(event(more)) }?.status == 400)
        }
        #expect(refusal { () throws(DecodeError) in try decode(event(many)) } == nil)
    }

    @Test("an escaped name is the attribute it spells")
    func escapedName() throws {
        let batch = try decode(#"{"specversion":"1.0","\u0069d":"7","source":"/s","t\u0079pe":"t"}"#)
        #expect(batch.string(.id, of: 0) == "7")
        #expect(batch.string(.type, of: 0) == "t")
    }

    @Test("names that only look like attributes are not theirs")
    func nearNames() {
        for name in ["i", "idd", "ie", "tipe", "tyme", "date", "sourcf", "subjecu", "specversioo", "dataschemb"] {
            #expect(refusal { () throws(DecodeError) in try decode(event(",\"\(name)\":true")) } == nil, "\(name)")
        }
        for name in ["data_base65", "data_base6", "Id", "ID", "datacontent_type", ""] {
            #expect(
                refusal { () throws(DecodeError) in try decode(event(",\"\(name)\":true")) }?.status == 400,
                "\(name)"
            )
        }
    }
}
