import CloudEvents
import Engine
import Metering
import Testing

@testable import HTTPServer

@Suite("Usage queries over the API")
struct UsageQueryTests {
    /// A subject with everything in it that a URL, JSON or CSV has to escape.
    static let subject = "a\"b%c/d\ne 日本 &+='{}\\"
    /// The same as the Python client writes it in a URL.
    static let encoded = "a%22b%25c%2Fd%0Ae%20%E6%97%A5%E6%9C%AC%20%26%2B%3D%27%7B%7D%5C"
    static let path = "/api/v1/meters/tokens_total/query"

    private static func engine() throws -> ScriptedEngine {
        let window = TimeWindow(start: Timestamp(microseconds: 0), end: Timestamp(microseconds: 60_000_000))
        let row = UsageRow(window: window, subject: subject, dimensions: [subject], value: try ExactDecimal("1.50"))
        let result = UsageResult(from: nil, to: nil, windowSize: nil, dimensionNames: ["model"], rows: [row])
        return ScriptedEngine(meters: [MeterRouteTests.record], usage: .success(result))
    }

    private func asked(_ query: String) async throws -> UsageQuery {
        let engine = try Self.engine()
        let answer = try await OneRequest.get("\(Self.path)?\(query)", engine)
        #expect(answer.status == 200, "\(answer.body)")
        return try #require(engine.lastQuery)
    }

    private func posted(_ body: String) async throws -> UsageQuery {
        let engine = try Self.engine()
        let answer = try await OneRequest.send("POST", Self.path, body: body, engine)
        #expect(answer.status == 200, "\(answer.body)")
        return try #require(engine.lastQuery)
    }

