import Metering
import Testing

@Suite("TextMatcher")
struct TextMatcherTests {
    @Test(
        "each operator compares the bytes of the whole text",
        arguments: [
            (.equal("a"), "a", true), (.equal("a"), "A", false), (.equal("a"), "ab", false), (.equal(""), "", true),
            (.equal("é"), "e\u{301}", false), (.notEqual("a"), "b", true), (.notEqual("a"), "a", false),
            (.oneOf(["b", "", "ab"]), "", true), (.oneOf(["b", "", "ab"]), "ab", true),
            (.oneOf(["b", "", "ab"]), "a", false), (.oneOf([]), "", false), (.noneOf([]), "", true),
            (.noneOf(["b", "a"]), "a", false), (.noneOf(["b", "a"]), "c", true),
            (.greater("a"), "b", true), (.greater("a"), "a", false), (.greater("a"), "aa", true),
            (.greater("10"), "9", true), (.greater("z"), "é", true), (.greaterOrEqual("a"), "a", true),
            (.greaterOrEqual("a"), "Z", false), (.less("b"), "a", true), (.less("b"), "b", false),
            (.less("b"), "", true), (.lessOrEqual("b"), "b", true), (.lessOrEqual("b"), "ba", false),
            (.all([]), "x", true), (.any([]), "x", false),
            (.all([.greater("a"), .less("c")]), "b", true), (.all([.greater("a"), .less("c")]), "c", false),
            (.any([.equal("a"), .equal("c")]), "c", true), (.any([.equal("a"), .equal("c")]), "b", false),
            (.all([.any([.equal("a"), .equal("b")]), .notEqual("a")]), "b", true),
            (.all([.any([.equal("a"), .equal("b")]), .notEqual("a")]), "a", false),
        ] as [(TextCondition, String, Bool)]
    )
    func operators(condition: TextCondition, text: String, expected: Bool) {
        #expect(condition.matches(text) == expected)
        #expect(condition.matches(Array(text.utf8)) == expected)
    }

    @Test(
        "a pattern's percent sign is any text, its underscore one character, its backslash makes the next one plain",
        arguments: [
            ("", "", true), ("", "a", false), ("%", "", true), ("%", "ab", true), ("%%", "", true),
            ("_", "", false), ("_", "a", true), ("_", "ab", false), ("__", "ab", true), ("_", "é", true),
            ("_", "𝄞", true), ("__", "é", false), ("_", "e\u{301}", false), ("__", "e\u{301}", true),
            ("a%", "a", true), ("a%", "abc", true), ("a%", "ba", false), ("%a", "ba", true), ("%a", "ab", false),
            ("%a%", "bab", true), ("%a%", "bbb", false), ("a%c", "abbc", true), ("a%c", "abcb", false),
            ("a_c", "abc", true), ("a_c", "ac", false), ("%ab%ab", "abab", true), ("%ab%ab", "aab", false),
            ("%aab", "aaab", true), ("%_b", "ab", true), ("%_b", "b", false), ("_%", "", false), ("_%_", "ab", true),
            ("%a_c%e", "xxabcabcde", true), ("a\\%", "a%", true), ("a\\%", "ab", false), ("\\_", "_", true),
            ("\\_", "a", false), ("\\\\", "\\", true), ("\\a", "a", true), ("a\\", "a\\", true), ("a\\", "a", false),
            ("\\%%", "%x", true), ("\\é", "é", true), ("A", "a", false), ("日%本", "日の本", true), ("%の_", "日の本", true),
            ("%é", "xé", true), ("x%", "x\u{0}\n", true),
        ]
    )
    func patterns(pattern: String, text: String, expected: Bool) {
        #expect(TextCondition.like(pattern).matches(text) == expected)
        #expect(TextCondition.notLike(pattern).matches(text) != expected)
        #expect(TextCondition.all([.like(pattern)]).matches(text) == expected)
    }

