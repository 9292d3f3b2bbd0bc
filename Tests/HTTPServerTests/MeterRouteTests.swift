import CloudEvents
import Engine
import Foundation
import Metering
import Testing

@testable import HTTPServer

@Suite("Meters and usage over the API")
struct MeterRouteTests {
    static let record: MeterRecord = {
        do {
            return MeterRecord(
                id: "01JX0000000000000000000000",
                meter: try Meter(
                    slug: "tokens_total",
                    description: "AI \"tokens\"",
                    eventType: "prompt",
                    aggregation: .sum,
                    valueProperty: ValuePath("$.tokens"),
                    groupBy: [Dimension(name: "model", path: ValuePath("$.model"))],
                    metadata: ["team": "a"]
                ),
                createdAt: Timestamp(microseconds: 0),
                updatedAt: Timestamp(microseconds: 1_500_000),
                owner: .configuration,
                backfill: nil
            )
        } catch {
            fatalError("the meter of the tests is valid: \(error)")
        }
    }()

    private static let json =
        #"{"id":"01JX0000000000000000000000","slug":"tokens_total","name":"tokens_total","description":"AI \"tokens\"","#
        + #""aggregation":"SUM","eventType":"prompt","valueProperty":"$.tokens","groupBy":{"model":"$.model"},"#
        + #""metadata":{"team":"a"},"createdAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:01.5Z","owner":"configuration"}"#

    /// Usage with a number no Double holds, a subject that needs escaping, and an unknown subject.
    private static func usage() throws -> UsageResult {
        let day = TimeWindow(
            start: Timestamp(microseconds: 0),
            end: Timestamp(microseconds: 86_400_000_000)
        )
        return UsageResult(
            from: nil,
            to: nil,
            windowSize: .day,
            dimensionNames: ["model"],
            rows: [
                UsageRow(
                    window: day,
                    subject: "a \"b\", c",
                    dimensions: ["x,y"],
                    value: try ExactDecimal("12345678901234567890.000000000000000001")
                ),
                UsageRow(window: day, subject: nil, dimensions: [""], value: try ExactDecimal("-0.5")),
            ]
        )
    }

    private func get(
        _ target: String,
        accept: String? = nil,
        engine: ScriptedEngine
    ) async throws -> RawClient.Answer {
        let fields = accept.map { "Accept: \($0)\r\n" } ?? ""
        let result = Answered()
        try await RunningServer.with(engine) { server in
            result.answer = try await server.client { try $0.exchange(Requests.get(target, headers: fields)) }
        }
        return try #require(result.answer)
    }

    /// Carries an answer out of the server's scope.
    private final class Answered { var answer: RawClient.Answer? }

    @Test("meters are listed, and found by slug and by id")
    func meters() async throws {
        let engine = ScriptedEngine(meters: [Self.record])
        let list = try await get("/api/v1/meters", engine: engine)
        #expect(list.body == "[\(Self.json)]")
        #expect(list.headers["content-type"] == "application/json")
        #expect(try await get("/api/v1/meters/tokens_total", engine: engine).body == Self.json)
        #expect(try await get("/api/v1/meters/\(Self.record.id)", engine: engine).body == Self.json)
        let unknown = try await get("/api/v1/meters/other", engine: engine)
        #expect(unknown.status == 404)
        #expect(unknown.body.contains(#"no meter has the slug or id \"other\""#))
    }

