import CloudEvents
import Foundation
import Metering
import Testing

@testable import UsageStore

/// A store in a directory of its own, with one meter.
final class StoreFixture {
    let directory: String
    private(set) var store: UsageStore
    private(set) var totals: Totals
    private(set) var meter: StoredMeter
    private var sequence: UInt64 = 0
    private let definition: Meter

    init(_ aggregation: Aggregation, dimensions: [String] = ["model"]) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "usage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        definition = try Meter(
            slug: "tokens_total",
            name: nil,
            description: nil,
            eventType: "prompt",
            eventFrom: nil,
            aggregation: aggregation,
            valueProperty: aggregation == .count ? nil : ValuePath("$.tokens"),
            groupBy: dimensions.map { Dimension(name: $0, path: try ValuePath("$.\($0)")) },
            metadata: [:]
        )
        store = try UsageStore(directory: directory)
        totals = try store.totals()
        let installed = try store.install(
            [MeterRequest(meter: definition, bucketSeconds: 3600)],
            fromSequence: 0,
            now: 0,
            makeID: { "id" }
        )
        totals.adopt(installed)
        meter = installed[0]
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Counts one event; `hour` is the number of its hour since 1970.
    func add(_ value: String, subject: String, model: String, hour: Int64, unique: String? = nil) throws {
        let slot = try #require(totals.slot(of: meter))
        var key: [UInt8] = []
        for part in [subject, model] {
            withUnsafeBytes(of: UInt32(part.utf8.count).littleEndian) { key.append(contentsOf: $0) }
            key.append(contentsOf: part.utf8)
        }
        let hash = unique.map { text in Array(text.utf8).withUnsafeBytes { UniqueHash(of: $0) } }
        let decimal = try ExactDecimal(value)
        let time = hour * 3_600_000_000 + Int64(sequence % 3_600)
        let number = sequence
        let totals = totals
        try key.withUnsafeBytes {
            try totals.add(slot, key: $0, value: decimal, unique: hash, time: time, sequence: number)
        }
        sequence += 1
    }

    func checkpoint() throws {
        try totals.commit(nextSequence: sequence, dedupeRuns: ["a", "b"], keepEventsFrom: 0, now: 1)
    }

    /// As after a kill: what was not committed is gone.
    func reopen() throws {
        store = try UsageStore(directory: directory)
        totals = try store.totals()
        meter = try store.meters()[0]
        sequence = try store.checkpoint()?.nextSequence ?? 0
    }

    func rows(groupBy: [String] = [], window: WindowSize? = nil, subjects: [String] = []) throws -> [UsageRow]? {
        let query = UsageQuery(
            meter: meter.meter.slug,
            from: nil,
            to: nil,
            windowSize: window,
            zone: .utc,
            subjects: subjects,
            groupBy: groupBy,
            filters: [:]
        )
        let everything = Int64.min..<Int64.max
        let snapshot = totals.snapshot(of: meter, buckets: everything)
        guard let snapshot else { return nil }
        return try UsageReader(store: store, snapshot: snapshot, query: query, buckets: everything).rows()
    }
}
