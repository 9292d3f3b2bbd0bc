import Testing

@testable import HTTPServer

@Suite("Dictionaries as Python's client writes them")
struct DictionaryTextTests {
    /// The pairs, each `key=value`.
    private static func shown(_ text: String) -> [String]? {
        DictionaryText.pairs(text)?.map { "\($0.key)=\($0.value)" }
    }

    @Test(
        "what repr() writes is read, and JSON",
        arguments: [
            ("{}", []), (#"{'model': 'gpt-4'}"#, ["model=gpt-4"]), (#"{'a': 'b', 'c': 'd'}"#, ["a=b", "c=d"]),
            (#"{'a': "it's"}"#, ["a=it's"]), (#"{'a': 'it\'s "so"'}"#, [#"a=it's "so""#]),
            (#"{'a': '1\\2\n\r\t%/日本'}"#, ["a=1\\2\n\r\t%/日本"]), (#"{'a': ''}"#, ["a="]),
            (#"{'a': '\x7f\xa0\u2028\U000e0001'}"#, ["a=\u{7F}\u{A0}\u{2028}\u{E0001}"]),
            (#"{"a": "b\/\u00e9"}"#, ["a=b/é"]),
        ] as [(String, [String])]
    )
    func good(_ text: String, _ expected: [String]) {
        #expect(Self.shown(text) == expected)
    }

    @Test(
        "anything else is not",
        arguments: [
            "", "a", "{", "{'a'}", "{'a': }", "{'a': 1}", "{'a': None}", "{'a': ['b']}", "{'a': 'b'", "{'a': 'b'} x",
            "{'a': 'b',}", "{'a' 'b'}", #"{'a': '\q'}"#, #"{'a': '\x4'}"#, #"{'a': '\ud800'}"#, #"{'a': '\x00'}"#,
            #"{'a': 'b}"#, #"{'a': 'b"}"#, #"['a']"#, #"{"a": 1}"#, #"{"a": ["b"]}"#, "{'a': '\\",
        ]
    )
    func bad(_ text: String) {
        #expect(Self.shown(text) == nil)
    }
}