    @Test("usage is answered in JSON with exact numbers and the request's from, to and window size")
    func json() async throws {
        let engine = ScriptedEngine(meters: [Self.record], usage: .success(try Self.usage()))
        let answer = try await get(
            "/api/v1/meters/tokens_total/query?from=1970-01-01T01:00:00%2B01:00&to=1970-01-02T00:00:00Z&windowSize=DAY"
                + "&groupBy=model&groupBy=subject&clientId=x",
            accept: "application/json",
            engine: engine
        )
        #expect(
            answer.body == #"{"from":"1970-01-01T00:00:00Z","to":"1970-01-02T00:00:00Z","windowSize":"DAY","data":["#
                + #"{"value":-0.5,"windowStart":"1970-01-01T00:00:00Z","windowEnd":"1970-01-02T00:00:00Z","#
                + #""subject":null,"groupBy":{"model":""}},"#
                + #"{"value":12345678901234567890.000000000000000001,"windowStart":"1970-01-01T00:00:00Z","#
                + #""windowEnd":"1970-01-02T00:00:00Z","subject":"a \"b\", c","groupBy":{"model":"x,y"}}]}"#
        )
    }

    @Test("usage is answered in CSV where the client prefers it")
    func csv() async throws {
        let engine = ScriptedEngine(meters: [Self.record], usage: .success(try Self.usage()))
        let answer = try await get(
            "/api/v1/meters/\(Self.record.id)/query?groupBy=subject&groupBy=model",
            accept: "text/csv",
            engine: engine
        )
        #expect(answer.headers["content-type"] == "text/csv; charset=utf-8")
        #expect(answer.headers["content-disposition"] == "attachment; filename=tokens_total.csv")
        #expect(
            answer.body == """
                window_start,window_end,subject,model,value
                1970-01-01T00:00:00Z,1970-01-02T00:00:00Z,,,-0.5
                1970-01-01T00:00:00Z,1970-01-02T00:00:00Z,"a ""b"", c","x,y",12345678901234567890.000000000000000001

                """
        )
    }

    @Test("all parameters reach the engine; asking for subjects groups by them")
    func parameters() async throws {
        let engine = ScriptedEngine(meters: [Self.record], usage: .success(try Self.usage()))
        _ = try await get(
            "/api/v1/meters/tokens_total/query?windowTimeZone=Europe/Berlin&windowSize=MONTH&subject=a%20b&subject=c%2Cd"
                + "&groupBy=model&filterGroupBy%5Bmodel%5D=x&filterGroupBy[model]=y+z",
            engine: engine
        )
        let query = try #require(engine.lastQuery)
        #expect(query.meter == "tokens_total")
        #expect(query.zone.identifier == "Europe/Berlin")
        #expect(query.windowSize == .month)
        #expect(query.subjects == ["a b", "c,d"])
        #expect(query.groupBy == ["subject", "model"])
        #expect(query.filters == ["model": .oneOf(["x", "y z"])])
        #expect(query.from == nil)
    }

    @Test(
        "a parameter that is not one is 400 and named",
        arguments: [
            ("from=yesterday", "from"), ("to=2025-13-01T00:00:00Z", "to"), ("windowSize=day", "windowSize"),
            ("windowTimeZone=Mars/Base", "windowTimeZone"), ("from=a&from=b", "from"), ("subject=%zz", "%"),
            ("subject=%ff", "UTF-8"), ("subject=%2", "%"),
        ]
    )
    func badParameters(_ query: String, _ named: String) async throws {
        let answer = try await get(
            "/api/v1/meters/tokens_total/query?\(query)",
            engine: ScriptedEngine(meters: [Self.record])
        )
        #expect(answer.status == 400)
        #expect(answer.body.contains(named))
        #expect(answer.headers["content-type"] == "application/problem+json")
    }

    @Test(
        "an error of the query has its status",
        arguments: [
            (QueryError.unknownMeter("x"), 404), (.unknownDimension("x", known: []), 400), (.invalidRange("x"), 400),
            (.tooLarge(rows: 2, limit: 1), 400), (.tooMuch("x"), 400), (.logTooShort("x"), 400), (.overflow, 422),
            (.counting("x"), 503), (.unavailable("x"), 503),
        ]
    )
    func errors(_ error: QueryError, _ status: Int) async throws {
        let engine = ScriptedEngine(meters: [Self.record], usage: .failure(error))
        #expect(try await get("/api/v1/meters/tokens_total/query", engine: engine).status == status)
    }

    @Test(
        "while the log is replayed nobody says that a meter is not there",
        arguments: ["", "/tokens_total", "/tokens_total/query"]
    )
    func recovering(_ path: String) async throws {
        let engine = ScriptedEngine(meters: [])
        engine.health.recovered = false
        let answer = try await get("/api/v1/meters\(path)", engine: engine)
        #expect(answer.status == 503)
        #expect(answer.headers["retry-after"] == "1")
    }

    @Test("a window that ends with the year 9999 ends with the last time that can be written")
    func lastYear() throws {
        let start = try #require(Timestamp("9999-12-31T23:00:00Z"))
        let end = Timestamp(microseconds: start.microseconds + 3_600_000_000)
        #expect(TimeWindow(start: start, end: end).shownEnd == "9999-12-31T23:59:59.999999Z")
        #expect(TimeWindow(start: start, end: start).shownEnd == start.description)
    }

    @Test(
        "the format is what the Accept header prefers",
        arguments: [
            (nil, false), ("*/*", false), ("text/csv", true), ("application/json, text/csv;q=0.9", false),
            ("application/json;q=0.5, text/csv", true), ("text/*", true), ("TEXT/CSV; charset=utf-8", true),
            ("text/csv;q=0, */*", false),
        ] as [(String?, Bool)]
    )
    func accept(_ header: String?, _ csv: Bool) throws {
        #expect(try Accepted.prefersCSV(header) == csv)
    }

    @Test("a client that takes neither format is told so")
    func notAcceptable() {
        #expect(throws: Problem.self) { try Accepted.prefersCSV("image/png") }
    }
}
