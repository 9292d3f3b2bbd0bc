import CloudEvents
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("FOCUS CSV")
struct FocusCSVTests {
    private static let day = "2025-06-07"

    static func row(_ subject: String?, _ dimensions: [String], _ value: String, day: String = day) throws -> UsageRow {
        let day = try #require(LocalDay(day))
        return UsageRow(
            window: TimeWindow(start: day.start(in: .utc), end: day.next.start(in: .utc)),
            subject: subject,
            dimensions: dimensions,
            value: try ExactDecimal(value)
        )
    }

    /// A file of one meter and day.
    static func text(
        _ rows: [UsageRow],
        day: String = day,
        change: (inout ReportCatalog) throws -> Void = { _ in }
    ) throws -> String {
        var catalog = try Samples.catalog([])
        try change(&catalog)
        let csv = FocusCSV(version: .v1_2)
        let section = try csv.section(
            day: try #require(LocalDay(day)),
            meter: try FocusMeter(slug: "tokens_total", in: catalog),
            rows: rows
        )
        return String(decoding: csv.header + section.bytes, as: UTF8.self)
    }

    private func only(_ text: String) throws -> [String: String] {
        let rows = CSVReader.rows(text)
        try #require(rows.count == 1)
        return rows[0]
    }

    @Test("a file is, byte by byte, the committed one")
    func golden() throws {
        let rows = [
            try Self.row("customer-2", ["large, \"v2\""], "12.125"), try Self.row("customer-1", ["small"], "1500"),
            try Self.row("customer-1", [""], "1"), try Self.row("Größe/数量", ["50%"], "0.001"),
            try Self.row("customer-3", ["refund"], "-250"), try Self.row("customer-3", ["none"], "0"),
        ]
        let text = try Self.text(rows.shuffled()) { catalog in
            catalog.prices = [try Samples.price(list: "0.08", contracted: "0.04")]
        }
        #expect(text == (try Fixture.text("focus-1.2.csv")))
    }

    @Test("the columns are those of version 1.2, each once, in the order of the specification")
    func columns() throws {
        let table = try Fixture.text("focus-columns.tsv").split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        let version = try #require(table[0].firstIndex(of: "1.2"))
        let expected = table.dropFirst().filter { !$0[version].isEmpty }.map { String($0[0]) }
        let header = try #require(CSVReader.records(try Self.text([])).first).map(\.text)
        #expect(expected.count == 57)
        #expect(header == expected)
    }

    @Test("null is an empty field and never an empty text")
    func null() throws {
        let records = CSVReader.records(try Self.text([try Self.row("customer-1", [""], "1")]))
        #expect(records[1].count == 57)
        #expect(!records[1].contains { $0.isQuoted && $0.text.isEmpty })
    }

    @Test("every column that a usage row may not leave null has a value, whatever the usage holds")
    func neverNull() throws {
        let table = try Fixture.text("focus-columns.tsv").split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        let row = try only(try Self.text([try Self.row("", [""], "1")]))
        for line in table.dropFirst() where !line[3 + 1].isEmpty {
            let rule = line[7]
            guard rule.contains("never null") || rule.contains("non-null") else { continue }
            #expect(row[String(line[0])] != nil, "\(line[0])")
        }
    }

