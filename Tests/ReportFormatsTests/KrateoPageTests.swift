import Charges
import Foundation
import Metering
import ReportDefinitions
import Testing

@testable import ReportFormats

/// A sample of the Prometheus text format, read by the book.
private struct Sample: Equatable {
    var name = ""
    var labels: [[String]] = []
    var value = ""

    static func read(_ text: String) throws -> [Sample] {
        try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { try read(line: $0) }
    }

    private static func read(line: Substring) throws -> Sample {
        var sample = Sample()
        var rest = line[...]
        sample.name = String(rest.prefix { $0 != "{" })
        rest = rest.dropFirst(sample.name.count + 1)
        while rest.first != "}" {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count + 2)
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                if character == "\\" {
                    let next = rest.popFirst()
                    let escaped = try #require(next)
                    value.append(escaped == "n" ? "\n" : escaped)
                } else {
                    value.append(character)
                }
            }
            sample.labels.append([String(name), value])
            if rest.first == "," { rest.removeFirst() }
        }
        sample.value = String(rest.dropFirst(2))
        return sample
    }

    func label(_ name: String) -> String? { labels.first { $0[0] == name }?[1] }
}

@Suite("Krateo's pages")
struct KrateoPageTests {
    private let report = Samples.report(.focus(FocusFormat(version: .v1_4, meters: Samples.richMeters)))

    private func cost(
        _ usage: ListedUsage,
        days: [String] = ["2025-06-06", "2025-06-07"],
        change: (inout ReportCatalog) -> Void = { _ in }
    ) async throws -> ReportFile {
        var catalog = try Samples.richCatalog()
        change(&catalog)
        return try await ReportFile.make(try KrateoCostPage(report: report, catalog: catalog), usage, days: days)
    }

    @Test("the cost page is, byte by byte, the committed one")
    func costGolden() async throws {
        #expect(try await cost(try Samples.richUsage()).text == (try Fixture.text("krateo-cost.prom")))
    }

    @Test("the cost page has the labels of Krateo's example in its order, and its comments")
    func costLabels() async throws {
        let example = try Fixture.text("krateo-cost-example.prom")
        let page = try await cost(try Samples.richUsage()).text
        let names = try #require(try Sample.read(example).first).labels.map { $0[0] }
        let samples = try Sample.read(page)
        #expect(names.count == 50)
        #expect(samples.count == 8)
        for sample in samples {
            #expect(sample.name == "billed_cost")
            #expect(sample.labels.map { $0[0] } == names)
            #expect(sample.value == sample.label("BilledCost"))
        }
        #expect(page.split(separator: "\n").prefix(2) == example.split(separator: "\n").prefix(2))
    }

    @Test("the example's second row comes out as it is there, but for what we decided otherwise")
    func costExample() async throws {
        var catalog = try Samples.richCatalog()
        catalog.meters = ["egress_bytes": try Samples.meter(slug: "egress_bytes", name: "Egress", dimensions: [])]
        var profile = FocusProfile(
            provider: .constant("Example Metering"),
            billingAccountID: .constant("acct-001"),
            currency: "USD",
            serviceName: .constant("Example API"),
            serviceCategory: "Integration"
        )
        profile.billingAccountName = .constant("Example Org")
        profile.serviceSubcategory = "API Management"
        profile.subAccountID = .subject
        profile.tags = [.init(key: "env", value: .constant("prod")), .init(key: "team", value: .constant("Storage"))]
        catalog.focusProfiles = ["egress_bytes": profile]
        var price = try Samples.price(meter: "egress_bytes", list: "0.08", contracted: "0.04")
        (price.sku, price.unit, price.per, price.consumedUnit) = ("egress_bytes", "GB", .one, "GB")
        catalog.prices = [price]
        let report = Samples.report(.focus(FocusFormat(version: .v1_1, meters: ["egress_bytes"])))
        let usage = try ListedUsage([("egress_bytes", "2025-06-08", "customer-2", "12.125", [:])])
        let page = try KrateoCostPage(report: report, catalog: catalog)
        let ours = try Sample.read(try await ReportFile.make(page, usage, days: ["2025-06-08"]).text)
        var theirs = try Sample.read(try Fixture.text("krateo-cost-example.prom"))[1]
        // The slug in the description, no currency in SkuPriceId, no copy of a made id in ResourceName, tags by key.
        let decided = [
            "ChargeDescription": "egress_bytes usage by customer-2 on 2025-06-08", "SkuPriceId": "egress_bytes",
            "ResourceName": "", "Tags": "env:prod;team:Storage",
        ]
        theirs.labels = theirs.labels.map { [$0[0], decided[$0[0]] ?? $0[1]] }
        #expect(ours == [theirs])
    }

    @Test("backslashes, quotes and line feeds are escaped, and read back")
    func escaping() async throws {
        let model = "a\\b\"c\nd\\n=,}é"
        let usage = try ListedUsage([("tokens_total", "2025-06-07", "s{\"\\", "5", ["model": model])])
        let page = try await cost(usage).text
        #expect(page.split(separator: "\n").count == 3)
        let sample = try #require(try Sample.read(page).first)
        #expect(sample.label("ResourceId") == "tokens_total/s{\"\\/" + model)
        #expect(sample.label("Tags") == "model:" + model)
    }

    @Test("what parts tags in Krateo is percent-encoded in keys and values")
    func tags() async throws {
        let usage = try ListedUsage([("tokens_total", "2025-06-07", "s", "5", ["model": "a:b;c%3B"])])
        let page = try await cost(usage) {
            $0.focusProfiles["tokens_total"]?.tags.append(.init(key: "x;y:z", value: .constant("1")))
        }
        let sample = try #require(try Sample.read(page.text).first)
        #expect(sample.label("Tags") == "model:a%3Ab%3Bc%253B;x%3By%3Az:1")
    }

