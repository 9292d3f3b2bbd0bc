import GRDB
import Metering
import Testing

@testable import UsageStore

@Suite struct MeterChangeTests {
    private static func request(_ slug: String, _ aggregation: Aggregation = .count) throws -> MeterRequest {
        MeterRequest(
            meter: try StoreFixture.definition(aggregation, slug: slug, dimensions: []),
            bucketSeconds: 3600
        )
    }

    private func create(
        _ fixture: StoreFixture,
        _ request: MeterRequest,
        filling: Bool = false,
        from sequence: UInt64 = 7
    ) throws -> StoredMeter {
        try fixture.store.create(
            request,
            ownership: .api,
            fromSequence: sequence,
            filling: filling,
            now: 3,
            id: "id-\(request.meter.slug)"
        )
    }

    @Test("a meter of the API counts from its first event on, and stays when the configuration does not name it")
    func created() throws {
        let fixture = try StoreFixture(.sum)
        let meter = try create(fixture, try Self.request("requests"))
        #expect(meter.ownership == .api && meter.state == .live && meter.active && meter.refill == nil)
        #expect(meter.activity == [7..<UInt64.max] && meter.isActive(at: 7) && !meter.isActive(at: 6))
        try fixture.adopt()
        #expect(fixture.totals.slot(of: meter) != nil)
        let installed = try fixture.store.install([], fromSequence: 9, now: 4, makeID: { "x" })
        #expect(installed.map(\.active) == [false, true])
        #expect(installed.map(\.activity) == [[0..<9], [7..<UInt64.max]])
        #expect(try UsageStore(directory: fixture.directory).meters() == installed)
    }

