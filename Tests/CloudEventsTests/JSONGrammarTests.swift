import CloudEvents
import Foundation
import Testing

@Suite("The JSON grammar")
struct JSONGrammarTests {
    @Test(
        "what is no JSON value is malformed, wherever it stands",
        arguments: [
            "01", "+1", ".5", "1.", "-", "--1", "1e", "1e+", "1.e1", "0x1", "1_0", "-01", "1.5.5", "1e5e5", "Infinity",
            "NaN",
            "tru", "truee", "True", "nul", "nulll", "fals", "undefined", "'x'", "x", "[1,]", "[,1]", "[1 2]", "[1", "]",
            "[}",
            #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":1 "b":2}"#, #"{"a" 1}"#, #"{1:1}"#, #"{,}"#, "{]",
            "{",
            #""a" "b""#, #""\x41""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\udc00""#, #""\udc00\udc00""#,
            #""\ud800\ud800""#, #""\ud800\u0041""#,
            #""\ud800x""#,
            #"1"a""#, #"true"a""#, #""a"1"#, "1 2", "/**/1", "[1]]", "{}{}", "\u{0B}1", "1\u{0C}", "\u{A0}1",
            "\u{FEFF}1", "1\0",
        ]
    )
    func malformed(_ value: String) {
        for data in [value, "[\(value)]", "{\"k\":\(value)}", " \(value) "] {
            let error = refusal { () throws(DecodeError) in try decode(event(",\"data\":\(data)")) }
            guard case .malformed? = error else {
                Issue.record("\(data) is malformed, not \(String(describing: error))")
                continue
            }
        }
    }

    @Test(
        "what is a JSON value is taken, wherever it stands",
        arguments: [
            "0", "-0", "1", "-1", "10", "1.5", "0.5", "-0.5", "1e5", "1E+5", "1.5e-5", "0e0",
            "123456789012345678901234567890.123456789012345678901234567890", "1e999999999", "true", "false", "null",
            #""""#,
            #""a""#, #""\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude00""#, #""é😀""#, "[]", "[ ]", "{}", "{ }", "[1,2]",
            "[[],{}]",
            #"{"a":{"b":[1,{"c":null}]}}"#, " [ 1 , 2 ] ", #"{"":1}"#, "\"\u{7F}\"", "\"\u{FFFE}\"", #"{ "a" : 1 }"#,
        ]
    )
    func wellFormed(_ value: String) {
        for data in [value, "[\(value)]", "{\"k\":\(value)}", " \t\r\n\(value) \n"] {
            #expect(refusal { () throws(DecodeError) in try decode(event(",\"data\":\(data)")) } == nil, "\(data)")
        }
    }

    @Test(
        "a body that is not what its envelope promises is malformed",
        arguments: [
            (event(), .batch), ("[\(event())]", .single), ("null", .single), ("\"x\"", .either), ("1", .batch),
            ("", .either),
            (" \n", .single), ("[]", .either), ("[\(event()),]", .batch), ("[\(event())", .batch),
            (event() + event(), .single),
            ("[\(event())],", .batch), ("[\(event())]x", .either), ("[", .batch), ("{", .single), ("[,]", .batch),
            ("[\(event()) \(event())]", .batch),
        ] as [(String, Envelope)]
    )
    func envelopes(_ body: String, _ envelope: Envelope) {
        guard case .malformed? = refusal({ () throws(DecodeError) in try decode(body, envelope) }) else {
            Issue.record("\(body) is malformed")
            return
        }
    }

    @Test("a batch may be empty, and application/json may hold one event or several")
    func envelopesTaken() throws {
        #expect(try decode("[]", .batch).count == 0)
        #expect(bytes(try decode("[]", .batch)) == [])
        #expect(try decode(event(), .either).count == 1)
        #expect(try decode("[\(event()),\(event())]", .either).count == 2)
    }

    @Test(
        "a malformed body is told with the byte where that shows",
        arguments: [
            (#"{"a":1 x}"#, 7), (#"{"a":tru}"#, 5), (#"{"a":"\q"}"#, 6), (#"{"a":"é\ud800"}"#, 8), (#"{"a":[1"#, 7),
            (#"{"a" 1}"#, 5),
            (#"{"a":1}1"#, 7), (#"{"a":"b"#, 5), ("{\"a\":\"b\n\"}", 7), (#"{"a":"\"}"#, 5),
        ]
    )
    func offsets(_ body: String, _ offset: Int) {
        guard case .malformed(_, let found)? = refusal({ () throws(DecodeError) in try decode(body) }) else {
            Issue.record("\(body) is malformed")
            return
        }
        #expect(found == offset)
    }

    @Test("text that is not UTF-8 is told with its first wrong byte")
    func notUTF8() {
        let bytes = Array(#"{"a":"é"#.utf8) + [0xFF] + Array(#""}"#.utf8)
        let error = refusal { () throws(DecodeError) in try decode(bytes) }
        #expect(error == .malformed(reason: "the text is not UTF-8", offset: 8))
    }
}
