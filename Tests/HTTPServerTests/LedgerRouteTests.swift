import CloudEvents
import Engine
import Metering
import Synchronization
import Testing
import UsageStore

@testable import HTTPServer

@Suite("The ledger, series and today's events over the API")
struct LedgerRouteTests {
    private static func counts(_ numbers: Int...) -> LedgerCounts {
        var counts = LedgerCounts()
        counts.stored = numbers[0]
        counts.rejected = numbers[1]
        counts.counted = numbers[2]
        counts.duplicate = numbers[3]
        counts.conflict = numbers[4]
        counts.unmatched = numbers[5]
        counts.invalid = numbers[6]
        counts.voided = numbers[7]
        counts.amended = numbers[8]
        return counts
    }

    private static func engine() throws -> ScriptedEngine {
        let (first, second) = (LocalDay(year: 2025, month: 2, day: 28), LocalDay(year: 2025, month: 3, day: 1))
        var surface = ScriptedSurface()
        surface.ledger = .success([
            LedgerLine(
                day: try #require(first),
                origin: .http,
                source: "/é\"",
                counts: counts(10, 2, 5, 3, 1, 1, 1, 1, 2)
            ),
            LedgerLine(
                day: try #require(second),
                origin: .kafka,
                source: nil,
                counts: counts(1, 0, 1, 0, 0, 0, 0, 0, 0)
            ),
        ])
        var meter = MeterLedgerCounts()
        meter.counted = 5
        meter.invalid = 2
        meter.withdrawn = 3
        meter.restored = 1
        // 2025-02-28, 2025-03-01 and the day before 1970.
        surface.meterLedger = .success([20_148: meter, 20_147: meter, -1: meter])
        return ScriptedEngine(meters: [MeterRouteTests.record], surface: surface)
    }

    private static let total =
        #""totals":{"received":13,"stored":11,"rejected":2,"counted":6,"duplicate":3,"conflict":1,"unmatched":1,"invalid":1,"#
        + #""voided":1,"amended":2}}"#

