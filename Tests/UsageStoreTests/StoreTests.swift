import Foundation
import GRDB
import Metering
import Testing

@testable import UsageStore

@Suite struct StoreTests {
    /// Another definition under the slug of the fixture's meter.
    private static func otherDefinition() throws -> Meter {
        try Meter(
            slug: "tokens_total",
            name: nil,
            description: nil,
            eventType: "prompt",
            eventFrom: nil,
            aggregation: .sum,
            valueProperty: ValuePath("$.other"),
            groupBy: [],
            metadata: [:]
        )
    }

    @Test("a meter that has counted cannot count by another definition, and nothing changes")
    func redefinition() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        try fixture.checkpoint()
        let other = try Self.otherDefinition()
        let error = #expect(throws: UsageStoreError.self) {
            try fixture.store.install(
                [MeterRequest(meter: other, bucketSeconds: 3600)],
                fromSequence: 9,
                now: 9,
                makeID: { "x" }
            )
        }
        #expect(error?.description.contains("valueProperty, groupBy") == true)
        #expect(try fixture.store.meters() == [fixture.meter])
    }

    @Test("a meter that has counted nothing takes another definition under its slug")
    func correction() throws {
        let fixture = try StoreFixture(.sum)
        let other = try Self.otherDefinition()
        let request = MeterRequest(meter: other, bucketSeconds: 3600)
        let installed = try fixture.store.install([request], fromSequence: 0, now: 9, makeID: { "y" })
        #expect(installed.map(\.meter) == [other])
        #expect(installed.map(\.number) != [fixture.meter.number])
    }

    @Test("a meter that is named no more rests, and counts on under the same number when it is named again")
    func resting() throws {
        let fixture = try StoreFixture(.sum)
        let request = MeterRequest(meter: fixture.meter.meter, bucketSeconds: 3600)
        #expect(try fixture.store.install([], fromSequence: 5, now: 5, makeID: { "x" }).map(\.active) == [false])
        let again = try fixture.store.install([request], fromSequence: 6, now: 6, makeID: { "x" })
        #expect(again.map(\.active) == [true])
        #expect(again[0].id == fixture.meter.id && again[0].number == fixture.meter.number)
    }

    @Test("the identity stays what it was made as")
    func identity() throws {
        let fixture = try StoreFixture(.sum)
        #expect(try fixture.store.identity("secret") { [1, 2, 3] } == [1, 2, 3])
        #expect(try fixture.store.identity("secret") { [4] } == [1, 2, 3])
    }

    @Test("a store of a newer format is refused by number")
    func newerFormat() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.store.pool.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let error = #expect(throws: UsageStoreError.self) { try UsageStore(directory: fixture.directory) }
        #expect(error?.description.contains("format 99") == true)
    }

    @Test("a commit is on disk when it returns")
    func synchronous() throws {
        let fixture = try StoreFixture(.sum)
        let level = try fixture.store.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        #expect(level == 2, "2 is FULL")
    }

    @Test("ledger lines of several checkpoints add up")
    func ledger() throws {
        let fixture = try StoreFixture(.sum)
        var counts = LedgerCounts()
        counts.stored = 3
        counts.counted = 2
        counts.duplicate = 1
        let key = LedgerKey(origin: 0, day: 20_000)
        fixture.totals.record(counts, at: key)
        try fixture.checkpoint()
        fixture.totals.record(counts, at: key)
        try fixture.checkpoint()
        fixture.totals.record(counts, at: key)
        let ledger = try fixture.totals.currentLedger()
        #expect(ledger[key]?.stored == 9 && ledger[key]?.counted == 6 && ledger[key]?.duplicate == 3)
    }

    @Test("a total that is no decimal is damage, and is said so")
    func damagedTotal() throws {
        let fixture = try StoreFixture(.sum)
        try fixture.add("1", subject: "s", model: "m", hour: 0)
        try fixture.checkpoint()
        try fixture.store.pool.write { try $0.execute(sql: "UPDATE total SET value = 'x'") }
        try fixture.reopen()
        let error = #expect(throws: UsageStoreError.self) { _ = try fixture.rows() }
        #expect(error?.description.contains("\"x\"") == true)
    }
}
