import Foundation
import Metering
import Testing

@Suite("TextCondition")
struct TextConditionTests {
    static let samples: [(TextCondition, String)] = [
        (.equal("a"), #"{"$eq":"a"}"#), (.notEqual(""), #"{"$ne":""}"#), (.oneOf(["a", "b"]), #"{"$in":["a","b"]}"#),
        (.noneOf([]), #"{"$nin":[]}"#), (.like("a%"), #"{"$like":"a%"}"#), (.notLike("_"), #"{"$nlike":"_"}"#),
        (.likeIgnoringCase("A"), #"{"$ilike":"A"}"#), (.notLikeIgnoringCase("é"), #"{"$nilike":"é"}"#),
        (.greater("a"), #"{"$gt":"a"}"#), (.greaterOrEqual("a"), #"{"$gte":"a"}"#), (.less("\""), #"{"$lt":"\""}"#),
        (.lessOrEqual("a"), #"{"$lte":"a"}"#), (.any([]), #"{"$or":[]}"#),
        (
            .all([.greater("a"), .any([.less("c"), .equal("z")])]),
            #"{"$and":[{"$gt":"a"},{"$or":[{"$lt":"c"},{"$eq":"z"}]}]}"#
        ),
    ]

    @Test("a condition is written as OpenMeter's FilterString and read back", arguments: samples)
    func json(condition: TextCondition, text: String) throws {
        #expect(String(decoding: try JSONEncoder().encode(condition), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(TextCondition.self, from: Data(text.utf8)) == condition)
    }

    @Test(
        "anything but one known operator with its operand is refused",
        arguments: [
            "{}", #"{"$eq":"a","$ne":"b"}"#, #"{"$regex":"a"}"#, #"{"$eq":1}"#, #"{"$in":"a"}"#, #"{"$and":["a"]}"#,
            #"{"$eq":null}"#, #""a""#, "[]",
        ]
    )
    func badJSON(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(TextCondition.self, from: Data(text.utf8)) }
    }

    @Test("every operator makes the condition that has it", arguments: TextCondition.Operator.allCases)
    func operators(name: TextCondition.Operator) {
        let made = [
            TextCondition(name, text: "a"), TextCondition(name, texts: ["a"]),
            TextCondition(name, conditions: [.equal("a")]),
        ]
        let operands: [TextCondition.Operator.Operand] = [.text, .texts, .conditions]
        for (condition, operand) in zip(made, operands) {
            #expect(condition?.parts.operator == (operand == name.operand ? name : nil))
        }
    }

    @Test("texts that only look alike make different conditions, and so do other operators")
    func equality() {
        #expect(TextCondition.equal("é") != .equal("e\u{301}"))
        #expect(TextCondition.equal("a") != .notEqual("a"))
        #expect(TextCondition.oneOf(["a", "b"]) != .oneOf(["b", "a"]))
        #expect(TextCondition.all([.equal("é")]) != .all([.equal("e\u{301}")]))
        #expect(Set(Self.samples.map(\.0) + Self.samples.map(\.0)).count == Self.samples.count)
    }

    static func nested(_ depth: Int) -> TextCondition {
        (1..<depth).reduce(.equal("a")) { condition, level in level % 2 == 0 ? .all([condition]) : .any([condition]) }
    }

    @Test("at most eight levels, a thousand values and patterns of 1024 bytes are allowed")
    func limits() throws {
        #expect(TextCondition.equal("a").depth == 1)
        #expect(TextCondition.all([]).depth == 1)
        #expect(Self.nested(8).depth == 8)
        try Self.nested(8).check()
        #expect(throws: TextConditionError.tooDeep(depth: 9)) { try Self.nested(9).check() }
        try TextCondition.oneOf(Array(repeating: "a", count: 1000)).check()
        #expect(throws: TextConditionError.tooManyValues(count: 1001)) {
            try TextCondition.noneOf(Array(repeating: "a", count: 1001)).check()
        }
        #expect(throws: TextConditionError.tooManyValues(count: 1001)) {
            try TextCondition.all([.oneOf(Array(repeating: "a", count: 999)), .equal("b"), .like("c")]).check()
        }
        #expect(throws: TextConditionError.tooManyValues(count: 1001)) {
            try TextCondition.any(Array(repeating: .all([]), count: 1001)).check()
        }
        try TextCondition.like(String(repeating: "é", count: 512)).check()
        #expect(throws: TextConditionError.patternTooLong(bytes: 1026)) {
            try TextCondition.any([.notLikeIgnoringCase(String(repeating: "é", count: 513))]).check()
        }
        try TextCondition.equal(String(repeating: "x", count: 5000)).check()
    }

    @Test("the bytes of patterns are limited for all parts of a condition, and for conditions that go together")
    func patterns() throws {
        let half = TextCondition.like(String(repeating: "a", count: 512))
        try TextCondition.any([half, half]).check()
        #expect(throws: TextConditionError.patternTooLong(bytes: 1025)) {
            try TextCondition.any([half, .all([half, .like("%")])]).check()
        }
        try TextCondition.checkPatterns(of: [half, half, .equal("a")])
        #expect(throws: TextConditionError.patternTooLong(bytes: 1536)) {
            try TextCondition.checkPatterns(of: [half, half, half])
        }
    }
}