    @Test("lines by day, origin and source, and what they come to")
    func ledger() async throws {
        let engine = try Self.engine()
        let answer = try await OneRequest.get("/api/v1/ledger?from=2025-02-28&to=2025-03-02", engine)
        #expect(answer.status == 200)
        #expect(
            answer.body
                == #"{"from":"2025-02-28","to":"2025-03-02","lines":[{"day":"2025-02-28","origin":"http","source":"/é\"","#
                + #""received":12,"stored":10,"rejected":2,"counted":5,"duplicate":3,"conflict":1,"unmatched":1,"invalid":1,"#
                + #""voided":1,"amended":2},{"day":"2025-03-01","origin":"kafka","source":null,"received":1,"stored":1,"rejected":0,"#
                + #""counted":1,"duplicate":0,"conflict":0,"unmatched":0,"invalid":0,"voided":0,"amended":0}],"#
                + Self.total
        )
        let from = try #require(LocalDay("2025-02-28"))
        let to = try #require(LocalDay("2025-03-02"))
        #expect(engine.seen.withLock(\.days) == [from..<to])
    }

    @Test("without days, all of them")
    func allDays() async throws {
        let engine = try Self.engine()
        let answer = try await OneRequest.get("/api/v1/ledger", engine)
        #expect(answer.body.hasPrefix(#"{"from":null,"to":null,"lines":[{"#))
        #expect(engine.seen.withLock(\.days) == [nil])
    }

    @Test("a meter's own lines, found by slug or id", arguments: ["tokens_total", MeterRouteTests.record.id])
    func meter(_ name: String) async throws {
        let path = "/api/v1/ledger?meter=\(name)&from=1969-12-31&to=2025-03-01"
        let answer = try await OneRequest.get(path, try Self.engine())
        let counts = #""matched":7,"counted":5,"invalid":2,"withdrawn":3,"restored":1}"#
        #expect(
            answer.body
                == #"{"from":"1969-12-31","to":"2025-03-01","meter":"tokens_total","lines":[{"day":"1969-12-31","#
                + counts
                + #",{"day":"2025-02-28","# + counts
                + #"],"totals":{"matched":14,"counted":10,"invalid":4,"withdrawn":6,"restored":2}}"#
        )
    }

    @Test(
        "other parameters are 400, an unknown meter 404",
        arguments: [
            ("from=2025-02-28", 400, "both or neither"), ("from=2025-03-02&to=2025-03-02", 400, "must be before"),
            ("from=2025-02-28T00:00:00Z&to=2025-03-02", 400, "two days"),
            ("source=a", 400, "unknown parameter 'source'"),
            ("meter=other", 404, "no meter has"), ("meter=tokens_total&meter=tokens_total", 400, "more than once"),
        ]
    )
    func badLedger(_ query: String, _ status: Int, _ says: String) async throws {
        OneRequest.expectProblem(try await OneRequest.get("/api/v1/ledger?\(query)", try Self.engine()), status, says)
    }

    private static func texts(_ result: Result<[String], QueryError>) -> ScriptedEngine {
        var surface = ScriptedSurface()
        surface.texts = result
        return ScriptedEngine(meters: [MeterRouteTests.record], surface: surface)
    }

    @Test("subjects and values of a dimension are arrays of texts")
    func texts() async throws {
        let engine = Self.texts(.success(["", UsageQueryTests.subject, "日本"]))
        let array = #"["","a\"b%c/d\ne 日本 &+='{}\\","日本"]"#
        let meter = "/api/v1/meters/\(MeterRouteTests.record.id)"
        let times = "from=2025-01-02T00:00:00.5Z&to=2025-01-03T00:00:00Z"
        #expect(try await OneRequest.get("\(meter)/subjects", engine).body == array)
        #expect(try await OneRequest.get("\(meter)/subjects?\(times)", engine).body == array)
        #expect(try await OneRequest.get("\(meter)/group-by/%24.a%2Fb%20%C3%A9/values?\(times)", engine).body == array)
        let (from, to) = (Timestamp("2025-01-02T00:00:00.5Z"), Timestamp("2025-01-03T00:00:00Z"))
        let limit = SeriesRoutes.maximumTexts + 1
        #expect(
            engine.seen.withLock(\.textQueries) == [
                .init(meter: "tokens_total", limit: limit),
                .init(meter: "tokens_total", from: from, to: to, limit: limit),
                .init(meter: "tokens_total", dimension: "$.a/b é", from: from, to: to, limit: limit),
            ]
        )
    }

    @Test("more texts than there may be are 400, as many as there may be are an answer")
    func manyTexts() async throws {
        let most = (0..<SeriesRoutes.maximumTexts).map { _ in "" }
        #expect(
            try await OneRequest.get("/api/v1/meters/tokens_total/subjects", Self.texts(.success(most))).status == 200
        )
        let answer = try await OneRequest.get("/api/v1/meters/tokens_total/subjects", Self.texts(.success(most + [""])))
        OneRequest.expectProblem(answer, 400, "over the limit of 100000")
    }

    @Test(
        "what cannot be listed has its status",
        arguments: [
            ("tokens_total/group-by/x/values", QueryError.unknownDimension("x", known: []), 404),
            ("tokens_total/subjects", .tooLarge(rows: 2, limit: 1), 400),
            ("tokens_total/subjects", .counting("x"), 503),
            ("other/subjects", .overflow, 404), ("other/group-by/model/values", .overflow, 404),
            ("tokens_total/subjects?from=x", .overflow, 400), ("tokens_total/subjects?limit=1", .overflow, 400),
            ("tokens_total/subjects?from=2025-01-02T00:00:00Z&to=2025-01-02T00:00:00Z", .overflow, 400),
            ("tokens_total/group-by/%ff/values", .overflow, 400), ("tokens_total/group-by/a%00/values", .overflow, 400),
            ("tokens_total/group-by/a%2/values", .overflow, 400), ("tokens_total/group-by//values", .overflow, 404),
        ]
    )
    func textErrors(_ path: String, _ error: QueryError, _ status: Int) async throws {
        let answer = try await OneRequest.get("/api/v1/meters/\(path)", Self.texts(.failure(error)))
        OneRequest.expectProblem(answer, status, "")
    }

    @Test("today's events by subject are OpenMetrics text, in the content type that is asked for")
    func debugMetrics() async throws {
        var surface = ScriptedSurface()
        surface.today = .success(.init(bySubject: [("customer-1", 12), (UsageQueryTests.subject, 1)]))
        let engine = ScriptedEngine(surface: surface)
        let plain = try await OneRequest.get("/api/v1/debug/metrics", engine, headers: "Accept: text/plain\r\n")
        #expect(plain.headers["content-type"] == "text/plain; charset=utf-8")
        #expect(
            plain.body == """
                # HELP openmeter_events Events of today (UTC) by subject.
                # TYPE openmeter_events counter
                openmeter_events_total{subject="customer-1"} 12
                openmeter_events_total{subject="a\\"b%c/d\\ne 日本 &+='{}\\\\"} 1
                # EOF

                """
        )
        let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n"
        let scraped = try await OneRequest.get("/api/v1/debug/metrics", engine, headers: accept)
        #expect(scraped.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(scraped.body == plain.body)
    }

    @Test("events of subjects beyond those listed are told too")
    func otherEvents() async throws {
        var surface = ScriptedSurface()
        surface.today = .success(.init(bySubject: [], others: 7))
        let answer = try await OneRequest.get("/api/v1/debug/metrics", ScriptedEngine(surface: surface))
        #expect(answer.body.hasSuffix("# TYPE openmeter_other_events counter\nopenmeter_other_events_total 7\n# EOF\n"))
    }
}
