import CloudEvents
import Engine
import Metering
import Testing
import UsageStore

@Suite("The ledger by source")
struct LedgerSourceTests {
    private static func event(_ id: Int, source: String, type: String = "prompt") -> String {
        Sample.event("\(id)", type: type).replacing("example/service", with: source)
    }

    @Test("events of many sources in one frame are each in the line of theirs", arguments: [1, 2, 63, 64, 65, 200])
    func manyInAFrame(sources: Int) async throws {
        let fixture = try EngineFixture()
        var random = SplitMix(seed: UInt64(sources))
        var expected: [String: LedgerCounts] = [:]
        for frame in 0..<4 {
            let events = (0..<300).map { number in
                // Texts of other lengths, and some that end alike.
                let source =
                    random.next() % 2 == 0 ? "s/\(random.next() % UInt64(sources))" : "\(frame % 2)/of/the/same/end"
                let type = random.next() % 3 == 0 ? "other" : "prompt"
                expected[source, default: LedgerCounts()].stored += 1
                if type == "prompt" {
                    expected[source, default: LedgerCounts()].counted += 1
                } else {
                    expected[source, default: LedgerCounts()].unmatched += 1
                }
                return Self.event(frame * 300 + number, source: source, type: type)
            }
            try await fixture.post(events)
            if frame == 1 { try fixture.restart() }
        }
        let found = try await fixture.engine.ledger()
        #expect(found.count == expected.count)
        for (key, counts) in found { #expect(counts == expected[key.source], "\(key)") }
        #expect(try await fixture.afterPowerCut().engine.ledger() == found)
    }

    @Test("a day has lines for so many sources; the events of further ones share the line without a source")
    func tooMany() async throws {
        let fixture = try EngineFixture()
        let sources = LedgerKey.sourcesADay + 50
        for start in stride(from: 0, to: sources, by: 100) {
            try await fixture.post((start..<min(start + 100, sources)).map { Self.event($0, source: "s/\($0)") })
            if start == 500 { try fixture.restart() }
        }
        // One that has a line goes on having it, also for a correction.
        try await fixture.post([
            Self.event(sources, source: "s/7"), Self.event(sources + 1, source: "s/\(sources - 1)"),
        ])
        _ = try await fixture.engine.correct(CorrectionDraft(source: "s/7", id: "7", reason: "x"))
        _ = try await fixture.engine.correct(
            CorrectionDraft(source: "s/\(sources - 1)", id: "\(sources - 1)", reason: "x")
        )
        let found = try await fixture.engine.ledger()
        #expect(found.count == LedgerKey.sourcesADay + 1)
        #expect(found.first { $0.key.source.isEmpty }?.value.stored == 51)
        #expect(found.first { $0.key.source.isEmpty }?.value.voided == 1)
        #expect(found.first { $0.key.source == "s/7" }?.value.stored == 2)
        #expect(found.first { $0.key.source == "s/7" }?.value.voided == 1)
        // The next day begins anew.
        fixture.clock.now += 86_400_000_000
        try await fixture.post([Self.event(sources + 2, source: "s/\(sources - 1)")])
        #expect(try await fixture.engine.ledger().count == LedgerKey.sourcesADay + 2)
        let anew = try await fixture.countedAnew()
        #expect(try await anew.engine.ledger() == (try await fixture.engine.ledger()))
    }
}
