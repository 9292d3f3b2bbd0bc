import CloudEvents
import Foundation
import Logging
import Metering
import ObjectStore
import Observability
import ReportDefinitions
import Testing

@testable import Reports

/// A runner over a real directory and a real delivery record, with usage the test makes up.
final class ReportBench: Sendable {
    let directory: URL
    let usage = MeasuredUsage()
    let clock: TestClock
    let store: WatchedStore
    let metrics = MetricsRegistry()

    /// Starts at the given time.
    init(at now: String = "2025-06-10T12:00:00Z", gate: Gate? = nil) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        clock = try TestClock(now)
        store = WatchedStore(DirectoryStore(root: directory.appending(path: "out").path), gate: gate)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// A runner as a new process would make it: what it knows is in the files.
    func runner(
        _ reports: Report...,
        spoolLimit: Int = 1 << 20,
        rowLimit: Int? = nil,
        change: (inout ReportCatalog) throws -> Void = { _ in }
    ) throws -> ReportRunner {
        var catalog = try Samples.catalog(reports)
        try change(&catalog)
        return ReportRunner(
            catalog: catalog,
            stores: ["local": store, "other": store],
            usage: usage,
            records: try records(),
            spool: SpoolSettings(directory: directory.appending(path: "spool").path, memoryLimit: spoolLimit),
            rowLimit: rowLimit,
            clock: clock.clock,
            metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    func records() throws -> DeliveryRecords {
        try DeliveryRecords(path: directory.appending(path: "deliveries.sqlite").path)
    }

    /// The text of a delivered file; nil when there is none.
    func file(_ key: String) throws -> String? {
        let url = directory.appending(path: "out").appending(path: key)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }

    /// The bytes of a delivered file; nil when there is none.
    func bytes(_ key: String) throws -> [UInt8]? {
        let url = directory.appending(path: "out").appending(path: key)
        return FileManager.default.fileExists(atPath: url.path) ? Array(try Data(contentsOf: url)) : nil
    }

    /// The keys of everything delivered, sorted.
    func keys() throws -> [String] {
        let root = directory.appending(path: "out")
        guard FileManager.default.fileExists(atPath: root.path) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: root.path)
            .filter { !root.appending(path: $0).hasDirectoryPath }.sorted()
            .filter {
                (try? root.appending(path: $0).resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) ?? false
            }
    }
}

extension ReportRunner {
    /// Runs over all changed days.
    func run(_ report: String, dryRun: Bool = false) async throws -> ReportRunResult {
        try await run(ReportRunRequest(report: report, days: nil, dryRun: dryRun))
    }

    /// Runs the days from `from` to `to` (exclusive).
    func run(_ report: String, from: String, to: String, dryRun: Bool = false) async throws -> ReportRunResult {
        let days = try #require(LocalDay(from))..<(try #require(LocalDay(to)))
        return try await run(ReportRunRequest(report: report, days: days, dryRun: dryRun))
    }
}
