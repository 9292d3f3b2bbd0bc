import CloudEvents
import Engine
import Metering
import Observability
import Synchronization
import Testing

@testable import HTTPServer

@Suite("Usage for Prometheus")
struct UsageMetricsTests {
    private func get(
        _ engine: ScriptedEngine,
        target: String = "/metrics/usage",
        limit: Int = 10_000,
        now: Int64 = 1_749_283_750_123_456
    ) async throws -> RawClient.Answer {
        var answer: RawClient.Answer?
        try await RunningServer.with(engine, now: now, settings: { $0.usageSeriesLimit = limit }) { server in
            answer = try await server.client { try $0.exchange(Requests.get(target)) }
        }
        return try #require(answer)
    }

    private func page(_ engine: ScriptedEngine, limit: Int = 10_000) async throws -> PrometheusPage {
        let answer = try await get(engine, limit: limit)
        #expect(answer.status == 200, "\(answer.body)")
        return try PrometheusPage(answer.body)
    }

    /// The series a page shows of a meter, and how many it leaves out.
    private func shown(_ page: PrometheusPage, _ meter: String) -> (subjects: [String], omitted: [String: String]) {
        let omitted = page.samples("meterd_usage_series_omitted").filter { $0["meter"] == meter && $0.value != "0" }
        return (
            page.samples("meterd_usage_month").filter { $0["meter"] == meter }.compactMap { $0["subject"] },
            Dictionary(uniqueKeysWithValues: omitted.map { ($0["reason"] ?? "", $0.value) })
        )
    }