    @Test("two rows that Krateo's table would take for one are refused, on the same day only")
    func repeatedResource() async throws {
        let usage = try ListedUsage([
            ("tokens_total", "2025-06-06", "a", "5", ["model": "m"]),
            ("tokens_total", "2025-06-07", "a", "4", ["model": "m"]),
            ("tokens_total", "2025-06-08", "e\u{301}", "5", ["model": "m"]),
            ("tokens_total", "2025-06-08", "\u{E9}", "5", ["model": "m"]),
            ("tokens_total", "2025-06-09", "a", "0.5", ["model": "m"]),
            ("tokens_total", "2025-06-09", "a", "0.5", ["model": "n"]),
        ])
        func page(_ days: [String]) async throws -> ReportFile {
            try await cost(usage, days: days) { $0.focusProfiles["tokens_total"]?.resourceID = .subject }
        }
        #expect(try await page(["2025-06-06", "2025-06-07"]).rows.count == 2)
        #expect(try await page(["2025-06-08"]).rows.count == 2)
        let error = try await #require(throws: ReportContentError.self) { try await page(["2025-06-09"]) }
        #expect("\(error)".contains("ResourceId \"a\" and the SkuPriceId \"tokens-free\""))
        #expect("\(error)".contains("resource.id"))
    }

    @Test("only FOCUS reports have a cost page")
    func noFocus() throws {
        let report = Samples.report(.csv(Samples.telemetry()))
        #expect(throws: ReportDefinitionProblem.self) {
            try KrateoCostPage(report: report, catalog: try Samples.catalog())
        }
    }
}

@Suite("Krateo's usage page")
struct KrateoUsagePageTests {
    private func text(_ catalog: ReportCatalog, _ usage: ListedUsage, days: [String]) async throws -> String {
        let page = KrateoUsagePage(catalog: catalog)
        var bytes = page.header
        for meter in page.meters {
            bytes += page.header(of: meter)
            for day in days {
                let day = try #require(LocalDay(day))
                let rows = try await usage.rows(meter: meter, days: day..<day.next, groupBy: page.groupBy(meter))
                bytes += page.samples(of: meter, on: day, rows: rows).bytes
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("the page is, byte by byte, the committed one")
    func golden() async throws {
        let page = try await text(
            try Samples.richCatalog(),
            try Samples.richUsage(),
            days: ["2025-06-06", "2025-06-07"]
        )
        #expect(page == (try Fixture.text("krateo-usage.prom")))
    }

    @Test("Krateo's example comes out byte by byte")
    func example() async throws {
        var catalog = try Samples.catalog()
        catalog.meters = [
            "egress_bytes": try Samples.meter(slug: "egress_bytes", dimensions: []),
            "api_calls": try Samples.meter(slug: "api_calls", dimensions: []),
        ]
        catalog.focusProfiles = [:]
        catalog.prices = try ["egress_bytes": "GB", "api_calls": "Requests"].map { meter, unit in
            var price = try Samples.price(meter: meter)
            price.consumedUnit = unit
            return price
        }
        let usage = try ListedUsage([
            ("api_calls", "2025-06-07", "customer-1", "1500", [:]),
            ("egress_bytes", "2025-06-08", "customer-2", "12.125", [:]),
        ])
        let page = try await text(catalog, usage, days: ["2025-06-07", "2025-06-08"])
        #expect(page == (try Fixture.text("krateo-resource-example.prom")))
    }

    @Test("a meter without a price has no unit; before the first price the unit is the first price's")
    func units() async throws {
        var catalog = try Samples.catalog()
        let usage = try ListedUsage([("tokens_total", "2024-01-01", "a", "1", [:])])
        #expect(try await text(catalog, usage, days: ["2024-01-01"]).contains("unit=\"Tokens\""))
        catalog.prices = []
        #expect(try await text(catalog, usage, days: ["2024-01-01"]).contains("unit=\"\""))
    }

    @Test("a slug that begins with a digit makes a name that Prometheus takes; the label keeps the slug")
    func metricNames() async throws {
        var catalog = try Samples.catalog()
        catalog.meters = ["5g_minutes": try Samples.meter(slug: "5g_minutes", dimensions: [])]
        let usage = try ListedUsage([("5g_minutes", "2025-06-07", "a", "1", [:])])
        let page = try await text(catalog, usage, days: ["2025-06-07"])
        #expect(
            page.hasPrefix(
                "# TYPE _5g_minutes gauge\n_5g_minutes{ResourceId=\"5g_minutes/a\",metricName=\"5g_minutes\","
            )
        )
    }

    @Test("the resource is called as on the cost page where the subject is its id and names the series")
    func resourceIDs() async throws {
        var catalog = try Samples.richCatalog()
        for meter in Samples.richMeters { catalog.focusProfiles[meter]?.resourceID = .subject }
        let page = try await text(catalog, try Samples.richUsage(), days: ["2025-06-07"])
        #expect(page.contains("api_calls{ResourceId=\"customer-2\","))
        #expect(page.contains("api_calls{ResourceId=\"api_calls/\","))
        #expect(page.contains("tokens_total{ResourceId=\"tokens_total/customer-1/small\","))
    }

    @Test("without usage, and without a meter, the page is not empty")
    func empty() async throws {
        let usage = try ListedUsage([])
        #expect(try await text(try Samples.catalog(), usage, days: []) == "# TYPE tokens_total gauge\n")
        #expect(try await text(.empty, usage, days: []) == "# There are no meters.\n")
    }
}
