import Charges
import Crypto
import Gzip
import Metering
import ObjectStore
import ReportDefinitions
import ReportFormats
import Testing

@testable import Reports

/// The objects of one month of a FOCUS report, as meterd lays them down, for a test to spoil.
struct CheckFocusExport {
    let report: Report
    let format: FocusFormat
    let columns: [String]
    private(set) var objects: [String: [UInt8]] = [:]

    static let folder = "focus/cost/"
    static let manifest = folder + "metadata/BILLING_PERIOD=2025-06/cost-Manifest.json"
    static let generator = folder + "metadata/data_generator.json"

    /// - Parameters:
    ///   - costs: BilledCost of the rows of each data file, each row of a day of its own.
    ///   - version: the folder of a delivery that has its own.
    init(
        _ report: Report = CheckFixture.focus(),
        costs: [[String]] = [["1.5", "2"], ["0.25"]],
        version: String? = nil
    )
        throws
    {
        self.report = report
        guard case .focus(let format) = report.format else { preconditionFailure("a FOCUS report") }
        self.format = format
        let catalog = try CheckFixture.catalog([report])
        let header = try report.makeEncoder(catalog: catalog).layout.header
        columns = CSVScanner.fields(of: header)
        let between = version.map { $0 + "/" } ?? ""
        let ending = format.compression == .gzip ? "csv.gz" : "csv"
        var files: [DeliveredObject] = []
        var totals = ReportTotals()
        var day = 0
        for (part, costs) in costs.enumerated() {
            var text = header
            for cost in costs {
                day += 1
                text += Array(row(day: day, cost: cost).utf8)
                try totals.add(try ExactDecimal(cost), currency: "USD")
            }
            let key = "\(Self.folder)data/BILLING_PERIOD=2025-06/\(between)cost-0000\(part + 1).\(ending)"
            let bytes = format.compression == .gzip ? Self.gzip(text) : text
            objects[key] = bytes
            files.append(DeliveredObject(key: key, rows: costs.count, bytes: bytes.count, sha256: Self.sha256(bytes)))
        }
        let metadata = FocusMetadata(report: report, format: format, catalog: catalog)
        let june = BillingPeriod(containing: try #require(LocalDay("2025-06-01")))
        let manifest = metadata.manifest(period: june, files: files, totals: totals)
        objects[Self.manifest] = manifest
        if let version {
            objects["\(Self.folder)metadata/BILLING_PERIOD=2025-06/\(version)/cost-Manifest.json"] = manifest
        }
        objects["\(Self.folder)metadata/schemas/\(metadata.schemaID).json"] = metadata.schema()
        objects[Self.generator] = metadata.dataGenerator()
    }

    /// A row of a day of June 2025 with a cost, and nothing else.
    func row(day: Int, cost: String, month: String = "2025-06") -> String {
        columns.map { column in
            switch column {
            case "BilledCost": cost
            case "BillingCurrency": "USD"
            case "ChargePeriodStart": "\(month)-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
            default: ""
            }
        }.joined(separator: ",") + "\n"
    }

    static func data(_ part: Int, version: String? = nil) -> String {
        "\(folder)data/BILLING_PERIOD=2025-06/\(version.map { $0 + "/" } ?? "")cost-0000\(part).csv.gz"
    }

    var schema: String { objects.keys.first { $0.contains("/schemas/") } ?? "" }

    mutating func remove(_ key: String) { objects[key] = nil }

    mutating func put(_ key: String, _ text: String) { objects[key] = Array(text.utf8) }

    mutating func put(_ key: String, _ bytes: [UInt8]) { objects[key] = bytes }

    /// Changes an object's text, which has to hold the old one.
    mutating func edit(_ key: String, _ old: String, _ new: String) {
        let text = String(decoding: objects[key] ?? [], as: UTF8.self)
        #expect(text.contains(old), "\(key) has no \(old)")
        put(key, text.replacing(old, with: new))
    }

    func put(into fixture: CheckFixture) async throws {
        for (key, bytes) in objects { try await fixture.put(key, bytes) }
    }

    func findings() async throws -> [String] { try await inspect().findings.map(\.description) }

    func inspect() async throws -> InspectionResult {
        let fixture = CheckFixture()
        try await put(into: fixture)
        return try await fixture.inspect(report)
    }

    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var encoder = GzipEncoder()
        let front = encoder.append(bytes)
        return front + encoder.finish()
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
