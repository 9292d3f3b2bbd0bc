import CloudEvents
import Engine
import Metering
import Synchronization
import Testing

@testable import HTTPServer

@Suite("Meters made and changed over the API")
struct MeterChangeRouteTests {
    /// An engine that makes, changes and deletes whatever it is asked to.
    private static func engine(_ meters: [MeterRecord] = [], backfill: BackfillProgress? = nil) -> ScriptedEngine {
        var surface = ScriptedSurface()
        surface.changing = { change throws(MeterChangeError) in
            guard case .create(let meter, _) = change else { return MeterRouteTests.record }
            return MeterRecord(
                id: "01JX0000000000000000000001",
                meter: meter,
                createdAt: Timestamp(microseconds: 0),
                updatedAt: Timestamp(microseconds: 0),
                owner: .api,
                backfill: backfill
            )
        }
        return ScriptedEngine(meters: meters, surface: surface)
    }

    private static func failing(_ error: MeterChangeError) -> ScriptedEngine {
        var surface = ScriptedSurface()
        surface.changing = { _ throws(MeterChangeError) in throw error }
        return ScriptedEngine(surface: surface)
    }

    @Test("a meter is made of all its fields, and the answer is 201 with all of them")
    func create() async throws {
        let engine = Self.engine(
            backfill: BackfillProgress(state: .running, done: 5, total: 12_345_678_901, fromSequence: 1)
        )
        let body = #"""
            {"slug": "api_calls", "name": "API \"calls\"", "description": "d", "aggregation": "P95",
             "eventType": "call", "eventFrom": "2025-01-01T01:00:00+01:00", "valueProperty": "$.ms",
             "groupBy": {"path": "$.path", "Method": "$['method']"}, "metadata": {"b": "2", "a": "é"},
             "filters": {"path": ["/a", "/b"], "subject": {"$ne": "test"}, "$.region": "eu", "source": {"$like": "/x%"}}}
            """#
        let answer = try await OneRequest.send("POST", "/api/v1/meters?backfill=true", body: body, engine)
        #expect(answer.status == 201)
        #expect(
            answer.body
                == #"{"id":"01JX0000000000000000000001","slug":"api_calls","name":"API \"calls\"","description":"d","#
                + #""aggregation":"P95","eventType":"call","eventFrom":"2025-01-01T00:00:00Z","valueProperty":"$.ms","#
                + #""groupBy":{"Method":"$['method']","path":"$.path"},"filters":{"$.region":{"$eq":"eu"},"#
                + #""path":{"$in":["/a","/b"]},"source":{"$like":"/x%"},"subject":{"$ne":"test"}},"#
                + #""metadata":{"a":"é","b":"2"},"createdAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z","#
                + #""owner":"api","backfill":{"state":"running","done":5,"total":12345678901,"fromSequence":1}}"#
        )
        let change = try #require(engine.seen.withLock(\.changes).first)
        guard case .create(let meter, let backfill) = change else { throw Unexpected() }
        #expect(backfill)
        #expect(meter.aggregation == .p95)
        #expect(
            meter.filters.map(\.place) == [
                .path(try ValuePath("$.region")), .path(try ValuePath("$.path")), .source, .subject,
            ]
        )
    }

    private struct Unexpected: Error {}

    @Test("the least there can be of a meter; without backfill it counts from now on")
    func least() async throws {
        let engine = Self.engine()
        let body = #"{"slug":"calls","aggregation":"COUNT","eventType":"call","name":null,"groupBy":null}"#
        let answer = try await OneRequest.send("POST", "/api/v1/meters", body: body, engine)
        #expect(answer.status == 201)
        let meter = try Meter(slug: "calls", eventType: "call", aggregation: .count)
        #expect(engine.seen.withLock(\.changes) == [.create(meter, backfill: false)])
    }

    static let badMeters: [(String, String)] = [
        (#"{}"#, "slug is required"), (#"{"slug":"","aggregation":"COUNT","eventType":"t"}"#, "slug is required"),
        (#"{"slug":"A","aggregation":"COUNT","eventType":"t"}"#, "lower-case"),
        (#"{"slug":"a","eventType":"t"}"#, "aggregation is required"),
        (#"{"slug":"a","aggregation":"sum","eventType":"t"}"#, "is not one of SUM, COUNT"),
        (#"{"slug":"a","aggregation":"SUM","eventType":"t"}"#, "valueProperty: required for SUM"),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t","valueProperty":"$.a"}"#, "not allowed for COUNT"),
        (#"{"slug":"a","aggregation":"SUM","eventType":"t","valueProperty":"a"}"#, "a path starts with $"),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t","groupBy":{"a":"$.*"}}"#, "groupBy.a: path"),
        (
            #"{"slug":"a","aggregation":"COUNT","eventType":"t","groupBy":{"a b":"$.a"}}"#,
            #"the name \"a b\" does not fit"#
        ),
        (
            #"{"slug":"a","aggregation":"COUNT","eventType":"t","groupBy":["a"]}"#,
            "groupBy is an array and not an object"
        ),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t","metadata":{"a":1}}"#, "metadata.a is a number"),
        (
            "{\"slug\":\"a\",\"aggregation\":\"COUNT\",\"eventType\":\"t\",\"metadata\":{\"\u{E9}\":\"1\",\"e\u{301}\":\"2\"}}",
            "two spellings"
        ),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t","eventFrom":"now"}"#, "eventFrom is not an RFC 3339"),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t","filters":{"x":"y"}}"#, "nothing to filter by"),
        (
            #"{"slug":"a","aggregation":"COUNT","eventType":"t","filters":{"subject":[]}}"#,
            "filters.subject is an empty"
        ),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t","id":"1"}"#, #"unknown member \"id\""#),
        (#"{"slug":"a","slug":"a","aggregation":"COUNT","eventType":"t"}"#, "stands there twice"),
        (#"{"slug":"a","aggregation":"COUNT","eventType":"t\u0000"}"#, "eventType has a null character"),
        (#"{"slug":1,"aggregation":"COUNT","eventType":"t"}"#, "slug is a number and not a text"),
        ("[]", "the body is an array and not an object"), ("{", "not JSON"), ("", "the body is empty"),
        ("null", "is null"),
    ]

    @Test("what is no meter is 400 and says what is wrong", arguments: badMeters)
    func bad(_ body: String, _ says: String) async throws {
        let engine = Self.engine()
        OneRequest.expectProblem(try await OneRequest.send("POST", "/api/v1/meters", body: body, engine), 400, says)
        #expect(engine.seen.withLock(\.changes).isEmpty)
    }

    @Test("backfill is true or false", arguments: ["backfill=1", "backfill=", "backfill=true&backfill=true"])
    func badBackfill(_ query: String) async throws {
        let body = #"{"slug":"a","aggregation":"COUNT","eventType":"t"}"#
        let answer = try await OneRequest.send("POST", "/api/v1/meters?\(query)", body: body, Self.engine())
        OneRequest.expectProblem(answer, 400, "backfill")
    }

    @Test(
        "a body of another content type is 415: a page of another site could send it without being asked first",
        arguments: [
            nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/plain; application/json",
        ]
    )
    func contentTypes(_ type: String?) async throws {
        let engine = Self.engine()
        let body = #"{"slug":"a","aggregation":"COUNT","eventType":"t"}"#
        let answer = try await OneRequest.send("POST", "/api/v1/meters", body: body, type: type, engine)
        OneRequest.expectProblem(answer, 415, "application/json")
        #expect(engine.seen.withLock(\.changes).isEmpty)
    }

    @Test(
        "a content type may have parameters",
        arguments: ["application/json; charset=utf-8", "Application/JSON ;a=b"]
    )
    func contentTypeParameters(_ type: String) async throws {
        let body = #"{"slug":"a","aggregation":"COUNT","eventType":"t"}"#
        #expect(
            try await OneRequest.send("POST", "/api/v1/meters", body: body, type: type, Self.engine()).status == 201
        )
    }

    @Test("name, description, dimensions and metadata are changed, and only what is given")
    func update() async throws {
        let engine = Self.engine()
        let path = "/api/v1/meters/tokens%5Ftotal"
        let answer = try await OneRequest.send(
            "PUT",
            path,
            body: #"{"name":"N","groupBy":{"b":"$.b","a":"$.a"}}"#,
            engine
        )
        #expect(answer.status == 200)
        #expect(answer.body.contains(#""slug":"tokens_total""#))
        _ = try await OneRequest.send("PUT", path, body: #"{"description":"","metadata":{}}"#, engine)
        #expect(
            engine.seen.withLock(\.changes) == [
                .update(
                    "tokens_total",
                    MeterChange(
                        name: "N",
                        groupBy: [
                            Dimension(name: "b", path: try ValuePath("$.b")),
                            Dimension(name: "a", path: try ValuePath("$.a")),
                        ]
                    )
                ),
                .update("tokens_total", MeterChange(description: "", metadata: [:])),
            ]
        )
    }

    @Test(
        "nothing else can be changed",
        arguments: ["slug", "aggregation", "eventType", "eventFrom", "valueProperty", "filters", "id"]
    )
    func unchangeable(_ field: String) async throws {
        let answer = try await OneRequest.send("PUT", "/api/v1/meters/a", body: #"{"\#(field)":"x"}"#, Self.engine())
        OneRequest.expectProblem(answer, 400, #"allowed are name, description, groupBy, metadata"#)
    }

    @Test("a deleted meter is 204 without a body")
    func delete() async throws {
        let engine = Self.engine()
        let answer = try await OneRequest.send("DELETE", "/api/v1/meters/a", body: "", type: nil, engine)
        #expect(answer.status == 204)
        #expect(answer.body.isEmpty && answer.headers["content-length"] == nil)
        #expect(engine.seen.withLock(\.changes) == [.delete("a")])
    }

    @Test(
        "an error of a change has its status",
        arguments: [
            (MeterChangeError.unknownMeter("x"), 404), (.slugTaken("taken"), 409), (.configured(slug: "x"), 409),
            (.invalid(.slug("x")), 400), (.counting(slug: "x"), 409), (.tooMany(limit: 1000), 409),
            (.unavailable("x"), 503),
        ]
    )
    func errors(_ error: MeterChangeError, _ status: Int) async throws {
        let engine = Self.failing(error)
        let meter = #"{"slug":"a","aggregation":"COUNT","eventType":"t"}"#
        let answers = [
            try await OneRequest.send("POST", "/api/v1/meters", body: meter, engine),
            try await OneRequest.send("PUT", "/api/v1/meters/x", body: "{}", engine),
            try await OneRequest.send("DELETE", "/api/v1/meters/x", body: "", type: nil, engine),
        ]
        for answer in answers {
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect((answer.headers["retry-after"] != nil) == (status == 503))
        }
    }

    private static func meters() throws -> [MeterRecord] {
        try [("b", "Same", 3), ("a", "Same", 3), ("d", "Alone", 2), ("c", "Zed", 9)].map { slug, name, created in
            MeterRecord(
                id: slug,
                meter: try Meter(
                    slug: slug,
                    name: name,
                    eventType: "t",
                    aggregation: slug == "c" ? .sum : .count,
                    valueProperty: slug == "c" ? try ValuePath("$.v") : nil
                ),
                createdAt: Timestamp(microseconds: created),
                updatedAt: Timestamp(microseconds: -created)
            )
        }
    }

    @Test(
        "a list is sorted and cut into pages as asked",
        arguments: [
            ("", "badc"), ("?orderBy=key", "abcd"), ("?order=ASC", "abcd"), ("?order=DESC", "dcba"),
            ("?orderBy=name", "dabc"), ("?orderBy=name&order=DESC", "cbad"), ("?orderBy=aggregation", "abdc"),
            ("?orderBy=createdAt&order=ASC", "dabc"), ("?orderBy=updatedAt", "cabd"),
            ("?orderBy=key&page=1&pageSize=3", "abc"), ("?orderBy=key&page=2&pageSize=3", "d"),
            ("?page=3&pageSize=3", ""),
            ("?page=1", "badc"), ("?page=2", ""), ("?pageSize=1", "b"), ("?page=1000000&pageSize=1000", ""),
            ("?includeDeleted=true", "badc"), ("?includeDeleted=false&orderBy=key", "abcd"),
        ]
    )
    func list(_ query: String, _ slugs: String) async throws {
        let answer = try await OneRequest.get("/api/v1/meters\(query)", ScriptedEngine(meters: try Self.meters()))
        #expect(answer.status == 200)
        let found = answer.body.split(separator: #""slug":""#).dropFirst().compactMap(\.first)
        #expect(String(found) == slugs)
    }

    @Test(
        "other parameters are 400",
        arguments: [
            "page=0", "page=-1", "page=1.5", "page=+1", "page=1000001", "page=99999999999999999999", "pageSize=0",
            "pageSize=1001", "pageSize=", "order=asc", "orderBy=slug", "orderBy=", "includeDeleted=1", "limit=1",
            "page=1&page=1", "page=%00",
        ]
    )
    func badList(_ query: String) async throws {
        let answer = try await OneRequest.get("/api/v1/meters?\(query)", ScriptedEngine(meters: try Self.meters()))
        OneRequest.expectProblem(answer, 400, "")
    }
}
