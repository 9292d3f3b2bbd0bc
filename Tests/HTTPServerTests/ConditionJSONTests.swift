import Metering
import Testing

@testable import HTTPServer

@Suite("Conditions in JSON")
struct ConditionJSONTests {
    private static func read(_ text: String) throws -> TextCondition {
        try ConditionJSON.read(try JSONParser.value(Array(text.utf8)), "filters.model")
    }

    static let forms: [(String, TextCondition, String)] = [
        (#""x""#, .equal("x"), #"{"$eq":"x"}"#), (#"["x"]"#, .equal("x"), #"{"$eq":"x"}"#),
        (#"["x","y"]"#, .oneOf(["x", "y"]), #"{"$in":["x","y"]}"#), (#"{"$ne":""}"#, .notEqual(""), #"{"$ne":""}"#),
        (#"{"$in":[]}"#, .oneOf([]), #"{"$in":[]}"#), (#"{"$nin":["a"]}"#, .noneOf(["a"]), #"{"$nin":["a"]}"#),
        (#"{"$like":"a%"}"#, .like("a%"), #"{"$like":"a%"}"#), (#"{"$nlike":"a"}"#, .notLike("a"), #"{"$nlike":"a"}"#),
        (#"{"$ilike":"É_"}"#, .likeIgnoringCase("É_"), #"{"$ilike":"É_"}"#),
        (#"{"$nilike":"a"}"#, .notLikeIgnoringCase("a"), #"{"$nilike":"a"}"#),
        (
            #"{"$gt":"a","$lte":"b","$eq":null}"#, .all([.greater("a"), .lessOrEqual("b")]),
            #"{"$and":[{"$gt":"a"},{"$lte":"b"}]}"#
        ),
        (
            #"{"$or":[{"$gte":"a"},{"$and":[{"$lt":"\"b"}]}]}"#,
            .any([.greaterOrEqual("a"), .all([.less("\"b")])]), #"{"$or":[{"$gte":"a"},{"$and":[{"$lt":"\"b"}]}]}"#
        ),
    ]

    @Test("each form is read, and written as an object with one operator", arguments: forms)
    func good(_ text: String, _ condition: TextCondition, _ written: String) throws {
        #expect(try Self.read(text) == condition)
        var json = JSONWriter()
        ConditionJSON.write(condition, &json)
        #expect(String(decoding: json.bytes, as: UTF8.self) == written)
        #expect(try Self.read(written) == condition)
    }

    @Test(
        "anything else is refused, and says where",
        arguments: [
            ("1", "filters.model is a number"), ("null", "filters.model is null"),
            ("true", "filters.model is true or false"),
            ("[]", "filters.model is an empty array"), ("[1]", "an element of filters.model is a number"),
            ("{}", "filters.model has no operator"), (#"{"$eq":null}"#, "filters.model has no operator"),
            (#"{"$eq":1}"#, "filters.model.$eq is a number"), (#"{"$eq":["a"]}"#, "filters.model.$eq is an array"),
            (#"{"$in":"a"}"#, "filters.model.$in is a text and not an array"),
            (#"{"$regex":"a"}"#, #"unknown member "$regex""#),
            (#"{"$and":{"$eq":"a"}}"#, "filters.model.$and is an object"),
            (#"{"$and":["a"]}"#, "filters.model.$and is a text and not an object"),
            (#"{"$or":[{}]}"#, "has no operator"),
            (#""a\u0000""#, "null character"),
        ]
    )
    func bad(_ text: String, _ says: String) {
        let problem = #expect(throws: Problem.self) { try Self.read(text) }
        #expect(problem?.status == 400)
        #expect(problem?.detail.contains(says) == true, "\(problem?.detail ?? "")")
    }

    @Test("limits on levels, values and patterns are kept")
    func limits() throws {
        func nested(_ levels: Int) -> String {
            (1..<levels).reduce(#"{"$eq":"a"}"#) { inner, _ in #"{"$and":[\#(inner)]}"# }
        }
        #expect(try Self.read(nested(TextCondition.maximumDepth)).depth == TextCondition.maximumDepth)
        #expect(throws: Problem.self) { try Self.read(nested(TextCondition.maximumDepth + 1)) }
        func list(_ count: Int) -> String { "[" + (0..<count).map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        #expect(try Self.read(list(TextCondition.maximumValues)).valueCount == TextCondition.maximumValues)
        #expect(throws: Problem.self) { try Self.read(list(TextCondition.maximumValues + 1)) }
        let pattern = String(repeating: "a", count: TextCondition.maximumPatternLength + 1)
        #expect(throws: Problem.self) { try Self.read(#"{"$like":"\#(pattern)"}"#) }
    }
}
