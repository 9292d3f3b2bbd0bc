import Charges
import Foundation
import Metering
import ReportDefinitions
import Testing

@testable import ReportFormats

@Suite("Datadog custom costs")
struct DatadogCostsTests {
    private let report = Samples.report(.datadog(DatadogFormat(meters: Samples.richMeters)))
    private let day = "2025-06-07"

    private func file(
        _ usage: ListedUsage,
        change: (inout ReportCatalog) -> Void = { _ in }
    ) async throws -> ReportFile {
        var catalog = try Samples.richCatalog()
        change(&catalog)
        return try await ReportFile.make(report, catalog, usage, days: [day])
    }

    @Test("a file is, byte by byte, the committed one, and the tiers stand where the month does")
    func golden() async throws {
        let file = try await file(try Samples.richUsage())
        #expect(file.text == (try Fixture.text("datadog.json")))
    }

    @Test("line items have the six columns, a day that begins and ends with itself, USD, and nothing null or blank")
    func rules() async throws {
        let file = try await file(try Samples.richUsage())
        let items = try #require(try JSONSerialization.jsonObject(with: Data(file.bytes)) as? [[String: Any]])
        #expect(items.count == 6)
        for item in items {
            let columns = Set(item.keys).subtracting(["Tags"])
            #expect(
                columns.sorted() == [
                    "BilledCost", "BillingCurrency", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart",
                    "ProviderName",
                ]
            )
            #expect(item["ChargePeriodStart"] as? String == day)
            #expect(item["ChargePeriodEnd"] as? String == day)
            #expect(item["BillingCurrency"] as? String == "USD")
            #expect(item["BilledCost"] is NSNumber)
            if let tags = item["Tags"] {
                let tags = try #require(tags as? [String: String])
                #expect(!tags.isEmpty && tags.values.allSatisfy { !$0.isEmpty })
            }
        }
    }

    @Test("a day without rows is an empty array")
    func empty() async throws {
        let file = try await file(try ListedUsage([]))
        #expect(try JSONSerialization.jsonObject(with: Data(file.bytes)) as? [String] == [])
    }

    @Test("1,000 characters are taken and one more is refused, with the field, the meter and the day")
    func tooLong() async throws {
        func items(_ length: Int) async throws -> ReportFile {
            let usage = try ListedUsage([
                ("tokens_total", day, "a", "1", ["model": String(repeating: "é", count: length)])
            ])
            return try await file(usage)
        }
        #expect(try await items(1000).rows.count == 1)
        let error = try await #require(throws: ReportContentError.self) { try await items(1001) }
        #expect(
            error
                == .tooLong(
                    "the tag model",
                    meter: "tokens_total",
                    day: try #require(LocalDay(day)),
                    characters: 1001,
                    limit: 1000
                )
        )
        #expect("\(error)".hasPrefix("the tag model of meter tokens_total on 2025-06-07 has 1001 characters"))
    }

    @Test("a description that a long subject makes too long is cut, since it is ours to word")
    func longSubject() async throws {
        let usage = try ListedUsage([("tokens_total", day, String(repeating: "é", count: 1100), "1", ["model": "a"])])
        let item = try #require(
            try JSONSerialization.jsonObject(with: Data(try await file(usage).rows[0])) as? [String: Any]
        )
        let description = try #require(item["ChargeDescription"] as? String)
        #expect(description.unicodeScalars.count == 1000 && description.hasSuffix("é…"))
    }

    @Test("a tag of spaces is left out, a provider of spaces is refused")
    func blank() async throws {
        let usage = try ListedUsage([("tokens_total", day, "a", "1", ["model": " \t"])])
        #expect(try await !file(usage).text.contains("Tags"))
        await #expect(throws: ReportContentError.self) {
            try await file(usage) { $0.focusProfiles["tokens_total"]?.provider = .constant(" ") }
        }
    }

    @Test("another currency than USD is refused")
    func currency() throws {
        let problem = try #require(throws: ReportDefinitionProblem.self) {
            try report.makeEncoder(catalog: try Samples.richCatalog(currency: "EUR"))
        }
        #expect(problem.reason.hasPrefix("meter api_calls is priced in EUR, and Datadog takes USD only"))
    }
}
