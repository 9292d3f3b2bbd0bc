import Metering
import ObjectStore
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Reading a FOCUS report back by its manifests")
struct CheckFocusTests {
    private typealias Export = CheckFocusExport

    @Test("a month as meterd lays it down is good, and counted", arguments: FocusFormat.Version.allCases)
    func good(version: FocusFormat.Version) async throws {
        let result = try await Export(CheckFixture.focus(version: version)).inspect()
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.files == 2 && result.rows == 3)
        #expect(
            result.days?.lowerBound.description == "2025-06-01" && result.days?.upperBound.description == "2025-06-03"
        )
    }

    @Test("files that are not compressed are read too, and a month without rows is good")
    func variants() async throws {
        #expect(try await Export(CheckFixture.focus(compression: .none)).findings() == [])
        #expect(try await Export(costs: [[]]).findings() == [])
        let nothing = try await CheckFixture().inspect(CheckFixture.focus())
        #expect(nothing.isGood && nothing.files == 0)
    }

    @Test("a data file that is missing, damaged or replaced is told")
    func dataFiles() async throws {
        var missing = try Export()
        missing.remove(Export.data(2))
        #expect(try await missing.findings() == ["\(Export.data(2)): is missing, and the manifest names it"])

        var cut = try Export()
        cut.put(Export.data(1), Array((cut.objects[Export.data(1)] ?? []).dropLast(9)))
        let cutFindings = try await cut.findings()
        #expect(cutFindings.count == 3, "\(cutFindings)")
        #expect(cutFindings[0].contains("bytes, and the manifest says"))
        #expect(cutFindings[1].contains("has the SHA-256"))
        #expect(cutFindings[2].hasSuffix("ends before its gzip content does"))

        var changed = try Export()
        let header = changed.columns.joined(separator: ",") + "\n"
        changed.put(Export.data(2), Export.gzip(Array((header + changed.row(day: 3, cost: "0.26")).utf8)))
        let changedFindings = try await changed.findings()
        #expect(changedFindings.contains { $0.contains("has the SHA-256") })
        #expect(
            changedFindings.last
                == "\(Export.manifest): says BilledCost adds up to USD 3.75, and the rows add up to USD 3.76"
        )
    }

    @Test("bytes that are no gzip, and gzip with a wrong checksum, are told")
    func compression() async throws {
        var plain = try Export()
        plain.put(Export.data(1), "BilledCost\n1\n")
        #expect(try await plain.findings().last?.contains("is not what gzip writes") == true)
        var checksum = try Export()
        var bytes = checksum.objects[Export.data(1)] ?? []
        bytes[bytes.count - 8] ^= 1
        checksum.put(Export.data(1), bytes)
        #expect(try await checksum.findings().contains { $0.contains("or its checksum is not that of its content") })
    }

    @Test("rows that are broken, of another month, or without a number are told with their lines")
    func rows() async throws {
        let good = try Export(CheckFixture.focus(compression: .none), costs: [["1"]])
        let key = Export.folder + "data/BILLING_PERIOD=2025-06/cost-00001.csv"
        let text = String(decoding: good.objects[key] ?? [], as: UTF8.self)
        var bad = good
        bad.put(key, text + good.row(day: 1, cost: "2", month: "2025-07") + good.row(day: 2, cost: "x") + "1,2\n")
        let findings = try await bad.findings()
        #expect(findings.contains("\(key):3: ChargePeriodStart \"2025-07-01T00:00:00Z\" is no day of 2025-06"))
        #expect(findings.contains("\(key):4: BilledCost \"x\" is no exact number"))
        #expect(findings.contains("\(key):5: has 2 fields where the header has \(good.columns.count)"))
        #expect(findings.contains("\(key): has 4 rows, and the manifest says 1"))
        #expect(!findings.contains { $0.contains("adds up") }, "a sum of rows that could not all be read says nothing")
    }

    @Test("a header other than the manifest's columns is told with the first column that differs")
    func header() async throws {
        let key = Export.folder + "data/BILLING_PERIOD=2025-06/cost-00001.csv"
        for (old, new, says) in [
            ("BilledCost,", "BilledCosts,", "is \"BilledCosts\" and should be \"BilledCost\""),
            ("Tags\n", "Tags,x_More\n", "the header has a column \"x_More\" too many"),
            (",Tags\n", "\n", "the header ends before the column \"Tags\""),
        ] {
            var export = try Export(CheckFixture.focus(compression: .none), costs: [[]])
            export.edit(key, old, new)
            #expect(try await export.findings().contains { $0.contains(":1: ") && $0.contains(says) }, "\(says)")
        }
    }

    @Test("data without a manifest, and a manifest that is none, are told")
    func manifests() async throws {
        var without = try Export()
        without.remove(Export.manifest)
        #expect(
            try await without.findings() == [
                "\(Export.manifest): is missing; who reads by manifests sees none of the month's 2 data objects"
            ]
        )
        var broken = try Export()
        broken.put(Export.manifest, "{\"report\":")
        #expect(try await broken.findings() == ["\(Export.manifest): is no manifest of a FOCUS report"])
        var folder = try Export()
        folder.put(Export.folder + "data/BILLING_PERIOD=2025-13/cost-00001.csv.gz", "x")
        #expect(
            try await folder.findings() == [
                "\(Export.folder)data/BILLING_PERIOD=2025-13/: is no folder of a billing month"
            ]
        )
    }

    @Test("a manifest of another definition, month, report or number of rows is told")
    func definitions() async throws {
        let older = try Export(CheckFixture.focus(version: .v1_0))
        let fixture = CheckFixture()
        try await older.put(into: fixture)
        let version = try await fixture.findings(CheckFixture.focus())
        #expect(
            version == [
                "\(Export.manifest): is of FOCUS \"1.0\", the report of 1.2; run the report to write the month anew"
            ]
        )
        for (old, new, says) in [
            (
                "\"billingPeriod\": \"2025-06\"", "\"billingPeriod\": \"2025-07\"",
                "is of the billing period \"2025-07\""
            ),
            ("\"report\": \"cost\"", "\"report\": \"costs\"", "is of a report \"costs\""),
            ("\"rows\": 3", "\"rows\": 4", "says 4 rows, and its files have 3"),
            (
                "\"BilledCost\": \"3.75\"", "\"BilledCost\": \"3.7\"",
                "says BilledCost adds up to USD 3.7, and the rows add up to USD 3.75"
            ),
            ("\"BilledCost\": \"3.75\"", "\"BilledCost\": \"much\"", "has a total \"much\", which is no exact number"),
        ] {
            var export = try Export()
            export.edit(Export.manifest, old, new)
            #expect(try await export.findings() == ["\(Export.manifest): \(says)"])
        }
    }

    @Test("a manifest that names what is outside its month is told")
    func outside() async throws {
        var export = try Export()
        export.edit(Export.manifest, "BILLING_PERIOD=2025-06/cost-00002", "BILLING_PERIOD=2025-07/cost-00002")
        #expect(
            try await export.findings() == [
                "\(Export.manifest): names \(Export.folder)data/BILLING_PERIOD=2025-07/cost-00002.csv.gz, which is not in the "
                    + "month's folder",
                "\(Export.data(2)): is in no manifest; who reads the whole folder counts it too",
            ]
        )
    }

    @Test("the schema and the data generator have to be there, and the schema to fit")
    func metadata() async throws {
        var export = try Export()
        let schema = export.schema
        export.remove(schema)
        export.remove(Export.generator)
        #expect(
            try await export.findings() == [
                "\(schema): is missing, and \(Export.manifest) names it", "\(Export.generator): is missing",
            ]
        )
        var other = try Export()
        other.edit(schema, "\"FocusVersion\": \"1.2\"", "\"FocusVersion\": \"1.1\"")
        #expect(try await other.findings() == ["\(schema): has another id, version or columns than \(Export.manifest)"])
        other.put(schema, "[]")
        #expect(try await other.findings() == ["\(schema): is no schema of a FOCUS dataset"])
    }

    @Test("a data object that the manifest does not name is told: a stale part, an old compression, anything")
    func strangers() async throws {
        var export = try Export()
        export.put(Export.data(3), "x")
        export.put(Export.folder + "data/BILLING_PERIOD=2025-06/cost-00001.csv", "x")
        #expect(
            try await export.findings() == [
                "\(Export.folder)data/BILLING_PERIOD=2025-06/cost-00001.csv: is in no manifest; who reads the whole folder counts "
                    + "it too",
                "\(Export.data(3)): is in no manifest; who reads the whole folder counts it too",
            ]
        )
    }

    @Test("earlier versions stay where each delivery has its own folder, and have to be whole")
    func versions() async throws {
        let report = CheckFixture.focus(delivery: .new)
        let fixture = CheckFixture()
        try await Export(report, costs: [["1"]], version: "0001-aaaaaaaaaaaa").put(into: fixture)
        try await Export(report, costs: [["2"]], version: "0002-bbbbbbbbbbbb").put(into: fixture)
        #expect(try await fixture.findings(report) == [])
        try await fixture.store.delete(Export.data(1, version: "0001-aaaaaaaaaaaa"))
        try await fixture.put(Export.data(9), "x")
        #expect(
            try await fixture.findings(report) == [
                "\(Export.data(1, version: "0001-aaaaaaaaaaaa")): is missing or has another size than "
                    + "\(Export.folder)metadata/BILLING_PERIOD=2025-06/0001-aaaaaaaaaaaa/cost-Manifest.json says",
                "\(Export.data(9)): is in no manifest; who reads the whole folder counts it too",
            ]
        )
        try await fixture.store.delete(
            "\(Export.folder)metadata/BILLING_PERIOD=2025-06/0002-bbbbbbbbbbbb/cost-Manifest.json"
        )
        #expect(
            try await fixture.findings(report).contains("\(Export.manifest): is not kept with its version too")
        )
    }
}
