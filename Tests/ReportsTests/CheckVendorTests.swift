import Metering
import ObjectStore
import ReportDefinitions
import ReportFormats
import Testing

@testable import Reports

@Suite("Reading other formats back")
struct CheckVendorTests {
    private static let anyCost = CheckFixture.report("cbf", .anyCost(AnyCostFormat(meters: ["tokens_total"])))
    private static let month = "cbf/cbf/20250601-20250701/"

    private static let metric = CheckFixture.report(
        "units",
        .cloudZeroTelemetry(
            CloudZeroTelemetryFormat(
                meter: "tokens_total",
                stream: .metric,
                filters: [.init(name: "custom:Customer", dimension: "subject")]
            )
        )
    )
    private static let allocation = CheckFixture.report(
        "units",
        .cloudZeroTelemetry(
            CloudZeroTelemetryFormat(meter: "tokens_total", stream: .allocation(element: "subject"), filters: [])
        )
    )
    private static let datadog = CheckFixture.report("costs", .datadog(DatadogFormat(meters: ["tokens_total"])))

    // MARK: AnyCost

    /// A fixture with a drop of one file.
    private func drop(_ rows: [(day: String, cost: String)]) async throws -> CheckFixture {
        let header = try Self.anyCost.makeEncoder(catalog: CheckFixture.catalog([Self.anyCost])).layout.header
        let columns = CSVScanner.fields(of: header)
        var text = String(decoding: header, as: UTF8.self)
        for row in rows {
            let fields = columns.map { column in
                switch column {
                case "time/usage_start": "\(row.day)T00:00:00Z"
                case "cost/cost": row.cost
                default: ""
                }
            }
            text += fields.joined(separator: ",") + "\n"
        }
        let fixture = CheckFixture()
        try await fixture.put(Self.month + "d1/cbf-00001.csv.gz", CheckFocusExport.gzip(Array(text.utf8)))
        try await fixture.put(Self.month + "manifest.json", #"{"version":"1.3.0","current_drop_id":"d1"}"#)
        return fixture
    }

    @Test("the current drop is read, earlier ones are not")
    func anyCost() async throws {
        let fixture = try await drop([("2025-06-01", "1.5"), ("2025-06-30", "-0.25")])
        try await fixture.put(Self.month + "d0/cbf-00001.csv.gz", "not read")
        let result = try await fixture.inspect(Self.anyCost)
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.files == 1 && result.rows == 2 && result.days?.upperBound.description == "2025-06-30")
    }

