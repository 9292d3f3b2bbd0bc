import Charges
import CloudEvents
import Metering
import ReportDefinitions
import ReportFormats
import TestServers
import Testing

@Suite("FOCUS CSV")
struct FocusCSVTests {
    private static let day = "2025-06-07"

    /// A file of one meter and day: subject, model, value.
    static func text(
        _ rows: [(String, String, String)],
        day: String = day,
        version: FocusFormat.Version = .v1_2,
        change: (inout ReportCatalog) throws -> Void = { _ in }
    ) async throws -> String {
        var catalog = try Samples.catalog()
        try change(&catalog)
        let report = Samples.report(.focus(FocusFormat(version: version, meters: ["tokens_total"])))
        let usage = try ListedUsage(rows.map { ("tokens_total", day, $0, $2, ["model": $1]) })
        return try await ReportFile.make(report, catalog, usage, days: [day]).text
    }

    private func only(_ text: String) throws -> [String: String] {
        let rows = CSVReader.rows(text)
        try #require(rows.count == 1)
        return rows[0]
    }

    @Test("a file is, byte by byte, the committed one")
    func golden() async throws {
        let rows = [
            ("customer-2", "large, \"v2\"", "12.125"), ("customer-1", "small", "1500"), ("customer-1", "", "1"),
            ("Größe/数量", "50%", "0.001"), ("customer-3", "refund", "-250"), ("customer-3", "none", "0"),
        ]
        let text = try await Self.text(rows.shuffled()) { catalog in
            catalog.prices = [try Samples.price(list: "0.08", contracted: "0.04")]
        }
        #expect(text == (try Fixture.text("focus-1.2.csv")))
    }

    @Test(
        "every version's file of two meters with tiers and custom columns is, byte by byte, the committed one",
        arguments: FocusFormat.Version.allCases
    )
    func versions(version: FocusFormat.Version) async throws {
        let report = Samples.report(.focus(FocusFormat(version: version, meters: Samples.richMeters)))
        let file = try await ReportFile.make(
            report,
            try Samples.richCatalog(currency: "EUR"),
            try Samples.richUsage(),
            days: ["2025-06-06", "2025-06-07"]
        )
        #expect(file.text == (try Fixture.text("focus-rich-\(version.rawValue).csv")))
    }

    @Test("the columns are those of the version, then every meter's own, each once, sorted by bytes")
    func columns() async throws {
        for (version, count) in zip(FocusFormat.Version.allCases, [43, 50, 57, 65, 65]) {
            let report = Samples.report(.focus(FocusFormat(version: version, meters: Samples.richMeters)))
            let header = try report.makeEncoder(catalog: try Samples.richCatalog()).layout.header
            let names = CSVReader.records(String(decoding: header, as: UTF8.self))[0].map(\.text)
            #expect(names.count == count + 3)
            #expect(Array(names.prefix(count)) == FocusColumn.columns(of: version).map(\.rawValue))
            #expect(Array(names.suffix(3)) == ["x_Customer", "x_Model", "x_Team"])
        }
    }

    @Test("a custom column is null in the rows of a meter that does not have it, and where its value is empty")
    func customColumns() async throws {
        let report = Samples.report(.focus(FocusFormat(version: .v1_4, meters: Samples.richMeters)))
        let file = try await ReportFile.make(
            report,
            try Samples.richCatalog(),
            try Samples.richUsage(),
            days: [Self.day]
        )
        let rows = CSVReader.rows(file.text)
        let calls = rows.filter { $0["SkuMeter"] == "API Calls" }
        #expect(calls.map { $0["x_Customer"] } == [nil, "customer-2"])
        #expect(calls.allSatisfy { $0["x_Team"] == nil })
        #expect(rows.filter { $0["SkuMeter"] == "AI Tokens" }.allSatisfy { $0["x_Team"] == "Team, \"A\"" })
    }

    @Test("null is an empty field and never an empty text")
    func null() async throws {
        let records = CSVReader.records(try await Self.text([("customer-1", "", "1")]))
        #expect(records[1].count == 57)
        #expect(!records[1].contains { $0.isQuoted && $0.text.isEmpty })
    }