    @Test("a query as the Python client sends it")
    func pythonClient() async throws {
        let query = try await asked(
            "from=2025-01-02T00%3A00%3A00.000Z&to=2025-01-03T01%3A02%3A03.456789Z&windowSize=DAY&windowTimeZone=Europe%2FBerlin"
                + "&subject=\(Self.encoded)&subject=y&filterCustomerId=&groupBy=model&groupBy=%24.a.b"
                + "&filterGroupBy=%7B%27model%27%3A%20%27gpt-4%27%2C%20%27k%27%3A%20%27a%22b%25c%2Fd%5Cne%20"
                + "%E6%97%A5%E6%9C%AC%20%26%2B%3D%5C%27%7B%7D%5C%5C%27%7D"
                + "&advancedMeterGroupByFilters=%7B%22region%22%3A%20%7B%22%24in%22%3A%20%5B%22a%22%2C%20%22b%5Cu65e5%22%5D%7D%7D"
                + "&clientId=c"
        )
        #expect(query.from == Timestamp("2025-01-02T00:00:00Z"))
        #expect(query.to == Timestamp("2025-01-03T01:02:03.456789Z"))
        #expect(query.windowSize == .day)
        #expect(query.zone.identifier == "Europe/Berlin")
        #expect(query.subjects == [Self.subject, "y"])
        #expect(query.groupBy == ["subject", "model", "$.a.b"])
        #expect(
            query.filters == [
                "model": .equal("gpt-4"), "k": .equal(Self.subject), "region": .oneOf(["a", "b日"]),
            ]
        )
    }

    @Test("the same query in a body")
    func body() async throws {
        let query = try await posted(
            #"""
            {"from": "2025-01-02T00:00:00Z", "to": "2025-01-03T01:02:03.456789Z", "windowSize": "DAY",
             "windowTimeZone": "Europe/Berlin", "subject": ["a\"b%c/d\ne 日本 &+='{}\\", "y"], "filterCustomerId": [],
             "groupBy": ["model", "$.a.b", "model"], "clientId": "c",
             "filterGroupBy": {"model": ["gpt-4"], "k": ["a", "b"], "l": "x"},
             "advancedMeterGroupByFilters": {"region": {"$in": ["a"], "$and": [{"$like": "x%"}]}, "model": {"$ne": "y"}}}
            """#
        )
        #expect(query.subjects == [Self.subject, "y"])
        #expect(query.groupBy == ["subject", "model", "$.a.b"])
        #expect(
            query.filters == [
                "model": .all([.equal("gpt-4"), .notEqual("y")]), "k": .oneOf(["a", "b"]), "l": .equal("x"),
                "region": .all([.oneOf(["a"]), .all([.like("x%")])]),
            ]
        )
    }

    @Test(
        "without a body everything is asked for; nulls and empty lists ask for nothing",
        arguments: ["", "{}", #"{"from":null,"subject":[]}"#]
    )
    func nothing(_ body: String) async throws {
        let query = try await posted(body)
        #expect(query == UsageQuery(meter: "tokens_total"))
    }

    @Test(
        "a POST without content and content type is answered in CSV where that is asked for, as the Python client does"
    )
    func csvPost() async throws {
        let answer = try await OneRequest.send(
            "POST",
            Self.path,
            body: "",
            type: nil,
            headers: "Accept: text/csv\r\n",
            try Self.engine()
        )
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/csv; charset=utf-8")
        #expect(answer.body.hasPrefix("window_start,window_end,value\n"))
    }

    @Test("filters of one name in several places have to be true together, values of one place are alternatives")
    func combined() async throws {
        let query = try await asked(
            "filterGroupBy[model]=x&filterGroupBy[model]=y&filterGroupBy=%7B%22model%22%3A%22z%22%7D"
                + "&advancedMeterGroupByFilters=%7B%22model%22%3A%7B%22%24ne%22%3A%22y%22%7D%7D&filterGroupBy[a[b]]=c"
        )
        #expect(
            query.filters == ["model": .all([.oneOf(["x", "y", "z"]), .notEqual("y")]), "a[b]": .equal("c")]
        )
    }

    @Test("subjects that only look alike are different")
    func subjects() async throws {
        let query = try await asked("subject=%C3%A9&subject=e%CC%81&subject=%C3%A9&subject=")
        #expect(query.subjects.map { Array($0.utf8) } == [Array("é".utf8), Array("e\u{301}".utf8), []])
    }

    @Test("JSON and CSV hold any subject and dimension")
    func escaped() async throws {
        let json = try await OneRequest.get("\(Self.path)?groupBy=subject&groupBy=model", try Self.engine())
        #expect(
            json.body.contains(
                #""value":1.5,"windowStart":"1970-01-01T00:00:00Z","windowEnd":"1970-01-01T00:01:00Z","#
                    + #""subject":"a\"b%c/d\ne 日本 &+='{}\\","groupBy":{"model":"a\"b%c/d\ne 日本 &+='{}\\"}"#
            )
        )
        let csv = try await OneRequest.get(
            "\(Self.path)?groupBy=subject&groupBy=model",
            try Self.engine(),
            headers: "Accept: text/csv\r\n"
        )
        let cell = "\"a\"\"b%c/d\ne 日本 &+='{}\\\""
        #expect(
            csv.body == "window_start,window_end,subject,model,value\n"
                + "1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,\(cell),\(cell),1.5\n"
        )
    }

    static let bad: [(String, String)] = [
        ("from=2025-01-02T00:00:00Z&to=2025-01-02T00:00:00Z", "must be before"),
        ("from=2025-01-02", "from is not an RFC 3339"),
        ("filterCustomerId=x", "meterd has no customers"), ("filterGroupBy=x", "filterGroupBy is no dictionary"),
        ("filterGroupBy=%7B%27a%27%3A1%7D", "filterGroupBy is no dictionary"),
        ("advancedMeterGroupByFilters=x", "advancedMeterGroupByFilters is not JSON"),
        ("advancedMeterGroupByFilters=%5B%5D", "advancedMeterGroupByFilters is an array"),
        ("advancedMeterGroupByFilters=%7B%22a%22%3A%7B%22%24x%22%3A%22%22%7D%7D", "unknown member"),
        ("advancedMeterGroupByFilters=%7B%7D&advancedMeterGroupByFilters=%7B%7D", "more than once"),
        ("window=DAY", "unknown parameter 'window'"), ("filterGroupBy[a=b", "unknown parameter 'filterGroupBy[a'"),
        ("filterGroupBy[]x=b", "unknown parameter"), ("Subject=x", "unknown parameter 'Subject'"),
        ("subject=%00", "null"),
        ("subject=a%00b", "null character"), ("subject=%C3%28", "not UTF-8"), ("windowSize=day", "windowSize"),
        ("windowTimeZone=", "windowTimeZone"), ("windowTimeZone=../etc/passwd", "windowTimeZone"),
        ((0...65).map { "groupBy=a\($0)" }.joined(separator: "&"), "groupBy has 66 values; at most 65"),
    ]

    @Test("parameters that are not a query's are 400 and named", arguments: bad)
    func badParameters(_ query: String, _ says: String) async throws {
        let engine = try Self.engine()
        let answer = try await OneRequest.get("\(Self.path)?\(query)", engine)
        OneRequest.expectProblem(answer, 400, says)
        #expect(engine.lastQuery == nil)
    }

    @Test(
        "a body that is no query is 400 and says why",
        arguments: [
            ("[]", "the body is an array"), ("{", "not JSON"), (#"{"from":1}"#, "from is a number"),
            (#"{"from":"2025-01-02T00:00:00Z","to":"2025-01-01T00:00:00Z"}"#, "must be before"),
            (#"{"subject":"a"}"#, "subject is a text and not an array"),
            (#"{"subject":[null]}"#, "an element of subject"),
            (#"{"groupBy":{"a":"b"}}"#, "groupBy is an object"),
            (#"{"filterGroupBy":["a"]}"#, "filterGroupBy is an array"),
            (#"{"filterGroupBy":{"a":[]}}"#, "filterGroupBy.a is an empty array"),
            (#"{"filterGroupBy":{"a":1}}"#, "filterGroupBy.a is a number"),
            (#"{"filterCustomerId":["x"]}"#, "no customers"),
            (#"{"windowSize":"WEEK"}"#, "windowSize"), (#"{"windowSize":5}"#, "windowSize is a number"),
            (#"{"meter":"x"}"#, #"unknown member \"meter\""#), (#"{"to":"x","to":"y"}"#, "stands there twice"),
            (#"{"subject":["\u0000"]}"#, "null character"), (#"{"filterGroupBy":{"a\u0000":"b"}}"#, "null character"),
            (#"{"advancedMeterGroupByFilters":{"a":{}}}"#, "has no operator"),
        ]
    )
    func badBody(_ body: String, _ says: String) async throws {
        let engine = try Self.engine()
        OneRequest.expectProblem(try await OneRequest.send("POST", Self.path, body: body, engine), 400, says)
        #expect(engine.lastQuery == nil)
    }

    @Test("too many subjects are 400, as many as allowed are a query")
    func manySubjects() async throws {
        func body(_ count: Int) -> String {
            #"{"subject":[\#((0..<count).map { "\"s\($0)\"" }.joined(separator: ","))]}"#
        }
        #expect(try await posted(body(1000)).subjects.count == 1000)
        let answer = try await OneRequest.send("POST", Self.path, body: body(1001), try Self.engine())
        OneRequest.expectProblem(answer, 400, "subject has 1001 values; at most 1000 are allowed")
    }

    @Test("a query of a meter that is not there is 404, of one that is being counted 503 with a time to come again")
    func refusals() async throws {
        let path = "/api/v1/meters/other/query"
        OneRequest.expectProblem(try await OneRequest.get(path, try Self.engine()), 404, "no meter has")
        OneRequest.expectProblem(
            try await OneRequest.send("POST", path, body: "{}", try Self.engine()),
            404,
            "no meter has"
        )
        let counting = ScriptedEngine(meters: [MeterRouteTests.record], usage: .failure(.counting("tokens_total")))
        let answer = try await OneRequest.get(Self.path, counting)
        #expect(answer.status == 503)
        #expect(answer.headers["retry-after"] == "1")
    }
}