    @Test("rows of another month, costs that are none, and files CloudZero cannot read are told")
    func anyCostFiles() async throws {
        let fixture = try await drop([("2025-07-01", "1"), ("2025-06-02", "1e")])
        try await fixture.put(Self.month + "d1/notes.txt", "x")
        try await fixture.put("cbf/cbf/readme.txt", "x")
        try await fixture.put("cbf/cbf/20250602-20250702/d1/cbf-00001.csv.gz", "x")
        let file = Self.month + "d1/cbf-00001.csv.gz"
        #expect(
            try await fixture.findings(Self.anyCost) == [
                "cbf/cbf/20250602-20250702/d1/cbf-00001.csv.gz: is in no folder of a billing month; CloudZero reads everything "
                    + "under the root",
                "cbf/cbf/readme.txt: is in no folder of a billing month; CloudZero reads everything under the root",
                "\(file):2: time/usage_start \"2025-07-01T00:00:00Z\" is no day of the month",
                "\(file):3: cost/cost \"1e\" is no number",
                "\(Self.month)d1/notes.txt: is no .csv.gz; CloudZero reads every file of the drop",
            ]
        )
    }

    @Test("a month without a manifest, or with one that names nothing, is told")
    func anyCostManifests() async throws {
        let fixture = try await drop([])
        let key = Self.month + "manifest.json"
        for (text, says) in [
            (#"{"version":"1.3.0","current_drop_id":"d2"}"#, "names the drop \"d2\", and nothing is in it"),
            (#"{"version":"1.3.0","current_drop_id":"../d1"}"#, "names the drop \"../d1\", which is no folder's name"),
            ("{}", "is no manifest of a drop"),
        ] {
            try await fixture.put(key, text)
            #expect(try await fixture.findings(Self.anyCost) == ["\(key): \(says)"])
        }
        try await fixture.store.delete(key)
        #expect(
            try await fixture.findings(Self.anyCost) == [
                "\(key): is missing; without it CloudZero takes nothing of the month"
            ]
        )
    }

    // MARK: Bodies of requests

    @Test("records for CloudZero are JSON with a day, a positive value and the report's filters")
    func cloudZero() async throws {
        let fixture = CheckFixture()
        let good = #"{"timestamp":"2025-06-07T00:00:00Z","associated_cost":{"custom:Customer":"a"},"value":"12.5"}"#
        try await fixture.put("units/units-2025-06-07.json", "{\"records\":[\(good)]}")
        try await fixture.put("units/units-2025-06-07-00002.json", "{\"records\":[\(good),\(good)]}")
        let result = try await fixture.inspect(Self.metric)
        #expect(result.findings.isEmpty && result.files == 2 && result.rows == 3)

        try await fixture.put(
            "units/units-2025-06-08.json",
            "{\"records\":[\(good),{\"timestamp\":\"2025-06-08T00:00:00Z\",\"value\":0},1]}"
        )
        let key = "units/units-2025-06-08.json"
        #expect(
            try await fixture.findings(Self.metric) == [
                "\(key): record 1: timestamp is not the day of the file",
                "\(key): record 2: value is not a positive number",
                "\(key): record 2: associated_cost has other keys than the report's filters",
                "\(key): record 3: is not an object",
            ]
        )
        try await fixture.put(key, "{\"records\":[],\"more\":1}")
        #expect(try await fixture.findings(Self.metric) == ["\(key): is not {\"records\": […]}"])
        try await fixture.put(key, "{\"records\":[")
        #expect(try await fixture.findings(Self.metric) == ["\(key): is not JSON"])
    }

    @Test("an allocation's records have a granularity and an element")
    func allocation() async throws {
        let fixture = CheckFixture()
        let key = "units/units-2025-06-07.json"
        try await fixture.put(
            key,
            #"{"records":[{"timestamp":"2025-06-07T00:00:00Z","granularity":"DAILY","element_name":"a","value":"1"}]}"#
        )
        #expect(try await fixture.findings(Self.allocation) == [])
        try await fixture.put(key, #"{"records":[{"timestamp":"2025-06-07T00:00:00Z","element_name":"","value":"1"}]}"#)
        #expect(
            try await fixture.findings(Self.allocation) == [
                "\(key): record 1: granularity is not DAILY", "\(key): record 1: element_name is missing or empty",
            ]
        )
    }

    @Test("items for Datadog have all members, in dollars, and nothing blank")
    func datadog() async throws {
        let fixture = CheckFixture()
        let good = """
            {"ProviderName":"Example Org","ChargeDescription":"x","ChargePeriodStart":"2025-06-07",
            "ChargePeriodEnd":"2025-06-07","BilledCost":1.5,"BillingCurrency":"USD","Tags":{"team":"web"}}
            """
        let key = "costs/costs-2025-06-07.json"
        try await fixture.put(key, "[\(good)]")
        #expect(try await fixture.findings(Self.datadog) == [])
        try await fixture.put(
            key,
            """
            [{"ProviderName":" ","ChargePeriodStart":"2025-06-07","ChargePeriodEnd":"2025-06-08","BilledCost":"1",
            "BillingCurrency":"EUR","Tags":{"team":""},"ChargeDescription":"\(String(repeating: "x", count: 1_001))"}]
            """
        )
        #expect(
            try await fixture.findings(Self.datadog) == [
                "\(key): item 1: ProviderName is missing or blank",
                "\(key): item 1: ChargeDescription has more than 1000 characters",
                "\(key): item 1: ChargePeriodEnd is not the day of the file",
                "\(key): item 1: BilledCost is not a number", "\(key): item 1: BillingCurrency is not USD",
                "\(key): item 1: the tag \"team\" is missing or blank",
            ]
        )
        try await fixture.put(key, "{}")
        #expect(try await fixture.findings(Self.datadog) == ["\(key): is not a JSON array"])
    }

    @Test("names without a day are told")
    func names() async throws {
        let fixture = CheckFixture()
        for name in ["2025-06-31", "2025-06-07-2", "latest"] { try await fixture.put("costs/costs-\(name).json", "[]") }
        #expect(try await fixture.findings(Self.datadog).allSatisfy { $0.hasSuffix("has no day in its name") })
        #expect(try await fixture.findings(Self.datadog).count == 3)
    }

    // MARK: Reconciliation

    @Test("a reconciliation has its columns and a day in each line")
    func reconciliation() async throws {
        let report = CheckFixture.report("audit", .reconciliation(ReconciliationFormat(reports: ["cost"])))
        let header = String(decoding: ReconciliationCSV(formulaEscape: false).header, as: UTF8.self)
        let commas = String(repeating: ",", count: CSVScanner.fields(of: Array(header.utf8)).count - 1)
        let fixture = CheckFixture()
        #expect(try await fixture.inspect(report).files == 0)
        try await fixture.put("audit/audit.csv", header + "2025-06-07\(commas)\n")
        let good = try await fixture.inspect(report)
        #expect(good.isGood && good.rows == 1 && good.days?.lowerBound.description == "2025-06-07")
        try await fixture.put("audit/audit.csv", header + "June\(commas)\n2025-06-07\n")
        #expect(
            try await fixture.findings(report) == [
                "audit/audit.csv:2: the day \"June\" is none", "audit/audit.csv:3: has 1 field where the header has 12",
            ]
        )
        try await fixture.put("audit/audit.csv", "x" + header)
        #expect(try await fixture.findings(report) == ["audit/audit.csv:1: column 1 is \"xday\" and should be \"day\""])
    }
}
