import CloudEvents
import Metering
import ReportDefinitions
import Testing

@testable import HTTPServer

@Suite("Deliveries and progress over the API")
struct DeliveryRouteTests {
    private static func record(
        totals: ReportTotals,
        previous: ReportTotals?,
        objects: [DeliveredObject] = [DeliveredObject(key: "k", rows: 1, bytes: 10, sha256: "ab")]
    ) -> DeliveryRecord {
        DeliveryRecord(
            report: "tokens",
            period: "2025-06-07",
            revision: 2,
            objects: objects,
            rows: 1,
            skippedRows: 0,
            events: 41,
            eventsSince: 3,
            totals: totals,
            previousTotals: previous,
            deliveredAt: Timestamp(microseconds: 0)
        )
    }

    private func get(_ path: String, _ reports: ScriptedReports) async throws -> RawClient.Answer {
        var answer: RawClient.Answer?
        try await RunningServer.with(reports: reports) { server in
            answer = try await server.client { try $0.exchange(Requests.get("/api/v1/reports/\(path)")) }
        }
        return try #require(answer)
    }

    private static func totals(_ text: String) throws -> ReportTotals {
        let totals: ReportTotals? = ReportTotals(text)
        return try #require(totals)
    }

    /// The part of the body that is about totals.
    private func totals(_ now: String, before: String?) async throws -> String {
        let record = Self.record(
            totals: try Self.totals(now),
            previous: try before.map(Self.totals)
        )
        let body = try await get("tokens/deliveries", ScriptedReports(records: [record])).body
        let start = try #require(body.firstRange(of: #""totals":"#)?.lowerBound)
        let end = try #require(body.firstRange(of: #","deliveredAt""#)?.lowerBound)
        return String(body[start..<end])
    }

    @Test("a delivery is listed with its files, its events and its exact totals")
    func record() async throws {
        let record = Self.record(
            totals: try Self.totals("0.1"),
            previous: try Self.totals("12345678901234567890"),
            objects: [
                DeliveredObject(key: "a/\"1\".csv", rows: 1, bytes: 10, sha256: "ab"),
                DeliveredObject(key: "a/manifest.json", rows: 0, bytes: 7, sha256: "cd"),
            ]
        )
        let answer = try await get("tokens/deliveries", ScriptedReports(records: [record]))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(
            answer.body == #"[{"report":"tokens","period":"2025-06-07","revision":2,"key":"a/\"1\".csv","objects":["#
                + #"{"key":"a/\"1\".csv","rows":1,"bytes":10,"sha256":"ab"},"#
                + #"{"key":"a/manifest.json","rows":0,"bytes":7,"sha256":"cd"}],"#
                + #""rows":1,"skippedRows":0,"bytes":17,"sha256":"ab","events":41,"eventsSince":3,"#
                + #""totals":[{"currency":null,"total":0.1,"previousTotal":12345678901234567890,"rounded":null}],"#
                + #""total":0.1,"previousTotal":12345678901234567890,"deliveredAt":"1970-01-01T00:00:00Z"}]"#
        )
    }