    @Test(
        "a pattern that ignores case compares the lower case of each character",
        arguments: [
            ("ABC", "abc", true), ("abc", "ABC", true), ("a_C%", "AbcD", true), ("abd", "ABC", false),
            ("ÄÖ", "äö", true), ("äö", "ÄÖ", true), ("ΣΑΣ", "σασ", true), ("σας", "ΣΑΣ", false),
            ("k", "\u{212A}", true), ("straße", "STRASSE", false), ("ẞ", "ß", true), ("_", "İ", true),
            ("İ", "İ", true), ("İ", "i", false), ("ПРИВЕТ%", "привет, мир", true), ("[", "{", false),
            ("@", "`", false), ("\\%A", "%a", true),
        ]
    )
    func ignoringCase(pattern: String, text: String, expected: Bool) {
        #expect(TextCondition.likeIgnoringCase(pattern).matches(text) == expected)
        #expect(TextCondition.notLikeIgnoringCase(pattern).matches(text) != expected)
    }

    /// What the rules say, word by word: slow, and exponential on purpose.
    private static func fits(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let step = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        switch step {
        case "%":
            return (text.startIndex...text.endIndex).contains { fits(rest, text[$0...]) }
        case "_": return !text.isEmpty && fits(rest, text.dropFirst())
        case "\\" where !rest.isEmpty:
            return text.first == rest.first && fits(rest.dropFirst(), text.dropFirst())
        default: return text.first == step && fits(rest, text.dropFirst())
        }
    }

    @Test("patterns fit the texts that trying every way says they fit", arguments: [61, 62, 63, 64] as [UInt64])
    func agreesWithTryingEverything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let steps: [Unicode.Scalar] = ["%", "%", "_", "a", "a", "b", "é", "\\"]
        let letters: [Unicode.Scalar] = ["a", "a", "a", "b", "é", "%", "_", "\\", "日"]
        func text(_ scalars: [Unicode.Scalar]) -> String {
            scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
        }
        var fitting = 0
        for _ in 0..<4000 {
            let pattern = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                steps[Int.random(in: 0..<steps.count, using: &random)]
            }
            let scalars = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &random)]
            }
            let expected = Self.fits(pattern[...], scalars[...])
            fitting += expected ? 1 : 0
            #expect(
                TextCondition.like(text(pattern)).matches(text(scalars)) == expected
                    && TextCondition.likeIgnoringCase(text(pattern)).matches(text(scalars)) == expected,
                "seed \(seed): \(text(pattern)) and \(text(scalars))"
            )
        }
        #expect(fitting > 300, "seed \(seed)")
    }

    @Test("a pattern made to be slow is not: each percent sign is settled once")
    func hostilePattern() {
        let pattern = String(repeating: "%a", count: 500) + "b"
        #expect(!TextCondition.like(pattern).matches(String(repeating: "a", count: 20_000)))
        #expect(!TextCondition.likeIgnoringCase(pattern).matches(String(repeating: "a", count: 20_000)))
        #expect(TextCondition.like(pattern).matches(String(repeating: "a", count: 20_000) + "b"))
    }

    @Test("bytes that are no UTF-8 fit no letters, and nothing is read beyond them")
    func brokenText() {
        for bytes in [[0xC3], [0x80, 0x80], [0xF0, 0x9F], [0xFF, 0x61]] as [[UInt8]] {
            #expect(TextCondition.like("%").matches(bytes))
            #expect(!TextCondition.like("é%").matches(bytes))
            #expect(!TextCondition.likeIgnoringCase("É%").matches(bytes))
            #expect(!TextCondition.equal("é").matches(bytes))
        }
        #expect(TextCondition.equal("").matches(UnsafeRawBufferPointer(start: nil, count: 0)))
        #expect(TextCondition.like("%").matches(UnsafeRawBufferPointer(start: nil, count: 0)))
        #expect(TextCondition.likeIgnoringCase("").matches(UnsafeRawBufferPointer(start: nil, count: 0)))
    }

    @Test("a list of a thousand texts holds exactly those", arguments: [65] as [UInt64])
    func longList(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<1000).map { _ in String(UInt64.random(in: 0..<5000, using: &random), radix: 36) }
        let known = Set(texts)
        let matcher = TextMatcher(.oneOf(texts))
        for number in 0..<5000 {
            let text = String(number, radix: 36)
            #expect(matcher.matches(text) == known.contains(text), "seed \(seed)")
        }
    }
}