    @Test("a slug that is taken is refused with the way out", arguments: [true, false])
    func taken(rests: Bool) throws {
        let fixture = try StoreFixture(.sum)
        if rests { try fixture.store.install([], fromSequence: 5, now: 5, makeID: { "x" }) }
        let error = #expect(throws: UsageStoreError.self) {
            try create(fixture, try Self.request("tokens_total"))
        }
        #expect(error?.description.contains(rests ? "delete it first" : "choose another slug") == true)
        #expect(try fixture.store.meters().count == 1)
    }

    @Test("a resting meter that counts the same is taken up under its number, with a gap in its activity")
    func takenUp() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.store.install([], fromSequence: 5, now: 5, makeID: { "x" })
        let request = MeterRequest(meter: fixture.meter.meter, bucketSeconds: 3600)
        let meter = try create(fixture, request, from: 8)
        #expect(meter.number == fixture.meter.number && meter.id == fixture.meter.id && meter.ownership == .api)
        #expect(meter.activity == [0..<5, 8..<UInt64.max] && !meter.isActive(at: 6))
    }

    @Test("the configuration takes over a meter of the API that counts the same")
    func takenOver() throws {
        let fixture = try StoreFixture(.sum)
        let request = try Self.request("requests")
        let meter = try create(fixture, request)
        let own = MeterRequest(meter: fixture.meter.meter, bucketSeconds: 3600)
        let installed = try fixture.store.install([own, request], fromSequence: 9, now: 4, makeID: { "x" })
        #expect(installed[1].number == meter.number && installed[1].ownership == .configuration)
        #expect(installed[1].activity == [7..<UInt64.max])
    }

    @Test("the configuration does not redefine a meter of the API that has counted")
    func redefined() throws {
        let fixture = try StoreFixture(.sum)
        let meter = try create(fixture, try Self.request("requests"))
        try fixture.adopt()
        try StoreFixture.key(["s"]).withUnsafeBytes {
            let slot = try #require(fixture.totals.slot(of: meter))
            try fixture.totals.add(slot, key: $0, value: .one, unique: nil, time: 0, sequence: 7)
        }
        try fixture.checkpoint()
        let other = try Self.request("requests", .sum)
        #expect(throws: UsageStoreError.self) {
            try fixture.store.install([other], fromSequence: 9, now: 4, makeID: { "x" })
        }
        #expect(try fixture.store.meters().map(\.active) == [true, true])
    }

    @Test("filters come back as they were, and a changed one is another definition")
    func filters() throws {
        let fixture = try StoreFixture(.sum)
        let conditions: [(String, MeterFilter.Place, TextCondition)] = [
            ("$.a", .path(try ValuePath("$.a")), .any([.like("x%"), .all([.greater("a"), .noneOf(["b", "c"])])])),
            ("source", .source, .equal("urn:\u{E9}")), ("subject", .subject, .notLikeIgnoringCase("t_st\\%")),
        ]
        let filters = conditions.map { MeterFilter(name: $0.0, place: $0.1, condition: $0.2) }
        let meter = try StoreFixture.definition(.count, slug: "some", dimensions: [], filters: filters)
        let stored = try create(fixture, MeterRequest(meter: meter, bucketSeconds: 3600))
        #expect(try UsageStore(directory: fixture.directory).meters().last?.meter == meter)
        let none = try StoreFixture.definition(.count, slug: "some", dimensions: [])
        #expect(stored.countingDifferences(to: none, bucketSeconds: 3600) == ["filters"])
    }

    @Test("a name and a description change without another number")
    func updated() throws {
        let fixture = try StoreFixture(.sum)
        let meter = try create(fixture, try Self.request("requests"))
        let named = try Meter(slug: "requests", name: "Requests", eventType: "prompt", aggregation: .count)
        let updated = try fixture.store.update(meter, to: named, now: 9)
        #expect(updated.number == meter.number && updated.meter == named && updated.updatedAt == 9)
        #expect(try fixture.store.meters().last == updated)
    }

    @Test("a deleted meter is gone, its slug is free, and its number is never used again")
    func deleted() throws {
        let fixture = try StoreFixture(.sum)
        let request = try Self.request("requests")
        let meter = try create(fixture, request)
        try fixture.store.delete(meter: meter.number, now: 4)
        #expect(try fixture.store.meters().map(\.meter.slug) == ["tokens_total"])
        while try fixture.store.purge(rowsAtMost: 10) {}
        let again = try create(fixture, request)
        #expect(again.number > meter.number)
    }

    @Test("rows of a deleted meter go piece by piece, in every table, and no others")
    func purge() throws {
        let fixture = try StoreFixture(.uniqueCount)
        try fixture.add("1", subject: "kept", model: "m", hour: 0, unique: "u")
        let gone = try create(fixture, try Self.request("gone", .p50))
        let levels = try create(fixture, try Self.request("levels", .weightedSum))
        try fixture.adopt()
        for meter in [gone, levels] {
            let slot = try #require(fixture.totals.slot(of: meter))
            for number in 0..<50 as Range<UInt64> {
                try StoreFixture.key(["s\(number)"]).withUnsafeBytes {
                    let time = Int64(number) * 3_600_000_000
                    try fixture.totals.add(slot, key: $0, value: .one, unique: nil, time: time, sequence: number)
                }
            }
            fixture.totals.record(MeterLedgerCounts(), meter: meter, day: 3)
            fixture.totals.record(InvalidEvent(sequence: 99, meter: meter.number, reason: "why"))
        }
        try fixture.checkpoint()
        for meter in [gone, levels] { try fixture.store.delete(meter: meter.number, now: 4) }
        try fixture.adopt()
        var pieces = 0
        while try fixture.store.purge(rowsAtMost: 40) { pieces += 1 }
        #expect(pieces > 8)
        for table in ["total", "bucket", "series", "unique_value"] { #expect(try fixture.count(table) == 1) }
        for table in ["sketch", "level", "meter_ledger"] { #expect(try fixture.count(table) == 0) }
        #expect(try fixture.count("invalid_event") == 2, "they say what became of events")
        try fixture.reopen()
        #expect(try fixture.rows()?.map(\.value) == [.one])
    }

    @Test("a piece of a purge is found by its key, not by looking through what is left")
    func purgePlan() throws {
        let fixture = try StoreFixture(.sum)
        for (table, key) in UsageStore.purged {
            let plan = try fixture.store.pool.read {
                try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + UsageStore.purge(table, key), arguments: [1, 5])
                    .map { $0["detail"] as String }
            }
            #expect(!plan.contains { $0.hasPrefix("SCAN \(table)") }, "\(plan)")
        }
    }
}