    @Test("costs are unit price times quantity, exact, with a digit after the point")
    func costs() throws {
        let text = try Self.text([try Self.row("customer-1", ["small"], "1500")]) { catalog in
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
        #expect(row["SkuPriceId"] == "tokens-usd")
    }

    @Test("what another company invoices is billed as 0")
    func thirdParty() throws {
        let row = try only(
            try Self.text([try Self.row("customer-1", [""], "1000")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.invoiceIssuer = .constant("Example Marketplace")
            }
        )
        #expect(row["BilledCost"] == "0.0")
        #expect(row["EffectiveCost"] == "0.002")
    }

    @Test("a genuine price of zero costs 0.0")
    func free() throws {
        let row = try only(
            try Self.text([try Self.row("customer-1", [""], "1000")]) { catalog in
                catalog.prices = [try Samples.price(list: "0")]
            }
        )
        #expect(row["ListCost"] == "0.0")
        #expect(row["ListUnitPrice"] == "0.0")
    }

    @Test("a day has the last price that began on it or before")
    func priceByDay() throws {
        for (day, price) in [("2025-06-14", "0.002"), ("2025-06-15", "0.003"), ("2025-06-16", "0.003")] {
            let text = try Self.text([try Self.row("a", [""], "1000", day: day)], day: day) { catalog in
                catalog.prices = [
                    try Samples.price(list: "0.003", from: "2025-06-15"), try Samples.price(from: "2025-01-01"),
                    try Samples.price(list: "0.004", from: "2025-06-17"),
                ]
            }
            #expect(try only(text)["ListUnitPrice"] == price, "\(day)")
        }
    }

    @Test("usage before the first price is refused, with the meter, the day and the price's first day")
    func noPrice() throws {
        let error = try #require(throws: ReportContentError.self) {
            try Self.text([try Self.row("a", [""], "1", day: "2024-12-31")], day: "2024-12-31")
        }
        #expect("\(error)".contains("tokens_total has usage on 2024-12-31"))
        #expect("\(error)".contains("2025-01-01"))
    }

    @Test("without a sub-account's id its name and type are null; with one they are not")
    func subAccount() throws {
        let without = try only(try Self.text([try Self.row("", ["small"], "1")]))
        #expect(without["SubAccountId"] == nil)
        #expect(without["SubAccountName"] == nil)
        #expect(without["SubAccountType"] == nil)
        let with = try only(
            try Self.text([try Self.row("customer-1", ["small"], "1")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.subAccountName = nil
                catalog.focusProfiles["tokens_total"]?.subAccountType = nil
            }
        )
        #expect(with["SubAccountName"] == "customer-1")
        #expect(with["SubAccountType"] == "Sub Account")
    }

    @Test("a needed column whose source is empty is refused by name")
    func emptyColumn() throws {
        let error = try #require(throws: ReportContentError.self) {
            try Self.text([try Self.row("", [""], "1")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.billingAccountID = .subject
            }
        }
        #expect("\(error)".hasPrefix("BillingAccountId may not be null, but the subject is empty"))
    }

    @Test("tags are a flat JSON object with sorted keys; those without a value are left out")
    func tags() throws {
        let row = try only(
            try Self.text([try Self.row("a \"b\"\\\n\u{1}é", ["m"], "1")]) { catalog in
                catalog.focusProfiles["tokens_total"]?.tags = [
                    .init(key: "zone", value: .constant("")), .init(key: "who", value: .subject),
                    .init(key: "env", value: .constant("prod")),
                ]
            }
        )
        #expect(row["Tags"] == #"{"env":"prod","who":"a \"b\"\\\n\u0001é"}"#)
        let none = try only(
            try Self.text([try Self.row("a", [""], "1")])
        )
        #expect(none["Tags"] == nil)
    }

    @Test("a resource's id tells every series apart, slashes in their names or not")
    func resourceIDs() throws {
        let series = [
            ["a/b", "c"], ["a", "b/c"], ["a%2Fb", "c"], ["a", "b"], ["", "a/b/c"], ["a", ""], ["a/", ""],
        ]
        let rows = try series.map { try Self.row($0[0], [$0[1]], "1") }
        let ids = CSVReader.rows(try Self.text(rows)).compactMap { $0["ResourceId"] }
        #expect(Set(ids).count == series.count)
        #expect(ids.contains("tokens_total/a/b"))
    }

    @Test("a configured resource brings its name and type along, and null when it is empty")
    func configuredResource() throws {
        func row(_ model: String) throws -> [String: String] {
            try only(
                try Self.text([try Self.row("a", [model], "1")]) { catalog in
                    catalog.focusProfiles["tokens_total"]?.resourceID = .dimension("model")
                    catalog.focusProfiles["tokens_total"]?.resourceName = .constant("Model")
                }
            )
        }
        #expect(try row("m-1")["ResourceId"] == "m-1")
        #expect(try row("m-1")["ResourceName"] == "Model")
        #expect(try row("m-1")["ResourceType"] == "Meter")
        #expect(try row("")["ResourceId"] == nil)
        #expect(try row("")["ResourceName"] == nil)
        #expect(try row("")["ResourceType"] == nil)
    }

    @Test("a definition that cannot give rows is refused with what it lacks")
    func definitions() throws {
        func problem(_ change: @escaping (inout ReportCatalog) throws -> Void) throws -> String {
            try #require(throws: ReportDefinitionProblem.self) { _ = try Self.text([], change: change) }.reason
        }
        #expect(try problem { $0.prices = [] }.contains("no price"))
        #expect(try problem { $0.meters = [:] }.contains("no meter"))
        #expect(try problem { $0.focusProfiles = [:] }.contains("no focus: values"))
        #expect(try problem { $0.focusProfiles["tokens_total"]?.currency = "EUR" }.contains("nothing here converts"))
        #expect(
            try problem { $0.focusProfiles["tokens_total"]?.regionID = .dimension("zone") }.contains("dimension zone")
        )
    }
}