    @Test("costs are unit price times quantity, exact, with a digit after the point")
    func costs() async throws {
        let text = try await Self.text([("customer-1", "small", "1500")]) { catalog in
            catalog.prices = [try Samples.price(list: "0.08", contracted: "0.04")]
        }
        let row = try only(text)
        #expect(row["ConsumedQuantity"] == "1500.0")
        #expect(row["PricingQuantity"] == "1.5")
        #expect(row["ListCost"] == "0.12")
        #expect(row["ContractedCost"] == "0.06")
        #expect(row["EffectiveCost"] == "0.06")
        #expect(row["BilledCost"] == "0.06")
        #expect(row["PricingCurrencyEffectiveCost"] == "0.06")
        #expect(row["SkuPriceId"] == "tokens")
    }

    @Test("totals are of BilledCost by currency, and rows left out and events are counted")
    func sums() async throws {
        let report = Samples.report(.focus(FocusFormat(version: .v1_2, meters: Samples.richMeters)))
        let file = try await ReportFile.make(
            report,
            try Samples.richCatalog(currency: "EUR"),
            try Samples.richUsage(),
            days: ["2025-06-06", "2025-06-07"]
        )
        let days = file.days
        #expect(days.map(\.meter) == ["api_calls", "tokens_total", "api_calls", "tokens_total"])
        #expect(days.map(\.totals.description) == ["", "USD 5", "EUR 0.32", "USD 5.625"])
        #expect(days.map(\.skippedRows) == [0, 1, 0, 0])
        #expect(days.map(\.events) == [0, 2, 2, 3])
        #expect(days.map { $0.rowEnds.count } == [0, 2, 2, 4])
    }

    @Test("what another company invoices is billed as 0")
    func thirdParty() async throws {
        let row = try only(
            try await Self.text([("customer-1", "", "1000")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.invoiceIssuer = .constant("Example Marketplace")
            }
        )
        #expect(row["BilledCost"] == "0.0")
        #expect(row["EffectiveCost"] == "0.002")
    }

    @Test("usage that cannot be charged is refused with the sentence that says why")
    func refused() async throws {
        let early = try await #require(throws: ReportContentError.self) {
            try await Self.text([("a", "", "1")], day: "2024-12-31")
        }
        #expect("\(early)".contains("tokens_total has usage on 2024-12-31"))
        #expect("\(early)".contains("2025-01-01"))
        let empty = try await #require(throws: ReportContentError.self) {
            try await Self.text([("", "", "1")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.billingAccountID = .subject
            }
        }
        #expect("\(empty)".hasPrefix("BillingAccountId may not be null, but the subject is empty"))
    }

    @Test("tags are a flat JSON object with sorted keys; those without a value are left out")
    func tags() async throws {
        let row = try only(
            try await Self.text([("a \"b\"\\\n\u{1}é", "m", "1")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.tags = [
                    .init(key: "zone", value: .constant("")), .init(key: "who", value: .subject),
                    .init(key: "env", value: .constant("prod")),
                ]
            }
        )
        #expect(row["Tags"] == #"{"env":"prod","who":"a \"b\"\\\n\u0001é"}"#)
        #expect(try only(try await Self.text([("a", "", "1")]))["Tags"] == nil)
    }

    @Test("files have a limit on rows and no other, and are CSV")
    func layout() throws {
        let report = Samples.report(.focus(FocusFormat(version: .v1_2, meters: ["tokens_total"])))
        let layout = try report.makeEncoder(catalog: try Samples.catalog()).layout
        #expect(layout.rowLimit == 1_000_000)
        #expect(layout.byteLimit == nil)
        #expect(layout.contentType == "text/csv")
        #expect(layout.separator.isEmpty && layout.footer.isEmpty)
    }

    @Test("a definition that cannot give rows is refused with what it lacks")
    func definitions() async throws {
        func problem(_ change: @escaping (inout ReportCatalog) throws -> Void) async throws -> String {
            try await #require(throws: ReportDefinitionProblem.self) { _ = try await Self.text([], change: change) }
                .reason
        }
        #expect(try await problem { $0.prices = [] }.contains("no price"))
        #expect(try await problem { $0.meters = [:] }.contains("no meter"))
        #expect(try await problem { $0.focusProfiles = [:] }.contains("no focus: values"))
    }

    @Test("a reconciliation has no rows of usage")
    func reconciliation() throws {
        let report = Samples.report(.reconciliation(ReconciliationFormat(reports: [])))
        #expect(throws: ReportDefinitionProblem.self) { try report.makeEncoder(catalog: try Samples.catalog()) }
    }
}