    @Test("a cost has its total beside the rounded one, and no previous one the first time")
    func currency() async throws {
        #expect(
            try await totals("USD 1.005", before: nil)
                == #""totals":[{"currency":"USD","total":1.005,"previousTotal":null,"rounded":1}],"#
                + #""total":1.005,"previousTotal":null"#
        )
        #expect(
            try await totals("JPY 1.5", before: "JPY 0.5")
                == #""totals":[{"currency":"JPY","total":1.5,"previousTotal":0.5,"rounded":2}],"#
                + #""total":1.5,"previousTotal":0.5"#
        )
    }

    @Test("several currencies, now or before, have a total each and none together")
    func currencies() async throws {
        #expect(
            try await totals("EUR 1, USD 2.345", before: "USD 2")
                == #""totals":[{"currency":"EUR","total":1,"previousTotal":0,"rounded":1},"#
                + #"{"currency":"USD","total":2.345,"previousTotal":2,"rounded":2.34}],"total":null,"previousTotal":null"#
        )
        #expect(
            try await totals("USD 2", before: "EUR 1")
                == #""totals":[{"currency":"EUR","total":0,"previousTotal":1,"rounded":0},"#
                + #"{"currency":"USD","total":2,"previousTotal":0,"rounded":2}],"total":null,"previousTotal":null"#
        )
    }

    @Test("where nothing was added up the total is zero")
    func nothing() async throws {
        #expect(try await totals("", before: "") == #""totals":[],"total":0,"previousTotal":0"#)
        #expect(try await totals("", before: nil) == #""totals":[],"total":0,"previousTotal":null"#)
    }

    @Test("as many are listed as asked for, and those behind a delivery of the page before")
    func pages() async throws {
        let record = Self.record(totals: ReportTotals(), previous: nil)
        let reports = ScriptedReports(records: [record, record])
        let queries = ["", "?limit=1", "?before=2025-06-07.2", "?before=2025-06.10&limit=1000", "?before=all.1"]
        try await RunningServer.with(reports: reports) { server in
            let counts = try await server.client { client in
                try queries.map { query in
                    let answer = try client.exchange(Requests.get("/api/v1/reports/tokens/deliveries\(query)"))
                    return answer.body.split(separator: #"{"report""#).count - 1
                }
            }
            #expect(counts == [2, 1, 2, 2, 2])
        }
        #expect(reports.listings.map(\.limit) == [100, 1, 100, 1000, 100])
        #expect(reports.listings.map { $0.before?.period } == [nil, nil, "2025-06-07", "2025-06", "all"])
        #expect(reports.listings.map { $0.before?.revision } == [nil, nil, 2, 10, 1])
    }

    @Test(
        "other parameters are 400 and the answer says why",
        arguments: [
            ("limit=0", "from 1 to 1000"), ("limit=1001", "from 1 to 1000"), ("limit=x", "from 1 to 1000"),
            ("before=", "2025-06-07.2"), ("before=2025-06-07", "2025-06-07.2"), ("before=2025-06-07.", "2025-06-07.2"),
            ("before=2025-06-07.0", "2025-06-07.2"), ("before=2025-06-07.-1", "2025-06-07.2"),
            ("before=2025-06-07.%2B1", "2025-06-07.2"), ("before=2025-06-07.1.2", "2025-06-07.2"),
            ("before=2025-02-30.1", "2025-06-07.2"), ("before=2025.1", "2025-06-07.2"), ("before=.1", "2025-06-07.2"),
            ("before=ALL.1", "2025-06-07.2"), ("before=2025-06-07.99999999999999999999", "2025-06-07.2"),
            ("before=all.1&before=all.2", "before is given more than once"),
            ("offset=3", "unknown parameter 'offset'; the parameters are limit, before"),
        ]
    )
    func badParameters(_ query: String, _ says: String) async throws {
        let reports = ScriptedReports()
        let answer = try await get("tokens/deliveries?\(query)", reports)
        #expect(answer.status == 400)
        #expect(answer.body.contains(says), "\(answer.body)")
        #expect(reports.listings.isEmpty)
    }

    @Test("a run that is under way tells how far it has come")
    func progress() async throws {
        let running = ReportProgress(
            report: "tokens",
            dryRun: true,
            period: "2025-06",
            files: 12,
            filesDone: 5,
            days: 365,
            daysDone: 160,
            rows: 123_456,
            began: Timestamp(microseconds: 1_749_283_750_000_000)
        )
        let answer = try await get("tokens/progress", ScriptedReports(running: running))
        #expect(answer.status == 200)
        #expect(
            answer.body == #"{"report":"tokens","running":true,"dryRun":true,"period":"2025-06","files":12,"#
                + #""filesDone":5,"days":365,"daysDone":160,"rows":123456,"began":"2025-06-07T08:09:10Z"}"#
        )
    }

    @Test("without a run under way the answer says so, and unknown names and parameters are refused")
    func noProgress() async throws {
        let idle = try await get("tokens/progress", ScriptedReports())
        #expect(idle.status == 200)
        #expect(idle.body == #"{"report":"tokens","running":false}"#)
        for path in ["other/progress", "other/deliveries"] {
            #expect(try await get(path, ScriptedReports()).status == 404)
        }
        let bad = try await get("tokens/progress?from=2025-06-07", ScriptedReports())
        #expect(bad.status == 400)
        #expect(bad.body.contains("unknown parameter 'from'; there are none here"))
    }
}
