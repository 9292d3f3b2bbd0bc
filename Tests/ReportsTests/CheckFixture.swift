import Foundation
import Metering
import ObjectStore
import ReportDefinitions
import Synchronization
import Testing

@testable import Reports

/// A destination with files that a test writes, and reports that belong there.
final class CheckFixture: Sendable {
    let store: DirectoryStore
    private let directory = FileManager.default.temporaryDirectory.appending(path: "check-\(UUID().uuidString)")

    init() {
        store = DirectoryStore(root: directory.path)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    func put(_ key: String, _ text: String) async throws { try await put(key, Array(text.utf8)) }

    func put(_ key: String, _ bytes: [UInt8]) async throws {
        _ = try await store.put(key, .bytes(bytes), contentType: "text/plain")
    }

    /// What an inspection of the report says.
    func inspect(
        _ report: Report,
        beside others: [Report] = [],
        limits: InspectionLimits = InspectionLimits()
    ) async throws -> InspectionResult {
        let catalog = try Self.catalog([report] + others)
        return try await ReportInspection(report: report, catalog: catalog, store: store, limits: limits).run()
    }

    /// What it finds, as people read it.
    func findings(
        _ report: Report = telemetry(),
        beside others: [Report] = [],
        limits: InspectionLimits = InspectionLimits()
    ) async throws -> [String] {
        try await inspect(report, beside: others, limits: limits).findings.map(\.description)
    }

    // MARK: Definitions

    static func report(_ name: String, _ format: Report.Format, prefix: String? = nil) -> Report {
        Report(
            name: name,
            format: format,
            zone: .utc,
            grace: 3600,
            destination: "local",
            prefix: prefix ?? "\(name)/",
            schedule: .every(seconds: 3600)
        )
    }

    static func telemetry(
        _ name: String = "tokens",
        dimensions: [String] = ["subject", "model"],
        dateFormat: TelemetryFormat.DateFormat = .dashed,
        files: TelemetryFormat.Files = .daily,
        prefix: String? = nil
    ) -> Report {
        let format = TelemetryFormat(
            meter: "tokens_total",
            dimensions: dimensions,
            dateColumn: "date",
            metricColumn: "tokens",
            dateFormat: dateFormat,
            files: files
        )
        return report(name, .csv(format), prefix: prefix)
    }

    static func focus(
        version: FocusFormat.Version = .v1_2,
        compression: FocusFormat.Compression = .gzip,
        delivery: FocusFormat.Delivery = .overwrite
    ) -> Report {
        let format = FocusFormat(
            version: version,
            meters: ["tokens_total"],
            compression: compression,
            delivery: delivery
        )
        return report("cost", .focus(format), prefix: "focus/")
    }

    static func catalog(_ reports: [Report]) throws -> ReportCatalog {
        let meter = try Meter(
            slug: "tokens_total",
            eventType: "prompt",
            aggregation: .sum,
            valueProperty: ValuePath("$.tokens"),
            groupBy: [Dimension(name: "model", path: try ValuePath("$.model"))]
        )
        let profile = FocusProfile(
            provider: .constant("Example Org"),
            billingAccountID: .constant("acct-001"),
            currency: "USD",
            serviceName: .constant("Example AI"),
            serviceCategory: "AI and Machine Learning"
        )
        let price = Price(
            meter: "tokens_total",
            sku: "tokens",
            unit: "Tokens",
            per: .one,
            consumedUnit: "Tokens",
            currency: "USD",
            from: try #require(LocalDay("2025-01-01")),
            list: Rates(unitPrice: .one)
        )
        return ReportCatalog(
            reports: reports,
            meters: ["tokens_total": meter],
            focusProfiles: ["tokens_total": profile],
            prices: [price],
            destinations: ["local": Destination(name: "local", kind: .directory("reports"))]
        )
    }
}

/// What an inspection told of its progress.
final class Told: Sendable {
    private let values = Mutex<[InspectionProgress]>([])

    var all: [InspectionProgress] { values.withLock { $0 } }

    func add(_ progress: InspectionProgress) { values.withLock { $0.append(progress) } }
}