    @Test("today's and the month's usage of each series are exact, by meter and series, a family after the other")
    func text() async throws {
        let usage = UsageOfMeters([
            "tokens_total": [
                .init(subject: "customer-2", dimensions: ["x", ""], month: "12345678901234567890.000000000000000001"),
                .init(subject: "customer-1", dimensions: ["y", "eu"], month: "-0.5", today: "0.000000000001"),
            ],
            "latency": [
                .init(subject: "", month: "3.25", today: "2"), .init(subject: "customer-1", month: "7"),
            ],
        ])
        let engine = usage.engine([
            try Meter.made("tokens_total", by: "region", "model"), try Meter.made("latency", .avg),
            try Meter.made("unused", .count),
        ])
        let answer = try await get(engine)
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == MetricsRegistry.contentType)
        let samples = answer.body.split(separator: "\n").filter { !$0.hasPrefix("# HELP") }.map(String.init)
        let omitted = ["latency", "tokens_total", "unused"].flatMap { meter in
            ["series_limit", "label_limit", "query_limit", "overflow", "counting"].map { reason in
                #"meterd_usage_series_omitted{meter="\#(meter)",reason="\#(reason)"} 0"#
            }
        }
        let expected = [
            "# TYPE meterd_usage_today gauge",
            #"meterd_usage_today{meter="latency",subject=""} 2"#,
            #"meterd_usage_today{meter="tokens_total",subject="customer-1",model="y",region="eu"} 0.000000000001"#,
            #"meterd_usage_today{meter="tokens_total",subject="customer-2",model="x",region=""} 0"#,
            "# TYPE meterd_usage_month gauge",
            #"meterd_usage_month{meter="latency",subject=""} 3.25"#,
            #"meterd_usage_month{meter="latency",subject="customer-1"} 7"#,
            #"meterd_usage_month{meter="tokens_total",subject="customer-1",model="y",region="eu"} -0.5"#,
            #"meterd_usage_month{meter="tokens_total",subject="customer-2",model="x",region=""} "#
                + "12345678901234567890.000000000000000001",
            "# TYPE meterd_usage_series gauge",
            #"meterd_usage_series{meter="latency"} 2"#,
            #"meterd_usage_series{meter="tokens_total"} 2"#,
            #"meterd_usage_series{meter="unused"} 0"#,
            "# TYPE meterd_usage_series_omitted gauge",
        ]
        #expect(samples == expected + omitted)
        #expect(try PrometheusPage(answer.body).families.allSatisfy { !$0.help.isEmpty })
    }

    @Test(
        "the day and the month are those of UTC, today first, without windows, by subject and all dimensions",
        arguments: [
            (1_749_283_750_123_456, "2025-06-07", "2025-06-08", "2025-06-01", "2025-07-01"),
            (1_767_225_599_999_999, "2025-12-31", "2026-01-01", "2025-12-01", "2026-01-01"),
            (1_767_225_600_000_000, "2026-01-01", "2026-01-02", "2026-01-01", "2026-02-01"),
            (1_709_164_800_000_000, "2024-02-29", "2024-03-01", "2024-02-01", "2024-03-01"),
        ]
    )
    func queries(_ now: Int64, _ today: String, _ tomorrow: String, _ first: String, _ next: String) async throws {
        let engine = UsageOfMeters([:]).engine([try Meter.made("tokens_total", by: "region", "model")])
        #expect(try await get(engine, now: now).status == 200)
        let expected = [(today, tomorrow), (first, next)].map { from, to in
            UsageQuery(
                meter: "tokens_total",
                from: Timestamp("\(from)T00:00:00Z"),
                to: Timestamp("\(to)T00:00:00Z"),
                groupBy: ["subject", "model", "region"]
            )
        }
        #expect(engine.queries == expected)
    }

    @Test("a series with no usage today is 0 where that is its usage, and not there where nothing was measured")
    func noneToday() async throws {
        for aggregation in Aggregation.allCases {
            let usage = UsageOfMeters([
                "m": [.init(subject: "a", month: "5"), .init(subject: "b", month: "5", today: "2")]
            ])
            let today = try await page(usage.engine([try Meter.made("m", aggregation)])).samples("meterd_usage_today")
            let isZero = [.sum, .count, .uniqueCount, .weightedSum].contains(aggregation)
            #expect(today.map { $0["subject"] } == (isZero ? ["a", "b"] : ["b"]), "\(aggregation)")
            #expect(today.map(\.value) == (isZero ? ["0", "2"] : ["2"]), "\(aggregation)")
        }
    }

    @Test("quotes, backslashes, line ends and other scripts reach the reader as they were, and look-alikes stay apart")
    func escaping() async throws {
        let texts = [
            "", " ", "\"", "\\", "\n", "\\n", "\\\"", "a\"b\\c\nd", "\r\n", "\t\u{0}\u{7F}", "}",
            "{x=\"y\"} 1\n# HELP a b",
            "北京", "مشترك", "e\u{301}", "é", "👩‍👩‍👧", "\u{2028}", "\u{FFFD}", "=,",
        ]
        let series = texts.map { UsageOfMeters.Series(subject: $0, dimensions: [$0], month: "1", today: "1") }
        let page = try await page(UsageOfMeters(["m": series]).engine([try Meter.made("m", by: "d")]))
        let sorted = texts.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        for family in ["meterd_usage_today", "meterd_usage_month"] {
            let samples = page.samples(family)
            #expect(samples.map { $0.labels[1].value } == sorted)
            #expect(samples.map { $0.labels[2].value } == sorted)
        }
    }

    @Test("a dimension whose name is taken or reserved gets another label, which no other one has")
    func labelNames() async throws {
        let meter = try Meter.made("m", by: "meter", "__name__", "dimension_meter", "_x", "Meter", "job", "le")
        let series = UsageOfMeters.Series(subject: "s", dimensions: ["1", "2", "3", "4", "5", "6", "7"], month: "1")
        let page = try await page(UsageOfMeters(["m": [series]]).engine([meter]))
        let labels = try #require(page.samples("meterd_usage_month").first).labels
        // Dimensions in the order of their bytes: Meter, __name__, _x, dimension_meter, job, le, meter.
        #expect(
            labels.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" } == [
                "meter=m", "subject=s", "Meter=1", "dimension___name__=2", "_x=3", "dimension_meter=4", "job=5", "le=6",
                "dimension_dimension_meter=7",
            ]
        )
    }

    @Test("beyond the limit the first series by their bytes are shown, and the rest is counted by meter")
    func limit() async throws {
        let subjects = (0..<20).map { "customer-\($0 * 7 % 20)" }
        let usage = UsageOfMeters([
            "big": subjects.map { .init(subject: $0, month: "1") },
            "small": [.init(subject: "z", month: "1"), .init(subject: "y", month: "1")],
        ])
        let engine = usage.engine([try Meter.made("small"), try Meter.made("big")])
        let first = try await page(engine, limit: 7)
        #expect(
            shown(first, "big").subjects == ["customer-0", "customer-1", "customer-10", "customer-11", "customer-12"]
        )
        #expect(shown(first, "big").omitted == ["series_limit": "15"])
        #expect(shown(first, "small").subjects == ["y", "z"])
        #expect(shown(first, "small").omitted.isEmpty)
        #expect(first.samples("meterd_usage_series").map(\.value) == ["5", "2"])
        // The amounts change, what is shown does not.
        usage.series.withLock { $0["big"] = subjects.reversed().map { .init(subject: $0, month: "9", today: "4") } }
        let second = try await page(engine, limit: 7)
        #expect(shown(second, "big").subjects == shown(first, "big").subjects)
        #expect(
            second.samples("meterd_usage_today").filter { $0["meter"] == "big" }.map(\.value) == [
                "4", "4", "4", "4", "4",
            ]
        )
        // With room for all, all are there.
        let roomy = try await page(engine, limit: 22)
        #expect(shown(roomy, "big").omitted.isEmpty)
        let narrow = try await page(engine, limit: 1)
        #expect(shown(narrow, "small").omitted == ["series_limit": "2"])
    }

    @Test("a series with very long labels is left out and counted")
    func longLabels() async throws {
        let fits = MeterUsage.labelLimit - #"meter="m",subject="""#.utf8.count
        let usage = UsageOfMeters([
            "m": [fits, fits + 1].map { .init(subject: String(repeating: "s", count: $0), month: "1") }
        ])
        let page = try await page(usage.engine([try Meter.made("m")]))
        #expect(shown(page, "m").subjects.map(\.count) == [fits])
        #expect(shown(page, "m").omitted == ["label_limit": "1"])
    }

    @Test(
        "a meter the engine cannot answer for is left out with the reason, and the others are shown",
        arguments: [
            (QueryError.tooLarge(rows: 200_001, limit: 200_000), Aggregation.sum, ["query_limit": "200001"]),
            (.tooLarge(rows: 5_000_001, limit: 5_000_000), .uniqueCount, ["query_limit": "1"]),
            (.overflow, .sum, ["overflow": "1"]), (.tooMuch("too many levels"), .weightedSum, ["query_limit": "1"]),
            (.counting("tokens_total"), .sum, ["counting": "1"]),
        ]
    )
    func tooLarge(_ error: QueryError, _ aggregation: Aggregation, _ omitted: [String: String]) async throws {
        let usage = UsageOfMeters(["a": [.init(subject: "s", month: "1")], "b": [.init(subject: "s", month: "1")]])
        usage.errors.withLock { $0["a"] = error }
        let page = try await page(usage.engine([try Meter.made("a", aggregation), try Meter.made("b")]))
        #expect(shown(page, "a").subjects.isEmpty)
        #expect(shown(page, "a").omitted == omitted)
        #expect(shown(page, "b").subjects == ["s"])
        #expect(page.samples("meterd_usage_series").map(\.value) == ["0", "1"])
    }

    @Test("a meter that has just been taken out is not on the page")
    func gone() async throws {
        let usage = UsageOfMeters(["b": [.init(subject: "s", month: "1")]])
        usage.errors.withLock { $0["a"] = .unknownMeter("a") }
        let page = try await page(usage.engine([try Meter.made("a"), try Meter.made("b")]))
        #expect(page.samples("meterd_usage_series").map { $0["meter"] } == ["b"])
    }

    @Test("an engine that cannot answer now is 503, not a page without usage, and the next scrape is another try")
    func unavailable() async throws {
        let usage = UsageOfMeters(["a": [.init(subject: "s", month: "1")]])
        usage.errors.withLock { $0["a"] = .unavailable("the totals are behind the log") }
        let engine = usage.engine([try Meter.made("a")])
        try await RunningServer.with(engine) { server in
            let busy = try await server.client { try $0.exchange(Requests.get("/metrics/usage")) }
            #expect(busy.status == 503)
            #expect(busy.headers["retry-after"] == "1")
            #expect(busy.body.contains("the totals are behind the log"))
            usage.errors.withLock { $0 = [:] }
            engine.health.recovered = false
            let recovering = try await server.client { try $0.exchange(Requests.get("/metrics/usage")) }
            #expect(recovering.status == 503)
            #expect(recovering.body.contains("recovering"))
            engine.health.recovered = true
            #expect(try await server.client { try $0.exchange(Requests.get("/metrics/usage")).status } == 200)
        }
    }

    @Test("with a limit of 0 the page is 404 and says why")
    func off() async throws {
        let engine = UsageOfMeters([:]).engine([])
        let answer = try await get(engine, limit: 0)
        #expect(answer.status == 404)
        #expect(answer.body.contains("server.usageMetrics.series"))
        #expect(engine.queries.isEmpty)
    }

    @Test("without meters the page has its families and no samples")
    func noMeters() async throws {
        let page = try await page(UsageOfMeters([:]).engine([]))
        #expect(page.families.count == 4)
        #expect(page.families.allSatisfy { $0.samples.isEmpty })
    }

    @Test("a parameter is 400, another method 405, and HEAD has the head of GET")
    func requests() async throws {
        let engine = UsageOfMeters(["a": [.init(subject: "s", month: "1")]]).engine([try Meter.made("a")])
        try await RunningServer.with(engine) { server in
            let (bad, wrong, head, page) = try await server.client { client in
                (
                    try client.exchange(Requests.get("/metrics/usage?meter=a")),
                    try client.exchange(Requests.get("/metrics/usage", method: "DELETE")),
                    try client.exchange(Requests.get("/metrics/usage", method: "HEAD"), toHead: true),
                    try client.exchange(Requests.get("/metrics/usage"))
                )
            }
            #expect(bad.status == 400)
            #expect(bad.body.contains("unknown parameter 'meter'; there are none here"))
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "GET, HEAD")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "\(page.body.utf8.count)")
        }
    }

    @Test("scrapes at once are worked on one at a time, and most of them together")
    func concurrency() async throws {
        let usage = UsageOfMeters(["a": [.init(subject: "s", month: "1")], "b": []])
        let engine = usage.engine([try Meter.made("a"), try Meter.made("b")])
        try await RunningServer.with(engine) { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { scrapes in
                for _ in 0..<24 {
                    scrapes.addTask {
                        try await server.client { try $0.exchange(Requests.get("/metrics/usage")).status }
                    }
                }
                return try await scrapes.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 24))
        }
        #expect(usage.most == 1)
    }
}
