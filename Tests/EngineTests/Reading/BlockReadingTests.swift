import CloudEvents
import EventLog
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

extension EngineFixture {
    /// Starts again with a later sequence number, as after a repair of the log that gave up everything before it: blocks of
    /// 65,536 sequence numbers are passed without as many events.
    func restart(at sequence: UInt64) async throws {
        _ = try await engine.ledger()
        let next = engine.log.syncedThrough
        engine.stop()
        let digits = [next, sequence].map { number in
            String(repeating: "0", count: 20 - String(number).count) + String(number)
        }
        let gap = "\(Engine.logDirectory(of: directory))/\(digits[0])-\(digits[1]).gap"
        try Data("given up by a test\n".utf8).write(to: URL(filePath: gap))
        try restart()
    }
}

@Suite struct BlockReadingTests {
    /// Events in four blocks, one frame for each.
    ///
    /// - Parameter early: sequence numbers by which a frame begins before its block.
    private func fixture(_ events: [[String]], early: UInt64 = 2) async throws -> EngineFixture {
        let fixture = try EngineFixture()
        for (index, events) in events.enumerated() {
            if index > 0 { try await fixture.restart(at: UInt64(index) * EventBlock.width - early) }
            try await fixture.post(events)
        }
        return fixture
    }

    @Test("the newest events are found whatever block they are in, and blocks that cannot have one are not read")
    func newest() async throws {
        var random = SplitMix(seed: 31)
        var times: [(time: String, sequence: UInt64)] = []
        let parts = (0..<4).map { part in
            (0..<20).map { number in
                let time = "2025-06-0\(random.next() % 9 + 1)T1\(random.next() % 10):00:00Z"
                let first = part == 0 ? 0 : UInt64(part) * EventBlock.width - 2
                times.append((time, first + UInt64(number)))
                return Sample.event("\(part)-\(number)", time: time)
            }
        }
        let fixture = try await fixture(parts)
        let newest = times.sorted { ($0.time, $0.sequence) > ($1.time, $1.sequence) }.map(\.sequence)
        let from = try #require(Timestamp("2020-01-01T00:00:00Z"))
        for limit in [1, 3, 10, 50, 100] {
            let listed = try await fixture.engine.events(EventListQuery(from: from, limit: limit))
            #expect(listed.map(\.sequence) == Array(newest.prefix(limit)))
        }
        let end = try #require(Timestamp("2025-06-05T00:00:00Z"))
        let before = times.sorted { ($0.time, $0.sequence) > ($1.time, $1.sequence) }.filter { $0.time < "2025-06-05" }
        let listed = try await fixture.engine.events(EventListQuery(from: from, to: end, limit: 5))
        #expect(listed.map(\.sequence) == before.prefix(5).map(\.sequence))
    }

    @Test("only as many blocks are read for a list as can have its events")
    func fewBlocks() async throws {
        let fixture = try await fixture(
            (0..<4).map { part in
                (0..<20).map { Sample.event("\(part)-\($0)", time: "2025-06-07T1\(part):00:\(10 + $0)Z") }
            }
        )
        _ = try await fixture.ledger()
        let query = EventListQuery(from: try #require(Timestamp("2025-06-07T00:00:00Z")), limit: 5)
        // The last frame begins at the end of the block before its own, so both have its greatest time: one is read for that
        // frame, the other for it and the one before.
        let limits = ScanLimits(events: 60, deadline: nil)
        let listed = try EventListing(engine: fixture.engine, query: query, limits: limits).events()
        let last = 3 * EventBlock.width + 17
        #expect(listed.map(\.sequence) == (0..<5).map { last - $0 })
    }

    @Test("an answer without bounds finds its first and last minute in the blocks that can have them")
    func bounds() async throws {
        // One bucket over four blocks; the earliest event is in the third block, the latest in the second.
        let minutes = [[20, 30], [25, 58], [1, 40], [30, 45]]
        let fixture = try await fixture(
            minutes.enumerated().map { part, minutes in
                minutes.map { Sample.event("\(part)-\($0)", time: "2025-06-07T12:\($0 < 10 ? "0" : "")\($0):30Z") }
            },
            early: 0
        )
        let rows = try await fixture.rows("prompts")
        #expect(rows.map(\.window.start.description) == ["2025-06-07T12:01:00Z"])
        #expect(rows.map(\.window.end.description) == ["2025-06-07T12:59:00Z"])
        let query = UsageQuery(meter: "prompts", filters: ["subject": .notEqual("customer-1")])
        #expect(try await fixture.engine.query(query).rows.map(\.value.description) == ["0"])
    }

    @Test("a cut reads only the blocks with events of its time")
    func cut() async throws {
        let fixture = try await fixture(
            (0..<4).map { part in
                (0..<20).map { Sample.event("\(part)-\($0)", time: "2025-06-07T1\(part):00:\(10 + $0)Z") }
            }
        )
        _ = try await fixture.ledger()
        let query = UsageQuery(meter: "prompts", from: Timestamp("2025-06-07T11:00:15Z"), windowSize: .hour)
        let question = try Question(query, of: try fixture.engine.meter("prompts"))
        let limits = ScanLimits(events: 40, deadline: nil)
        let answering = Answering(engine: fixture.engine, question: question, rowLimit: 10, limits: limits)
        #expect(try answering.rows()?.map(\.value.description).sorted() == ["15", "20", "20"])
    }
}
