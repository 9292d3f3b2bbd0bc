import Charges
import Foundation
import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import ReportFormats

@Suite("AnyCost Common Bill Format")
struct AnyCostCSVTests {
    private let report = Samples.report(.anyCost(AnyCostFormat(meters: Samples.richMeters)))

    @Test("a file is, byte by byte, the committed one")
    func golden() async throws {
        let file = try await ReportFile.make(
            report,
            try Samples.richCatalog(),
            try Samples.richUsage(),
            days: ["2025-06-06", "2025-06-07"]
        )
        #expect(file.text == (try Fixture.text("anycost.csv")))
    }

    @Test("a month without rows is a header, and no file has more rows than a drop's file may have")
    func layout() throws {
        let layout = try report.makeEncoder(catalog: try Samples.richCatalog()).layout
        #expect(
            String(decoding: layout.header, as: UTF8.self).hasSuffix(
                ",resource/tag:customer,resource/tag:env,resource/tag:model\n"
            )
        )
        #expect(layout.rowLimit == 1_000_000)
    }

    @Test("a resource's id has one / and no :, and tells every series apart")
    func resourceIDs() async throws {
        let series = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a", "b"), ("", "a/b"), ("a:b", ""), ("a%3Ab", "")]
        let usage = try ListedUsage(series.map { ("tokens_total", "2025-06-07", $0.0, "1", ["model": $0.1]) })
        let file = try await ReportFile.make(report, try Samples.richCatalog(), usage, days: ["2025-06-07"])
        let ids = CSVReader.rows(file.text).compactMap { $0["resource/id"] }
        #expect(Set(ids).count == series.count)
        for id in ids {
            #expect(id.hasPrefix("tokens_total/"))
            #expect(id.dropFirst("tokens_total/".count).allSatisfy { $0 != "/" && $0 != ":" })
            // Percent-decoded it is the series' ResourceId in FOCUS.
            let decoded = try #require(String(id.dropFirst("tokens_total/".count)).removingPercentEncoding)
            #expect(decoded.filter { $0 == "/" }.count == 1)
        }
        #expect(ids.contains("tokens_total/a%2Fb"))
    }

    @Test("what another company invoices costs nothing, in all kinds of cost")
    func thirdParty() async throws {
        var catalog = try Samples.richCatalog()
        catalog.focusProfiles["api_calls"]?.invoiceIssuer = .constant("Example Marketplace")
        let file = try await ReportFile.make(report, catalog, try Samples.richUsage(), days: ["2025-06-07"])
        let rows = CSVReader.rows(file.text).filter { $0["resource/service"] == "Example API" }
        #expect(rows.count == 2)
        for row in rows {
            #expect(row["cost/cost"] == "0.0")
            #expect(row["cost/discounted_amortized_cost"] == "0.0")
            #expect(row["cost/on_demand_cost"] == nil)
        }
    }

    @Test("meters in two currencies, and tags that the format has no key for, are refused")
    func definitions() throws {
        let mixed = try #require(throws: ReportDefinitionProblem.self) {
            try report.makeEncoder(catalog: try Samples.richCatalog(currency: "EUR"))
        }
        #expect(mixed.reason.contains("EUR and USD"))
        for key in ["cost center", "größe", ""] {
            var catalog = try Samples.richCatalog()
            catalog.focusProfiles["api_calls"]?.tags = [.init(key: key, value: .subject)]
            #expect(throws: ReportDefinitionProblem.self) { try report.makeEncoder(catalog: catalog) }
        }
    }

    @Test("the manifest names the version of the drops and the drop")
    func manifest() throws {
        let bytes = AnyCostManifest.bytes(dropID: "0123456789ab")
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\n  \"version\": \"1.3.0\",\n  \"current_drop_id\": \"0123456789ab\"\n}\n"
        )
        let json = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String]
        #expect(json == ["version": "1.3.0", "current_drop_id": "0123456789ab"])
    }
}
