import Charges
import Foundation
import Metering
import ReportDefinitions
import ReportFormats
import TestServers
import Testing

@Suite("FOCUS metadata")
struct FocusMetadataTests {
    private func metadata(
        _ version: FocusFormat.Version = .v1_3,
        compression: FocusFormat.Compression = .gzip,
        change: (inout ReportCatalog) -> Void = { _ in }
    ) throws -> FocusMetadata {
        var catalog = try Samples.richCatalog(currency: "JPY")
        change(&catalog)
        let format = FocusFormat(version: version, meters: Samples.richMeters, compression: compression)
        return FocusMetadata(report: Samples.report(.focus(format)), format: format, catalog: catalog)
    }

    private func manifest(_ metadata: FocusMetadata, totals: String = "JPY 11.5, USD 12.345") throws -> [UInt8] {
        metadata.manifest(
            period: BillingPeriod(containing: try #require(LocalDay("2025-12-07"))),
            files: [
                DeliveredObject(key: "sample/data/sample-00001.csv.gz", rows: 1_000_000, bytes: 12345, sha256: "ab12"),
                DeliveredObject(key: "sample/data/sample-00002.csv.gz", rows: 7, bytes: 99, sha256: "cd34"),
            ],
            totals: try #require(ReportTotals(totals))
        )
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func columns(_ version: FocusFormat.Version) throws -> [[String: Any]] {
        try #require(try object(try metadata(version).schema())["ColumnDefinition"] as? [[String: Any]])
    }

    @Test("schema, data generator and manifest are, byte by byte, the committed ones")
    func golden() throws {
        let metadata = try metadata()
        #expect(String(decoding: metadata.schema(), as: UTF8.self) == (try Fixture.text("focus-schema-1.3.json")))
        #expect(String(decoding: try manifest(metadata), as: UTF8.self) == (try Fixture.text("focus-manifest.json")))
        #expect(
            String(decoding: metadata.dataGenerator(), as: UTF8.self)
                == "{\n  \"DataGenerator\": \"Example Metering\"\n}\n"
        )
    }

    @Test(
        "a schema defines the columns of the header, with what each type needs",
        arguments: FocusFormat.Version.allCases
    )
    func definitions(version: FocusFormat.Version) throws {
        let columns = try columns(version)
        let report = Samples.report(.focus(FocusFormat(version: version, meters: Samples.richMeters)))
        let header = try report.makeEncoder(catalog: try Samples.richCatalog()).layout.header
        let names = CSVReader.records(String(decoding: header, as: UTF8.self))[0].map(\.text)
        #expect(columns.compactMap { $0["ColumnName"] as? String } == names)
        for column in columns {
            let type = try #require(column["DataType"] as? String)
            let isNumber = type == "DECIMAL"
            #expect(column["NumericPrecision"] as? Int == (isNumber ? 76 : nil))
            #expect(column["NumberScale"] as? Int == (isNumber ? 38 : nil))
            #expect(column["StringEncoding"] as? String == (type == "STRING" ? "UTF-8" : nil))
            #expect((column["ProviderTagPrefixes"] != nil) == (column["ColumnName"] as? String == "Tags"))
            #expect(column["PreviousColumnName"] == nil)
        }
    }

    @Test("what 1.4 drops is deprecated in 1.3, and nowhere else", arguments: FocusFormat.Version.allCases)
    func deprecated(version: FocusFormat.Version) throws {
        let names = try columns(version).filter { $0["Deprecated"] as? Bool == true }.map {
            $0["ColumnName"] as? String
        }
        #expect(names == (version == .v1_3 ? ["ProviderName", "PublisherName"] : []))
    }

    @Test("the schema's id is a UUID that changes with the version and the columns, and with nothing else")
    func schemaID() throws {
        let id = try metadata().schemaID
        #expect(UUID(uuidString: id) != nil)
        #expect(id == id.lowercased())
        #expect(try metadata(change: { $0.prices = [] }).schemaID == id)
        #expect(try metadata(compression: .none).schemaID == id)
        let others = try FocusFormat.Version.allCases.map { try metadata($0).schemaID }
        #expect(Set(others).count == 5)
        let other = try metadata {
            $0.focusProfiles["api_calls"]?.customColumns.append(.init(name: "x_Z", value: .subject))
        }
        #expect(other.schemaID != id)
    }

    @Test("DataGeneratorVersion changes with FocusVersion")
    func generatorVersion() throws {
        let versions = try FocusFormat.Version.allCases.map {
            try object(try metadata($0).schema())["DataGeneratorVersion"] as? String
        }
        #expect(versions.first == "2.0.0+focus.1.0")
        #expect(Set(versions).count == 5)
    }

    @Test("the manifest names the files, the columns, the month, the schema, and each total exact and rounded")
    func manifestContent() throws {
        let metadata = try metadata(.v1_2, compression: .none)
        let json = try object(try manifest(metadata))
        #expect(json["SchemaId"] as? String == metadata.schemaID)
        #expect(json["billingPeriod"] as? String == "2025-12")
        #expect(json["billingPeriodEnd"] as? String == "2026-01-01T00:00:00Z")
        #expect(json["compression"] as? String == "none")
        #expect(json["rows"] as? Int == 1_000_007)
        #expect((json["files"] as? [[String: Any]])?.map { $0["sha256"] as? String } == ["ab12", "cd34"])
        #expect((json["columns"] as? [[String: String]])?.count == 60)
        let totals = try #require(json["totals"] as? [[String: String]])
        // Half to even: 11.5 yen are 12, 12.345 dollars 12.34.
        #expect(totals.map { $0["rounded"] } == ["12", "12.34"])
        #expect(totals.map { $0["BilledCost"] } == ["11.5", "12.345"])
    }

    @Test("where no provider is a constant meterd is the data generator; of several all are named")
    func generators() throws {
        let none = try metadata {
            for meter in Samples.richMeters { $0.focusProfiles[meter]?.provider = .subject }
        }
        #expect(try object(none.dataGenerator())["DataGenerator"] as? String == "meterd")
        let two = try metadata { $0.focusProfiles["api_calls"]?.provider = .constant("Another Org") }
        #expect(try object(two.dataGenerator())["DataGenerator"] as? String == "Another Org, Example Metering")
    }
}
