import Charges
import Foundation
import Metering
import ReportDefinitions
import Testing

@testable import ReportFormats

@Suite("CloudZero telemetry")
struct CloudZeroTelemetryTests {
    private func format(_ stream: CloudZeroTelemetryFormat.Stream, _ filters: [(String, String)]) -> Report {
        let filters = filters.map { CloudZeroTelemetryFormat.Filter(name: $0.0, dimension: $0.1) }
        return Samples.report(
            .cloudZeroTelemetry(CloudZeroTelemetryFormat(meter: "tokens_total", stream: stream, filters: filters))
        )
    }

    private func usage() throws -> ListedUsage {
        try ListedUsage(
            [
                ("customer-2", "large, \"v2\"", "12.125"), ("customer-1", "small", "1500"), ("customer-1", "", "1"),
                ("", "small", "0.1"), ("Größe/数量", "50%", "12345678901234567890.123456789012345678"),
                ("customer-3", "refund", "-250"), ("customer-3", "none", "0"),
            ].map { ("tokens_total", "2025-06-07", $0.0, $0.2, ["model": $0.1]) }
        )
    }

    private func file(_ report: Report) async throws -> ReportFile {
        try await ReportFile.make(report, try Samples.catalog(), try usage(), days: ["2025-06-07"])
    }

    @Test("a metric's records are, byte by byte, the committed ones: a text a filter")
    func metric() async throws {
        let report = format(.metric, [("custom:Customer", "subject"), ("custom:Model", "model")])
        #expect(try await file(report).text == (try Fixture.text("cloudzero-metric.json")))
    }

    @Test("an allocation's records are, byte by byte, the committed ones: an element, a granularity, a list a filter")
    func allocation() async throws {
        let report = format(.allocation(element: "subject"), [("tag:model", "model")])
        #expect(try await file(report).text == (try Fixture.text("cloudzero-allocation.json")))
    }

    @Test("without filters there is one record a day, or one for each element, and no empty object")
    func noFilters() async throws {
        let metric = try await file(format(.metric, []))
        #expect(
            metric.text == """
                {"records":[
                {"timestamp":"2025-06-07T00:00:00Z","value":"12345678901234569153.348456789012345678"}
                ]}

                """
        )
        let allocation = try await file(format(.allocation(element: "model"), []))
        #expect(!allocation.text.contains("filter"))
        #expect(allocation.rows.count == 4)
    }

    @Test("all records have the same keys, values above zero, and JSON's grammar; what is left out is counted")
    func sameKeys() async throws {
        let file = try await file(
            format(.allocation(element: "subject"), [("tag:model", "model"), ("tag:who", "subject")])
        )
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(file.bytes)) as? [String: [[String: Any]]]
        )
        let records = try #require(json["records"])
        #expect(records.count == 5)
        #expect(file.days[0].skippedRows == 2)
        #expect(file.days[0].events == 7)
        for record in records {
            #expect(record.keys.sorted() == ["element_name", "filter", "granularity", "timestamp", "value"])
            let filter = try #require(record["filter"] as? [String: [String]])
            #expect(filter.keys.sorted() == ["tag:model", "tag:who"])
            #expect(filter.values.allSatisfy { $0.count == 1 && $0[0] != "" })
        }
        #expect(records.contains { $0["element_name"] as? String == "(none)" })
    }

    @Test("parts of at most 5 MB each are a body of their own")
    func parts() async throws {
        let layout = try format(.metric, []).makeEncoder(catalog: try Samples.catalog()).layout
        #expect(layout.byteLimit == 5_000_000)
        #expect(layout.contentType == "application/json")
        let row = try #require(try await file(format(.metric, [])).rows.first)
        for rows in [[], [row], [row, row]] {
            let body = layout.header + Array(rows.joined(separator: layout.separator)) + layout.footer
            let json = try JSONSerialization.jsonObject(with: Data(body)) as? [String: [Any]]
            #expect(json?["records"]?.count == rows.count)
        }
    }

    @Test("a value that is not there and values that read like it stay different")
    func noValue() {
        let texts = ["", "(none)", "((none))", "none", "(none))", "()", "(None)", "a"]
        let values = texts.map(CloudZeroTelemetry.value)
        #expect(values == ["(none)", "((none))", "(((none)))", "none", "(none))", "()", "(None)", "a"])
    }

    @Test("more filters than CloudZero takes, or of a dimension that is not there, are refused")
    func definitions() throws {
        let catalog = try Samples.catalog()
        let six = (1...6).map { ("custom:\($0)", "model") }
        #expect(throws: ReportDefinitionProblem("there are 6 filters, and CloudZero takes 5")) {
            try format(.metric, six).makeEncoder(catalog: catalog)
        }
        #expect(throws: ReportDefinitionProblem.self) {
            try format(.allocation(element: "team"), []).makeEncoder(catalog: catalog)
        }
    }
}
