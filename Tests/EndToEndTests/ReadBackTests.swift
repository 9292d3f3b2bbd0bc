import Foundation
import Testing

/// DuckDB reads every CSV of every format back, and the sums in the files are meterd's own.
@Suite(
    .enabled(if: AzureTrace.folder != nil, "the azure-llm-2023 folder is not there; set METERD_TEST_DATA to run this"),
    .enabled(if: ReportReaders.python != nil, "there is no .venv with DuckDB; scripts/test makes it"),
    .traceReports
)
struct ReadBackTests {
    private func reports() throws -> TraceReports { try #require(TraceReports.current) }

    private static let customColumns = ["x_CostCenter", "x_Service"]

    @Test(
        "a FOCUS report has the columns of its version, its rows, and the delivered totals",
        arguments: zip(TraceReports.versions, [43, 50, 57, 65, 65])
    )
    func totals(version: String, columns: Int) async throws {
        let reports = try reports()
        let name = TraceReports.name(version)
        let files = try reports.files(name)
        #expect(files.count == 2)
        #expect(files.allSatisfy { $0.hasSuffix(version == "1.1" ? "-00001.csv" : "-00001.csv.gz") })
        let table = try await ReadCSV.read(files, sum: ["BilledCost"], by: ["BillingCurrency"])
        #expect(table.columns.count == columns + Self.customColumns.count)
        #expect(table.columns.suffix(2) == Self.customColumns)
        #expect(table.emptyTexts == 0)
        let deliveries = try #require(reports.deliveries[name])
        #expect(table.rows == deliveries.reduce(0) { $0 + $1.rows })
        for currency in ["EUR", "USD"] {
            let delivered = deliveries.flatMap(\.totals).filter { $0.currency == currency }
            #expect(try table.sum("BilledCost", currency) == delivered.reduce(0) { $0 + $1.total })
        }
        // Another company sends the invoice for what is in euros.
        #expect(try table.sum("BilledCost", "EUR") == 0)
        #expect(try table.sum("BilledCost", "USD") > 0)
    }

    @Test("in a FOCUS report every cost is exactly its price times its quantity", arguments: TraceReports.versions)
    func products(version: String) async throws {
        let table = try await ReadCSV.read(
            try reports().files(TraceReports.name(version)),
            products: [
                ["ListCost", "ListUnitPrice", "PricingQuantity"],
                ["ContractedCost", "ContractedUnitPrice", "PricingQuantity"],
            ]
        )
        #expect(table.wrongProducts == [])
    }

    @Test("a FOCUS report holds every customer's usage of every meter", arguments: TraceReports.versions)
    func quantities(version: String) async throws {
        let reports = try reports()
        let files = try reports.files(TraceReports.name(version))
        let table = try await ReadCSV.read(files, sum: ["ConsumedQuantity"], by: ["SkuId", "SubAccountId"])
        for (meter, sku) in [
            ("context_tokens", "context"), ("generated_tokens", "generated"), ("requests", "requests"),
        ] {
            let usage = try #require(reports.usage[meter])
            #expect(usage.count == 11)
            for (subject, quantity) in usage {
                #expect(try table.sum("ConsumedQuantity", "\(sku) \(subject)") == quantity, "\(meter) of \(subject)")
            }
        }
    }

    @Test("what two versions of FOCUS both have is the same in both", arguments: ["1.0", "1.1", "1.3", "1.4"])
    func versions(version: String) async throws {
        let reports = try reports()
        let other = try await ReadCSV.read(try reports.files(TraceReports.name(version)))
        let usual = try await ReadCSV.read(try reports.files(TraceReports.name("1.2")))
        let common = usual.columns.filter(other.columns.contains)
        #expect(common.count >= 43)
        let one = try await ReadCSV.read(try reports.files(TraceReports.name(version)), digest: common)
        let two = try await ReadCSV.read(try reports.files(TraceReports.name("1.2")), digest: common)
        #expect(one.digest == two.digest)
        #expect(one.digest != other.digest)
    }

    @Test("the month that is fetched over HTTP is the delivered one")
    func page() async throws {
        let reports = try reports()
        let november = try #require(try reports.files(TraceReports.name("1.2")).first)
        let columns = try await ReadCSV.read([november]).columns
        let page = try await ReadCSV.read([reports.page.path], digest: columns)
        let file = try await ReadCSV.read([november], digest: columns)
        #expect(page.columns == file.columns)
        #expect(page.digest == file.digest)
    }

    @Test("a FOCUS report has a row for every part of a price: free units, tiers, and what a customer's own tiers cut")
    func parts() async throws {
        let table = try await ReadCSV.read(try reports().files(TraceReports.name("1.2")), by: ["SkuPriceId"])
        #expect(
            Set(table.sums.keys) == [
                "context-free", "context-tier-1", "context-tier-2", "context-tier-2-contract-1",
                "context-tier-2-contract-2", "generated-tier-1", "generated-tier-2", "longest-context", "requests",
            ]
        )
    }

