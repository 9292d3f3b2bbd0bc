import Foundation
import Testing

/// Reports of every kind over the events of a real trace, made once by a running daemon for all tests of a suite.
///
/// The trace holds one hour of two services. Its requests are dealt to the days from 16 November to 7 December 2023, 900 of
/// a service a day, at their own time of day; to five customers of each service, and some to none.
struct TraceReports: Sendable {
    @TaskLocal static var current: TraceReports?

    /// What reports are made of: the daemon's directory.
    let directory: URL
    /// The delivered months by report: the rows, and the total of BilledCost by currency.
    private(set) var deliveries: [String: [Delivery]] = [:]
    /// By meter, the usage of each subject in all the days.
    private(set) var usage: [String: [String: Decimal]] = [:]
    /// By meter, the usage of each subject in December.
    private(set) var december: [String: [String: Decimal]] = [:]

    struct Delivery: Decodable, Sendable {
        var period: String
        var rows: Int
        var skippedRows: Int
        var totals: [Total]

        struct Total: Decodable, Sendable {
            var currency: String?
            /// An exact number; its digits are read from the text of the answer.
            var total: Decimal
        }
    }

    /// November as the exporter of Krateo fetches it over HTTP, in FOCUS 1.2.
    var page: URL { directory.appending(path: "page.csv") }

    static let versions = ["1.0", "1.1", "1.2", "1.3", "1.4"]
    static let meters = ["context_tokens", "generated_tokens", "requests", "longest_context"]

    static func name(_ version: String) -> String { "focus-" + version.replacing(".", with: "-") }

    /// The data files of a report, by key.
    func files(_ report: String) throws -> [String] {
        let folder = directory.appending(path: "reports/\(report)")
        let names = try #require(FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String])
        return names.filter { $0.hasSuffix(".csv") || $0.hasSuffix(".csv.gz") }.sorted()
            .map { folder.appending(path: $0).path }
    }

    /// Posts the trace, runs every report and stops the daemon; its directory stays until `body` has ended.
    static func make(_ body: () async throws -> Void) async throws {
        let daemon = try Daemon(configuration: configuration)
        try await daemon.start()
        let folder = try #require(AzureTrace.folder)
        for service in ["code", "conv"] {
            let events = try events(of: service, in: folder)
            for start in stride(from: 0, to: events.count, by: 1000) {
                try await daemon.count(Array(events[start..<min(events.count, start + 1000)]))
            }
        }
        var reports = TraceReports(directory: daemon.directory)
        for report in versions.map(name) + ["context", "generated", "cbf", "reconciliation"] {
            let days = report == "reconciliation" ? nil : (from: "2023-11-16", to: "2023-12-08")
            let run = try await daemon.runReport(report, days: days)
            try #require(run.status == 200, "\(report): \(run.text)")
            let answer = try await daemon.get("/api/v1/reports/\(report)/deliveries?limit=1000")
            reports.deliveries[report] = try JSONDecoder().decode([Delivery].self, from: answer.body)
        }
        let page = try await daemon.get("/api/v1/reports/focus-1-2/focus.csv?from=2023-11-01&to=2023-12-01")
        try #require(page.status == 200, "\(page.text)")
        try page.body.write(to: reports.page)
        for meter in meters {
            reports.usage[meter] = try await daemon.usage(meter, from: "2023-11-01", to: "2024-01-01")
            reports.december[meter] = try await daemon.usage(meter, from: "2023-12-01", to: "2024-01-01")
        }
        try #require(try await daemon.stop() == 0)
        try await $current.withValue(reports) { try await body() }
    }

    private static func events(of service: String, in folder: URL) throws -> [String] {
        let text = try String(contentsOf: folder.appending(path: "\(service).csv"), encoding: .utf8)
        let first = try Date("2023-11-16T00:00:00Z", strategy: .iso8601)
        return text.split(whereSeparator: \.isNewline).dropFirst().enumerated().map { number, line in
            let cells = line.split(separator: ",")
            let day = first.addingTimeInterval(Double(number / 900) * 86_400).ISO8601Format().prefix(10)
            let time = cells[0].dropFirst(11).prefix(15)
            let size = (Int(cells[1]) ?? 0) < 1000 ? "small" : "large, \\\"v2\\\""
            let subject = number % 50 == 0 ? "" : #""subject":"\#(service)-customer-\#(number % 5)","#
            return """
                {"specversion":"1.0","id":"\(service)-\(number)","source":"azure/llm-2023","type":"completion",\(subject)\
                "time":"\(day)T\(time)Z","data":{"context":\(cells[1]),"generated":\(cells[2]),\
                "service":"\(service)","size":"\(size)"}}
                """
        }
    }
}

/// Makes the reports for the tests of a suite.
struct TraceReportsTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await TraceReports.make(function)
    }
}

extension Trait where Self == TraceReportsTrait {
    static var traceReports: Self { TraceReportsTrait() }
}

extension Daemon {
    /// The usage of each subject between two days.
    fileprivate func usage(_ meter: String, from: String, to: String) async throws -> [String: Decimal] {
        let answer = try await get(
            "/api/v1/meters/\(meter)/query?groupBy=subject&from=\(from)T00:00:00Z&to=\(to)T00:00:00Z",
            headers: [("Accept", "text/csv")]
        )
        let table = try FocusTable(answer.text)
        return try table.column("value", by: ["subject"]).reduce(into: [:]) { usage, row in
            usage[row.key[0]] = Decimal(string: row.value)
        }
    }
}
