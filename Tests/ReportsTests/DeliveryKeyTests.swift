import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Keys of deliveries")
struct DeliveryKeyTests {
    private func day(_ text: String) throws -> LocalDay { try #require(LocalDay(text)) }

    private func keys(_ format: Report.Format, prefix: String = "p/") throws -> DeliveryKeys {
        DeliveryKeys(report: Samples.report(format, name: "name", prefix: prefix), day: try day("2025-12-07"))
    }

    private func focus(
        _ delivery: FocusFormat.Delivery,
        _ compression: FocusFormat.Compression = .gzip
    ) throws -> DeliveryKeys {
        try keys(.focus(FocusFormat(version: .v1_2, meters: [], compression: compression, delivery: delivery)))
    }

    private static let hash = "0123456789abcdef0123456789abcdef"

    @Test("telemetry, Datadog and a reconciliation are one file a delivery")
    func single() throws {
        #expect(
            try keys(.csv(Samples.telemetry())) == .single(key: "p/name-2025-12-07.csv")
        )
        #expect(try keys(.csv(Samples.telemetry(files: .single))) == .single(key: "p/name.csv"))
        #expect(try keys(.datadog(DatadogFormat(meters: []))) == .single(key: "p/name-2025-12-07.json"))
        #expect(try keys(.reconciliation(ReconciliationFormat(reports: []))) == .single(key: "p/name.csv"))
    }

    @Test("CloudZero's further files are numbered from the second on")
    func numbered() throws {
        let keys = try keys(.cloudZeroTelemetry(CloudZeroTelemetryFormat(meter: "m", stream: .metric, filters: [])))
        #expect(
            [1, 2, 12_345].map { keys.data(part: $0, version: "") }
                == ["", "-00002", "-12345"].map { "p/name-2025-12-07\($0).json" }
        )
        #expect(keys.entry == "p/name-2025-12-07.json")
    }

    @Test("a FOCUS export is laid out as AWS does, its files replaced")
    func overwrite() throws {
        let keys = try focus(.overwrite)
        #expect(
            keys.data(part: 1, version: "0001-x") == "p/name/data/BILLING_PERIOD=2025-12/name-00001.csv.gz"
        )
        #expect(keys.entry == "p/name/metadata/BILLING_PERIOD=2025-12/name-Manifest.json")
        #expect(
            try focus(.overwrite, .none).data(part: 20, version: "")
                == "p/name/data/BILLING_PERIOD=2025-12/name-00020.csv"
        )
        guard case .export(let export) = keys else {
            Issue.record("\(keys)")
            return
        }
        #expect(export.schema(id: "id") == "p/name/metadata/schemas/id.json")
        #expect(export.dataGenerator == "p/name/metadata/data_generator.json")
        #expect(export.manifest(of: "0001-x") == nil)
    }

    @Test("each version of a FOCUS export has folders of its own, and the latest manifest the usual key")
    func new() throws {
        let keys = try focus(.new)
        let version = keys.version(revision: 3, content: Self.hash)
        #expect(version == "0003-0123456789ab")
        #expect(
            keys.data(part: 2, version: version)
                == "p/name/data/BILLING_PERIOD=2025-12/0003-0123456789ab/name-00002.csv.gz"
        )
        #expect(keys.entry == "p/name/metadata/BILLING_PERIOD=2025-12/name-Manifest.json")
        guard case .export(let export) = keys else {
            Issue.record("\(keys)")
            return
        }
        #expect(
            export.manifest(of: version)
                == "p/name/metadata/BILLING_PERIOD=2025-12/0003-0123456789ab/name-Manifest.json"
        )
        #expect(keys.version(revision: 12_345, content: Self.hash) == "12345-0123456789ab")
    }

    @Test("AnyCost drops are in the month's folder, which ends with the first of the next month")
    func drops() throws {
        let keys = try keys(.anyCost(AnyCostFormat(meters: [])))
        let version = keys.version(revision: 3, content: Self.hash)
        #expect(keys.data(part: 1, version: version) == "p/name/20251201-20260101/0123456789ab/name-00001.csv.gz")
        #expect(keys.entry == "p/name/20251201-20260101/manifest.json")
    }

    @Test("of a month whose files are replaced, what the manifest does not name is stale, but a kept version is not")
    func staleExport() throws {
        let data = "p/name/data/BILLING_PERIOD=2025-12/"
        let metadata = "p/name/metadata/BILLING_PERIOD=2025-12/"
        let current = data + "name-00001.csv.gz"
        let stale = [
            data + "name-00002.csv.gz", data + "name-00001.csv", data + "0002-0123456789ab/name-00001.csv.gz",
        ]
        let kept = [
            data + "0001-0123456789ab/name-00001.csv.gz", data + "notes.txt", data + "name-1.csv",
            data + "name-000001.csv",
            data + "name-00001.csv.bak", data + "other-00001.csv", data + "a/b/name-00001.csv",
            data + "other/name-00001.csv", metadata + "0001-0123456789ab/name-Manifest.json",
            metadata + "name-Manifest.json", metadata + "0002-0123456789ab/other-Manifest.json",
        ]
        for delivery in FocusFormat.Delivery.allCases {
            let keys = try focus(delivery)
            #expect(keys.leftoverPrefixes == [data, metadata])
            #expect(keys.stale(in: [current] + stale + kept, current: [current], unfinished: []) == stale)
        }
    }

    @Test("of a month's drops, all but the current one are stale, and nothing else in the folder is")
    func staleDrops() throws {
        let keys = try keys(.anyCost(AnyCostFormat(meters: [])))
        let folder = "p/name/20251201-20260101/"
        let current = folder + "0123456789ab/name-00001.csv.gz"
        let stale = [folder + "0123456789ab/name-00002.csv.gz", folder + "ffffffffffff/name-00001.csv.gz"]
        let kept = [
            folder + "manifest.json", folder + "drop-1/name-00001.csv.gz", folder + "ffffffffffff/other-00001.csv.gz",
            folder + "ffffffffffff/name-00001.csv", folder + "name-00001.csv.gz",
        ]
        #expect(keys.leftoverPrefixes == [folder])
        #expect(keys.stale(in: [current] + stale + kept, current: [current], unfinished: []) == stale)
    }

    @Test("of numbered files, those with a number too high are stale")
    func staleParts() throws {
        let keys = DeliveryKeys.numbered(stem: "p/name-2025-12-07")
        let listed = ["-00002.json", "-00003.json", "-00001.json", "-2.json", "-00003.json.gz", "-0000x.json"]
            .map { "p/name-2025-12-07\($0)" }
        #expect(keys.stale(in: listed, current: [listed[0]], unfinished: []) == [listed[1]])
        #expect(DeliveryKeys.single(key: "p/name.csv").leftoverPrefixes.isEmpty)
    }
}
