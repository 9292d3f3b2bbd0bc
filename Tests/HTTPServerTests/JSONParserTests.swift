import Testing

@testable import HTTPServer

@Suite("JSON of requests")
struct JSONParserTests {
    /// The value without where it stood, as Swift would write it.
    private static func shown(_ value: JSONValue) -> String {
        switch value.content {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let text): "#\(text)"
        case .string(let text): text.debugDescription
        case .array(let elements): "[" + elements.map(shown).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\($0.name.debugDescription):\(shown($0.value))" }.joined(separator: ",") + "}"
        }
    }

    @Test(
        "a text of the grammar is read",
        arguments: [
            ("null", "null"), (" \t\r\n[true , false]\n", "[true,false]"), ("{}", "{}"), ("[]", "[]"), ("[ ]", "[]"),
            (#"{"b":1,"a":{"":[{}]}}"#, #"{"b":#1,"a":{"":[{}]}}"#), ("-0.50e+10", "#-0.50e+10"), ("1E5", "#1E5"),
            ("0", "#0"), ("123456789012345678901234567890.1", "#123456789012345678901234567890.1"),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t".debugDescription),
            (#""\u0041\u00e9\uD83D\ude00\u0000""#, "Aé😀\u{0}".debugDescription),
            ("\"é😀\u{7F}\"", "é😀\u{7F}".debugDescription),
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"\u{E9}\":#1,\"e\u{301}\":#2}"),
        ]
    )
    func good(_ text: String, _ expected: String) throws {
        #expect(Self.shown(try JSONParser.value(Array(text.utf8))) == expected)
    }

    @Test(
        "what is not of the grammar is refused, with the place",
        arguments: [
            ("", 0), (" ", 1), ("nul", 0), ("nulll", 4), ("True", 0), ("01", 1), ("-", 1), ("1.", 2), (".5", 0),
            ("1e", 2),
            ("+1", 0), ("1 2", 2), ("[1,]", 3), ("[1 2]", 3), ("[", 1), ("[1", 2), ("]", 0), ("{", 1), ("{a:1}", 1),
            (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), (#"{"a":1"#, 6), (#"{"a":1;"b":2}"#, 6),
            (#"{"a" 1}"#, 5),
            (#"""#, 1), (#""\"#, 2), (#""\x""#, 2), (#""\u12g4""#, 5), ("\"a\nb\"", 2), ("\"\u{0}\"", 1),
            (#""\ud800""#, 7), (#""\ud800\n""#, 8), (#""\udc00""#, 7), (#""\ud800\u0041""#, 13), ("NaN", 0),
            ("\u{FEFF}{}", 0), ("{} //", 3), ("'a'", 0), (#"{"a":1,"b":2,"a":3}"#, 16), (#"{"a":1,"\u0061":3}"#, 15),
        ]
    )
    func bad(_ text: String, _ offset: Int) {
        let fault = #expect(throws: JSONFault.self) { try JSONParser.value(Array(text.utf8)) }
        #expect(fault?.offset == offset, "\(fault?.description ?? "")")
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]]
    )
    func notUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONFault.self) { try JSONParser.value(bytes) }
    }

    @Test("64 levels are read and 65 are refused, however many brackets follow")
    func depth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        _ = try JSONParser.value(nested(JSONParser.maximumDepth))
        #expect(throws: JSONFault.self) { try JSONParser.value(nested(JSONParser.maximumDepth + 1)) }
        #expect(throws: JSONFault.self) { try JSONParser.value(Array(repeating: UInt8(ascii: "["), count: 100_000)) }
    }

    @Test("a value knows the bytes it was written in")
    func text() throws {
        let value = try JSONParser.value(Array(#" { "a" : [ 1.0 , {"b": "\u0041"} ] } "#.utf8))
        var members = try JSONMembers(value, "the body")
        let member = members.take("a")
        #expect(String(decoding: member?.text ?? [], as: UTF8.self) == #"[ 1.0 , {"b": "\u0041"} ]"#)
        #expect(String(decoding: value.text, as: UTF8.self) == #"{ "a" : [ 1.0 , {"b": "\u0041"} ] }"#)
    }

    @Test("a member that nobody asked for is named, null is as good as nothing")
    func members() throws {
        let value = try JSONParser.value(Array(#"{"a":null,"b":"x","c":1}"#.utf8))
        var members = try JSONMembers(value, "the body")
        #expect(try members.text("a") == nil)
        #expect(try members.requiredText("b") == "x")
        let problem = #expect(throws: Problem.self) { try members.finish() }
        #expect(problem?.detail == #"the body has an unknown member "c"; allowed are a, b"#)
        _ = members.take("c")
        try members.finish()
    }
}
