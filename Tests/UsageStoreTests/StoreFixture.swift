import CloudEvents
import Foundation
import GRDB
import Metering
import Testing

@testable import UsageStore

/// A store in a directory of its own, with one meter.
final class StoreFixture {
    let directory: String
    private(set) var store: UsageStore
    private(set) var totals: Totals
    private(set) var meter: StoredMeter
    /// The sequence number of the next event.
    var sequence: UInt64 = 0

    init(_ aggregation: Aggregation, dimensions: [String] = ["model"]) throws {
        directory = try Self.makeDirectory()
        let definition = try Self.definition(aggregation, dimensions: dimensions)
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

    static func makeDirectory() throws -> String {
        let directory = FileManager.default.temporaryDirectory.appending(path: "usage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return directory
    }

    static func definition(
        _ aggregation: Aggregation,
        slug: String = "tokens_total",
        dimensions: [String] = ["model"],
        filters: [MeterFilter] = []
    ) throws -> Meter {
        try Meter(
            slug: slug,
            eventType: "prompt",
            aggregation: aggregation,
            valueProperty: aggregation == .count ? nil : ValuePath("$.tokens"),
            groupBy: dimensions.map { Dimension(name: $0, path: try ValuePath("$.\($0)")) },
            filters: filters
        )
    }

    static func key(_ parts: [String]) -> [UInt8] { SeriesKey.key(of: parts.map { Array($0.utf8) }) }

    static func hash(_ text: String) -> UniqueHash { Array(text.utf8).withUnsafeBytes { UniqueHash(of: $0) } }

    static func time(hour: Int64, second: Int64 = 0) -> Int64 { (hour * 3600 + second) * 1_000_000 }

    /// Counts one event; `hour` is the number of its hour since 1970.
    func add(_ value: String, subject: String, model: String, hour: Int64, unique: String? = nil) throws {
        try add(
            value,
            [subject, model],
            time: Self.time(hour: hour) + Int64(sequence % 3_600),
            unique: unique
        )
    }

    /// Counts one event.
    func add(_ value: String, _ parts: [String], time: Int64, unique: String? = nil) throws {
        let slot = try #require(totals.slot(of: meter))
        let hash = unique.map(Self.hash)
        let decimal = try ExactDecimal(value)
        let (number, totals) = (sequence, totals)
        try Self.key(parts).withUnsafeBytes {
            try totals.add(slot, key: $0, value: decimal, unique: hash, time: time, sequence: number)
        }
        sequence += 1
    }

    /// Makes an edit and puts it in place; its revision is the next sequence number.
    func edit(_ body: (inout TotalsEdit, Totals.Slot) throws -> Void) throws {
        let slot = try #require(totals.slot(of: meter))
        var edit = totals.edit(revision: sequence)
        try body(&edit, slot)
        totals.apply(edit)
        sequence += 1
    }

    func checkpoint(keepEventsFrom: UInt64 = 0) throws {
        try totals.commit(nextSequence: sequence, dedupeRuns: ["a", "b"], keepEventsFrom: keepEventsFrom, now: 1)
    }

    /// As after a kill: what was not committed is gone.
    func reopen() throws {
        store = try UsageStore(directory: directory)
        totals = try store.totals()
        meter = try #require(try store.meters().first { $0.meter.slug == meter.meter.slug && $0.state == .live })
        sequence = try store.checkpoint()?.nextSequence ?? 0
    }

    /// Takes up the store's meters after they changed.
    func adopt() throws {
        let meters = try store.meters()
        totals.adopt(meters)
        meter = try #require(meters.first { $0.meter.slug == meter.meter.slug && $0.state == .live })
    }

    func rows(
        groupBy: [String] = [],
        window: WindowSize? = nil,
        subjects: [String] = [],
        filters: [String: TextCondition] = [:]
    ) throws -> [UsageRow]? {
        try Self.rows(
            of: meter,
            totals,
            store,
            groupBy: groupBy,
            window: window,
            subjects: subjects,
            filters: filters
        )
    }

    static func rows(
        of meter: StoredMeter,
        _ totals: Totals,
        _ store: UsageStore,
        groupBy: [String] = [],
        window: WindowSize? = nil,
        subjects: [String] = [],
        filters: [String: TextCondition] = [:]
    ) throws -> [UsageRow]? {
        let query = query(groupBy: groupBy, window: window, subjects: subjects, filters: filters)
        let everything = Int64.min..<Int64.max
        let snapshot = totals.snapshot(of: meter, buckets: everything)
        guard let snapshot else { return nil }
        return try UsageReader(store: store, snapshot: snapshot, query: query, buckets: everything).rows()?
            .sorted(by: UsageRow.precedes)
    }

    static func query(
        groupBy: [String] = [],
        window: WindowSize? = nil,
        subjects: [String] = [],
        filters: [String: TextCondition] = [:]
    ) -> UsageQuery {
        UsageQuery(
            meter: "tokens_total",
            windowSize: window,
            subjects: subjects,
            groupBy: groupBy,
            filters: filters
        )
    }

    /// What a table holds, for tests of what is on disk.
    func count(_ table: String, where condition: String = "1") throws -> Int {
        try store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table) WHERE \(condition)") } ?? 0
    }
}
