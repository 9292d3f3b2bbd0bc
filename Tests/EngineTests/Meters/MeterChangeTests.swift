import CloudEvents
import Engine
import Foundation
import Metering
import Testing
import UsageStore

@Suite("Meters over the API")
struct MeterChangeTests {
    private static let mine = Sample.meter("mine", .sum, value: "$.tokens", groupBy: ["model": "$.model"])

    @Test("a new one counts from the next event on, and stays over a restart and a power cut")
    func created() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        let made = try await fixture.engine.createMeter(Self.mine.meter, backfill: false)
        #expect(made.owner == .api && made.backfill == nil && made.meter == Self.mine.meter && made.id.count == 26)
        try await fixture.post([Sample.event("2", data: #"{"tokens":7}"#)])
        for _ in 0..<2 {
            #expect(try await fixture.total("mine") == "7")
            #expect(try await fixture.rows(made.id).map(\.value.description) == ["7"])
            #expect(fixture.record("mine") == made)
            #expect(fixture.engine.meters.map(\.owner) == [.configuration, .configuration, .api])
            try fixture.restart()
        }
        let cut = try fixture.afterPowerCut()
        #expect(try await cut.total("mine") == "7" && cut.record("mine") == made)
    }

    @Test("a slug that is taken is refused with whose it is")
    func taken() async throws {
        let fixture = try EngineFixture()
        let sample = Sample.meter("prompts", .sum, value: "$.other")
        guard case .slugTaken(let configured) = await fixture.refusal(creating: sample) else {
            Issue.record("the configuration's slug was given away")
            return
        }
        #expect(configured.contains("configuration"))
        let made = try await fixture.engine.createMeter(Self.mine.meter, backfill: false)
        guard case .slugTaken(let other) = await fixture.refusal(creating: Self.mine) else {
            Issue.record("the slug was given away twice")
            return
        }
        #expect(other.contains(made.id))
    }

    @Test("name, description and metadata change at once, and nothing is counted again")
    func described() async throws {
        let fixture = try EngineFixture()
        let made = try await fixture.engine.createMeter(Self.mine.meter, backfill: false)
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        fixture.clock.now += 1_000_000
        let changed = try await fixture.engine.updateMeter(
            made.id,
            MeterChange(name: "Mine", description: "Of the team", metadata: ["team": "a"])
        )
        #expect(changed.meter.name == "Mine" && changed.meter.description == "Of the team")
        #expect(changed.meter.metadata == ["team": "a"] && changed.meter.groupBy == made.meter.groupBy)
        #expect(changed.id == made.id && changed.createdAt == made.createdAt && changed.updatedAt > made.updatedAt)
        #expect(changed.backfill == nil)
        #expect(try await fixture.total("mine") == "5")
        try fixture.restart()
        #expect(fixture.record("mine") == changed)
    }

    @Test("those of the configuration are not changed or deleted, and what is not there is not found")
    func refused() async throws {
        let fixture = try EngineFixture()
        #expect(await fixture.refusal(updating: "prompts") == .configured(slug: "prompts"))
        #expect(await fixture.refusal(deleting: "prompts") == .configured(slug: "prompts"))
        #expect(await fixture.refusal(updating: "nothing") == .unknownMeter("nothing"))
        #expect(await fixture.refusal(deleting: "nothing") == .unknownMeter("nothing"))
        _ = try await fixture.engine.createMeter(Self.mine.meter, backfill: false)
        let bad = MeterChange(groupBy: [Dimension(name: "subject", path: try ValuePath("$.x"))])
        guard case .invalid = await fixture.refusal(updating: "mine", bad) else {
            Issue.record("a dimension called subject was taken")
            return
        }
        #expect(try await fixture.rows("mine").isEmpty)
    }

    @Test("a deleted one is gone with its totals, its slug is free, and its events stay counted in the ledger")
    func deleted() async throws {
        let fixture = try EngineFixture([Sample.prompts])
        let sums = Sample.meter("sums", .sum, value: "$.tokens", type: "other")
        let first = try await fixture.engine.createMeter(sums.meter, backfill: false)
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#, type: "other")])
        try await fixture.engine.deleteMeter("sums")
        await #expect(throws: QueryError.unknownMeter("sums")) { try await fixture.total("sums") }
        #expect(await fixture.refusal(deleting: first.id) == .unknownMeter(first.id))
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 1 && ledger.unmatched == 0)
        let second = try await fixture.engine.createMeter(sums.meter, backfill: false)
        #expect(second.id != first.id)
        try await fixture.post([Sample.event("2", data: #"{"tokens":7}"#, type: "other")])
        #expect(try await fixture.total("sums") == "7")
        try fixture.restart()
        #expect(try await fixture.total("sums") == "7" && fixture.engine.meters.count == 2)
    }

    @Test("deletion while others query gives each of them the whole answer or none")
    func deletedWhileQueried() async throws {
        let fixture = try EngineFixture()
        let engine = fixture.engine
        try await fixture.post((0..<500).map { Sample.event("\($0)", subject: "customer-\($0)") })
        for round in 0..<5 {
            _ = try await engine.createMeter(Self.mine.meter, backfill: true)
            _ = try await fixture.filled("mine")
            await withTaskGroup(of: [String].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var wrong: [String] = []
                        for _ in 0..<20 {
                            do {
                                let query = UsageQuery(meter: "mine", windowSize: .hour, groupBy: ["subject"])
                                let rows = try await engine.query(query).rows.count
                                if rows != 500 { wrong.append("round \(round): \(rows) rows") }
                            } catch QueryError.unknownMeter {
                                break
                            } catch {
                                wrong.append("round \(round): \(error)")
                            }
                        }
                        return wrong
                    }
                }
                group.addTask {
                    do { try await engine.deleteMeter("mine") } catch { return ["\(error)"] }
                    return []
                }
                for await wrong in group { #expect(wrong.isEmpty, "\(wrong)") }
            }
        }
    }

    @Test("the configuration takes one over that counts the same, and refuses one that does not")
    func takenOver() async throws {
        let fixture = try EngineFixture([Sample.prompts])
        let made = try await fixture.engine.createMeter(Self.mine.meter, backfill: false)
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#)])
        let other = Sample.meter("mine", .max, value: "$.tokens", groupBy: ["model": "$.model"])
        #expect(throws: EngineError.self) { try fixture.engine.reconfigure([Sample.prompts, other]) }
        #expect(fixture.record("mine")?.owner == .api)
        try fixture.engine.reconfigure([Sample.prompts, Self.mine])
        #expect(fixture.record("mine")?.owner == .configuration && fixture.record("mine")?.id == made.id)
        #expect(try await fixture.total("mine") == "5")
        #expect(await fixture.refusal(deleting: "mine") == .configured(slug: "mine"))
        // Named no more it rests; the API takes it up again, or deletes it.
        try fixture.engine.reconfigure([Sample.prompts])
        #expect(fixture.record("mine") == nil)
        try await fixture.post([Sample.event("2", data: #"{"tokens":100}"#)])
        guard case .slugTaken = await fixture.refusal(creating: other),
            case .slugTaken = await fixture.refusal(creating: Self.mine, backfill: true)
        else {
            Issue.record("what rests was lost")
            return
        }
        let again = try await fixture.engine.createMeter(Self.mine.meter, backfill: false)
        #expect(again.id == made.id && again.owner == .api)
        try await fixture.post([Sample.event("3", data: #"{"tokens":2}"#)])
        #expect(try await fixture.total("mine") == "7")
        try fixture.restart(with: [Sample.prompts, Self.mine])
        #expect(fixture.record("mine")?.owner == .configuration)
        try fixture.restart(with: [Sample.prompts])
        #expect(fixture.record("mine") == nil)
        try await fixture.engine.deleteMeter("mine")
        #expect(await fixture.refusal(creating: other) == nil)
    }

    @Test("an event of a meter that rested when it came is not its event, and a correction does not make it so")
    func rested() async throws {
        let fixture = try EngineFixture([Sample.prompts, Self.mine])
        try await fixture.post([Sample.event("1", data: #"{"tokens":1}"#)])
        try fixture.engine.reconfigure([Sample.prompts])
        try await fixture.post([Sample.event("2", data: #"{"tokens":10}"#)])
        try fixture.engine.reconfigure([Sample.prompts, Self.mine])
        try await fixture.post([Sample.event("3", data: #"{"tokens":100}"#)])
        #expect(try await fixture.amend("2", Sample.event("2", data: #"{"tokens":20}"#)).meters.isEmpty)
        #expect(try await fixture.void("2").meters == ["prompts"])
        #expect(try await fixture.total("mine") == "101")
        try fixture.engine.reconfigure([Sample.prompts])
        #expect(try await fixture.void("1").meters == ["mine", "prompts"])
        try fixture.engine.reconfigure([Sample.prompts, Self.mine])
        #expect(try await fixture.total("mine") == "100")
    }

    @Test("a filter decides which events are a meter's at all")
    func filters() async throws {
        let meter = try Meter(
            slug: "gpu",
            eventType: "prompt",
            aggregation: .sum,
            valueProperty: try ValuePath("$.tokens"),
            filters: [
                MeterFilter(name: "$.tier", place: .path(try ValuePath("$.tier")), condition: .oneOf(["gold", "1"])),
                MeterFilter(name: "subject", place: .subject, condition: .notEqual("customer-2")),
                MeterFilter(name: "source", place: .source, condition: .like("example/%")),
            ]
        )
        let fixture = try EngineFixture([MeterRequest(meter: meter, bucketSeconds: 3600)])
        try await fixture.post([
            Sample.event("1", data: #"{"tokens":1,"tier":"gold"}"#),
            Sample.event("2", data: #"{"tokens":10,"tier":"g\u006fld"}"#),
            Sample.event("3", data: #"{"tokens":100,"tier":1}"#),
            Sample.event("4", data: #"{"tokens":1000,"tier":"tin"}"#),
            Sample.event("5", data: #"{"tokens":1000}"#),
            Sample.event("6", data: #"{"tokens":1000,"tier":"gold"}"#, subject: "customer-2"),
            // Not its event, so what its value is does not matter.
            Sample.event("7", data: #"{"tokens":"x","tier":"tin"}"#),
            Sample.event("8", data: #"{"tokens":"x","tier":"gold"}"#),
        ])
        #expect(try await fixture.total("gpu") == "111")
        let ledger = try await fixture.ledger()
        #expect(ledger.counted == 3 && ledger.unmatched == 4 && ledger.invalid == 1)
        // An amendment can make an event the meter's, or take it away.
        try await fixture.amend("4", Sample.event("4", data: #"{"tokens":1000,"tier":"gold"}"#))
        try await fixture.amend("1", Sample.event("1", data: #"{"tokens":1,"tier":"tin"}"#))
        #expect(try await fixture.total("gpu") == "1110")
    }

    @Test("a secret is made once, and another one for another name")
    func secrets() throws {
        let fixture = try EngineFixture()
        let first = try fixture.engine.secret(named: "portal")
        #expect(first.count == 32)
        #expect(try fixture.engine.secret(named: "fingerprint") != first)
        try fixture.restart()
        #expect(try fixture.engine.secret(named: "portal") == first)
    }
}
