import Foundation
import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import Reports

@Suite("Pages made when they are asked for")
struct ReportPageTests {
    private let focus = Samples.focusReport()

    private func text(_ page: any ReportPage, chunk: Int = 1000) throws -> String {
        var bytes: [UInt8] = []
        while case let more = try page.read(at: bytes.count, limit: chunk), !more.isEmpty {
            #expect(more.count <= chunk)
            bytes += more
        }
        #expect(bytes.count == page.bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func days(_ from: String, _ to: String) throws -> Range<LocalDay> {
        try #require(LocalDay(from))..<(try #require(LocalDay(to)))
    }

    private func bench() throws -> ReportBench {
        let bench = try ReportBench(at: "2025-06-10T00:30:00Z")
        for day in ["2025-04-30", "2025-05-01", "2025-05-31", "2025-06-08", "2025-06-09", "2025-06-10"] {
            try bench.usage.add("\(day)T00:10:00Z", "a", "1000", ["model": "m"])
        }
        return bench
    }

    @Test("a FOCUS page without days holds the closed days of this billing month and the one before")
    func latest() async throws {
        let bench = try bench()
        let runner = try bench.runner(focus, spoolLimit: 100)
        let page = try text(try await runner.page(.focusCSV(report: "focus", days: nil, version: nil)))
        // The grace is an hour, so the 9th is still open.
        #expect(
            CSVReader.rows(page).map { $0["ChargePeriodStart"]?.prefix(10) }
                == ["2025-05-01", "2025-05-31", "2025-06-08"]
        )
        _ = try await runner.run("focus")
        let june = try #require(try bench.file("cost/focus/data/BILLING_PERIOD=2025-06/focus-00001.csv"))
        let asked = try await runner.page(
            .focusCSV(report: "focus", days: try days("2025-06-01", "2025-07-01"), version: nil)
        )
        #expect(try text(asked) == june)
        #expect(try await runner.deliveries(report: "focus").count == 3)
    }

    @Test("a FOCUS page is in the version that is asked for, and never compressed")
    func version() async throws {
        let runner = try bench().runner(Samples.focusReport(compression: .gzip))
        for (version, columns) in [(FocusFormat.Version.v1_0, 43), (.v1_4, 65)] {
            let page = try text(try await runner.page(.focusCSV(report: "focus", days: nil, version: version)))
            #expect(CSVReader.records(page)[0].count == columns)
        }
    }

    @Test("tiers of a page's days begin where the month stands")
    func tiers() async throws {
        let bench = try bench()
        let runner = try bench.runner(focus) { catalog in
            catalog.prices[0].list.tiers = [
                .init(upTo: ExactDecimal(1500), unitPrice: ExactDecimal(2)),
                .init(upTo: nil, unitPrice: ExactDecimal(1)),
            ]
        }
        let page = try await runner.page(
            .focusCSV(report: "focus", days: try days("2025-05-31", "2025-06-09"), version: nil)
        )
        #expect(CSVReader.rows(try text(page)).map { $0["ConsumedQuantity"] } == ["500.0", "500.0", "1000.0"])
    }

    @Test("Krateo's pages have a sample a row, and the usage page the last closed day of all meters")
    func krateo() async throws {
        let runner = try bench().runner(focus)
        let cost = try text(try await runner.page(.krateoCost(report: "focus", days: nil)))
        let samples = cost.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(samples.count == 3)
        #expect(samples.allSatisfy { $0.hasPrefix("billed_cost{") && $0.hasSuffix("} 0.002") }, "\(cost)")
        let usage = try text(try await runner.page(.krateoUsage(days: nil)))
        #expect(usage.split(separator: "\n").filter { !$0.hasPrefix("#") }.count == 1)
        #expect(usage.contains("timestamp=\"2025-06-08T00:00:00Z\""))
        let asked = try text(try await runner.page(.krateoUsage(days: try days("2025-05-01", "2025-07-01"))))
        #expect(asked.split(separator: "\n").filter { !$0.hasPrefix("#") }.count == 3)
        // Without a report days close an hour after midnight.
        let alone = try bench().runner()
        #expect(try text(try await alone.page(.krateoUsage(days: nil))).contains("timestamp=\"2025-06-08T"))
    }

    @Test("what has no page, no closed day, too many days or too many rows is refused")
    func refused() async throws {
        let bench = try bench()
        let runner = try bench.runner(focus, Samples.csvReport())
        func reason(_ request: ReportPageRequest) async throws -> String {
            "\(try await #require(throws: ReportError.self) { try await runner.page(request) })"
        }
        #expect(
            try await reason(.krateoCost(report: "x", days: nil))
                == "there is no report \"x\"; there are: focus, tokens"
        )
        #expect(
            try await reason(.krateoCost(report: "tokens", days: nil))
                == "report tokens: only reports of the format focus have a Krateo cost page"
        )
        let open = try days("2025-06-10", "2025-06-12")
        for request in [.focusCSV(report: "focus", days: open, version: nil), .krateoUsage(days: open)]
            as [ReportPageRequest]
        {
            #expect(try await reason(request).contains("2025-06-11T01:00:00Z"))
        }
        let none = try days("2025-06-01", "2025-06-01")
        #expect(try await reason(.krateoUsage(days: none)).contains("to is exclusive"))
        let century = try days("1925-06-01", "2025-06-01")
        #expect(try await reason(.krateoCost(report: "focus", days: century)).contains("ask for fewer"))
        bench.usage.fails = true
        #expect(try await reason(.krateoUsage(days: nil)).contains("the usage could not be read"))
    }

    @Test("a page too large is refused with what to do")
    func tooLarge() async throws {
        let bench = try bench()
        var pages = ReportPages(
            catalog: try Samples.catalog([focus]),
            usage: bench.usage,
            spool: SpoolSettings(directory: bench.directory.path, memoryLimit: 100),
            now: bench.clock.now
        )
        let request = ReportPageRequest.focusCSV(report: "focus", days: nil, version: nil)
        let page = try await pages.make(request)
        (pages.rowsLimit, pages.bytesLimit) = (3, page.bytes)
        #expect(try text(try await pages.make(request)) == text(page))
        pages.bytesLimit -= 1
        let bytes = try await #require(throws: ReportError.self) { try await pages.make(request) }
        #expect(
            "\(bytes)" == "report focus: the page would have more than \(page.bytes - 1) bytes; ask for fewer days"
        )
        (pages.rowsLimit, pages.bytesLimit) = (2, .max)
        let rows = try await #require(throws: ReportError.self) { try await pages.make(request) }
        guard case .invalidDays = rows else {
            Issue.record("\(rows)")
            return
        }
        #expect("\(rows)".contains("more than 2 rows"))
    }
}