    @Test("the telemetry of each meter holds every customer's usage")
    func telemetry() async throws {
        let reports = try reports()
        for (report, meter, files) in [("context", "context_tokens", 22), ("generated", "generated_tokens", 1)] {
            let paths = try reports.files(report)
            #expect(paths.count == files)
            let table = try await ReadCSV.read(paths, sum: [report], by: ["subject"])
            for (subject, quantity) in try #require(reports.usage[meter]) {
                #expect(try table.sum(report, subject) == quantity)
            }
        }
    }

    @Test("AnyCost's months hold the same costs and quantities as FOCUS")
    func anyCost() async throws {
        let reports = try reports()
        let drops = try await ReadCSV.read(
            try reports.files("cbf"),
            sum: ["cost/cost", "cost/on_demand_cost", "usage/amount"],
            by: ["action/usage_type"]
        )
        let focus = try await ReadCSV.read(
            try reports.files(TraceReports.name("1.2")),
            sum: ["BilledCost", "ListCost", "ConsumedQuantity"],
            by: ["SkuId"]
        )
        for sku in ["context", "requests", "longest-context"] {
            for (ours, theirs) in [
                ("BilledCost", "cost/cost"), ("ListCost", "cost/on_demand_cost"), ("ConsumedQuantity", "usage/amount"),
            ] {
                #expect(try drops.sum(theirs, sku) == focus.sum(ours, sku), "\(theirs) of \(sku)")
            }
        }
    }

    @Test("the reconciliation's days add up to each report's files")
    func reconciliation() async throws {
        let reports = try reports()
        let days = try await ReadCSV.read(
            try reports.files("reconciliation"),
            sum: ["rows", "total", "events"],
            by: ["report", "meter", "currency"]
        )
        let focus = try await ReadCSV.read(
            try reports.files(TraceReports.name("1.2")),
            sum: ["BilledCost"],
            by: ["BillingCurrency"]
        )
        let meters = ["context_tokens", "requests", "longest_context"]
        let costs = try meters.map { try days.sum("total", "\(TraceReports.name("1.2")) \($0) USD") }
        #expect(try costs.reduce(0, +) == focus.sum("BilledCost", "USD"))
        let context = try #require(reports.usage["context_tokens"])
        #expect(try days.sum("total", "context context_tokens ") == context.values.reduce(0, +))
        // Every request of the trace was counted in each report of its meter.
        #expect(try days.sum("events", "context context_tokens ") == 28_185)
    }

    @Test("the list costs of a month with graduated and volume tiers are those worked out by hand from its usage")
    func tiers() async throws {
        let reports = try reports()
        let december = try #require(try reports.files(TraceReports.name("1.2")).last)
        let table = try await ReadCSV.read([december], sum: ["ListCost"], by: ["SkuId", "SubAccountId"])
        // The price of 20 November on: 100,000 tokens free, 300,000 at 0.0025 for 1000, the rest at 0.001.
        for (subject, quantity) in try #require(reports.december["context_tokens"]) {
            let beyond = max(0, quantity - 100_000)
            let first = min(beyond, 300_000)
            let cost = (first * 25 + (beyond - first) * 10) / 10_000_000
            #expect(try table.sum("ListCost", "context \(subject)") == cost, "\(subject)")
        }
        // All of a month at one price: 0.00009 up to 50,000 tokens, else 0.000071.
        let generated = try #require(reports.december["generated_tokens"])
        #expect(generated.values.contains { $0 > 50_000 } && generated.values.contains { $0 <= 50_000 })
        for (subject, quantity) in generated {
            let cost = quantity * (quantity <= 50_000 ? 90 : 71) / 1_000_000
            #expect(try table.sum("ListCost", "generated \(subject)") == cost, "\(subject)")
        }
    }
}

extension ReadCSV {
    fileprivate func sum(_ column: String, _ group: String) throws -> Decimal {
        let sum = try #require(sums[group]?[column], "\(column) of \"\(group)\": \(sums.keys.sorted())")
        return try #require(Decimal(string: sum))
    }
}
