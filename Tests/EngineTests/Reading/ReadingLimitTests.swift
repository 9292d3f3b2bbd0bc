import CloudEvents
import EventLog
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

@Suite struct ReadingLimitTests {
    private func fixture() async throws -> EngineFixture {
        let fixture = try EngineFixture()
        for hour in 10..<14 {
            try await fixture.post((0..<5).map { Sample.event("\(hour)-\($0)", time: "2025-06-07T\(hour):0\($0):00Z") })
        }
        return fixture
    }

    private func answer(_ fixture: EngineFixture, _ query: UsageQuery, _ limits: ScanLimits) throws -> [UsageRow]? {
        let question = try Question(query, of: try fixture.engine.meter(query.meter))
        return try Answering(engine: fixture.engine, question: question, rowLimit: 10, limits: limits).rows()
    }

    @Test("an answer that would read more events than the limit is refused, and one that the totals hold is not")
    func events() async throws {
        let fixture = try await fixture()
        _ = try await fixture.ledger()
        let limits = ScanLimits(events: 12, deadline: nil)
        #expect(throws: QueryError.self) {
            _ = try answer(fixture, UsageQuery(meter: "prompts", windowSize: .minute), limits)
        }
        #expect(try answer(fixture, UsageQuery(meter: "prompts", windowSize: .hour), limits)?.count == 4)
        let cut = UsageQuery(meter: "prompts", from: Timestamp("2025-06-07T10:02:30Z"), windowSize: .hour)
        #expect(try answer(fixture, cut, limits)?.map(\.value.description).sorted() == ["2", "5", "5", "5"])
    }

    @Test("an answer that takes too long is refused as too much")
    func time() async throws {
        let fixture = try await fixture()
        _ = try await fixture.ledger()
        let over = ScanLimits(events: 1000, deadline: .now - .seconds(1))
        let query = UsageQuery(meter: "prompts", windowSize: .minute)
        guard
            case .tooMuch = try #require(throws: QueryError.self, performing: { _ = try answer(fixture, query, over) })
        else { return #expect(Bool(false), "another error than tooMuch") }
    }

    @Test("an answer from the log with more rows than the limit is refused with both numbers")
    func rows() async throws {
        let fixture = try await fixture()
        let query = UsageQuery(meter: "prompts", windowSize: .minute)
        await #expect(throws: QueryError.tooLarge(rows: 20, limit: 19)) {
            _ = try await fixture.engine.query(query, rowLimit: 19)
        }
        #expect(try await fixture.engine.query(query, rowLimit: 20).rows.count == 20)
    }

    @Test(
        "a query that makes no sense is refused with the reason",
        arguments: [["$.a[?(@.b)]"], ["$"] + (0...64).map { "$.p\($0)" }, ["$["], ["colour"]]
    )
    func senseless(groupBy: [String]) async throws {
        let fixture = try EngineFixture()
        await #expect(throws: QueryError.self) {
            _ = try await fixture.engine.query(UsageQuery(meter: "prompts", groupBy: groupBy))
        }
    }

    @Test("a deep condition is refused before anything is read")
    func depth() async throws {
        let fixture = try EngineFixture()
        var condition = TextCondition.equal("a")
        for _ in 0..<20 { condition = .all([condition]) }
        await #expect(throws: QueryError.self) {
            _ = try await fixture.engine.query(UsageQuery(meter: "prompts", filters: ["subject": condition]))
        }
    }
}

@Suite struct LogBeginTests {
    /// An engine whose totals hold ten hours of events and whose log has lost the first of them.
    private func fixture() throws -> EngineFixture {
        let directory = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        let decoder = EventDecoder(profile: .cloudevents, limits: DecodeLimits(events: 100, event: 256 << 10))
        let pieces = try (10..<20).map { hour in
            let events = (0..<10).map { number in
                Sample.event(
                    "\(hour)-\(number)",
                    data: #"{"tokens":\#(number),"model":"a","note":"\#(String(repeating: "n", count: 1500))"}"#,
                    time: "2025-06-07T\(hour):0\(number):30Z"
                )
            }
            let batch = try Array("[\(events.joined(separator: ","))]".utf8).withUnsafeBytes {
                try decoder.decode($0, envelope: .batch)
            }
            return LogWriting.Piece(kind: .events, count: 10, payload: batch.withPayload { Array($0) })
        }
        try LogWriting.write(pieces, directory: Engine.logDirectory(of: directory), segmentBytes: 64 << 10)
        return try EngineFixture(directory: directory)
    }

    private func loseSegments(_ fixture: EngineFixture, count: Int) throws -> UInt64 {
        fixture.engine.stop()
        let log = Engine.logDirectory(of: fixture.directory)
        let segments = try FileManager.default.contentsOfDirectory(atPath: log).filter { $0.hasSuffix(".log") }.sorted()
        try #require(segments.count > count)
        for segment in segments.prefix(count) { try FileManager.default.removeItem(atPath: "\(log)/\(segment)") }
        try fixture.restart()
        return try #require(UInt64(segments[count].dropLast(4)))
    }

    @Test("what the totals hold is answered for ever; what needs the log names the first moment that can be answered")
    func lostBeginning() async throws {
        let fixture = try fixture()
        #expect(try await fixture.rows("prompts", window: .minute).count == 100)
        let begins = try loseSegments(fixture, count: 1)
        // Each hour has ten events; the one that the new beginning falls into is not whole any more.
        let hour = 10 + (begins + 9) / 10
        let first = "2025-06-07T\(hour):00:00Z"
        #expect(
            try await fixture.rows("prompts", window: .hour).map(\.value.description)
                == Array(repeating: "10", count: 10)
        )
        for from in [nil, "2025-06-07T10:00:00Z", "2025-06-07T\(hour - 1):59:59Z"] {
            let error = await #expect(throws: QueryError.self) {
                _ = try await fixture.rows("prompts", from: from, window: .minute)
            }
            guard case .logTooShort(let reason) = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            #expect(reason.contains(first), "\(reason)")
        }
        let rows = try await fixture.rows("prompts", from: first, window: .minute)
        #expect(rows.count == Int(20 - hour) * 10)
        // Both bounds cut: the first within what is lost.
        await #expect(throws: QueryError.self) {
            _ = try await fixture.rows("prompts", from: "2025-06-07T10:00:01Z", to: "2025-06-07T19:00:00Z")
        }
        let cut = try await fixture.rows("prompts", from: "2025-06-07T10:00:00Z", to: "2025-06-07T19:05:00Z")
        #expect(cut.map(\.value.description) == ["95"])
    }

    @Test("an answer without bounds shows the minutes the log has, and the bucket's bounds where it has lost some")
    func openBounds() async throws {
        let fixture = try fixture()
        func window() async throws -> [String] {
            let rows = try await fixture.rows("prompts")
            return rows.flatMap { ["\($0.window.start)", "\($0.window.end)", $0.value.description] }
        }
        #expect(try await window() == ["2025-06-07T10:00:00Z", "2025-06-07T19:10:00Z", "100"])
        try await fixture.post([
            Sample.event("early", time: "2025-06-07T09:41:07Z"), Sample.event("late", time: "2025-06-07T21:02:59.999Z"),
        ])
        #expect(try await window() == ["2025-06-07T09:41:00Z", "2025-06-07T21:03:00Z", "102"])
        _ = try loseSegments(fixture, count: 1)
        #expect(try await window() == ["2025-06-07T09:41:00Z", "2025-06-07T21:03:00Z", "102"])
    }

    @Test("a list shows what the log still has")
    func lists() async throws {
        let fixture = try fixture()
        let from = try #require(Timestamp("2020-01-01T00:00:00Z"))
        #expect(try await fixture.engine.events(EventListQuery(from: from)).count == 100)
        let begins = try loseSegments(fixture, count: 2)
        #expect(try await fixture.engine.events(EventListQuery(from: from)).count == 100 - Int(begins))
        #expect(try await fixture.engine.subjects(ofMeter: "prompts", limit: 10) == ["customer-1"])
    }

    @Test("a scan passes over blocks and stretches that have nothing of the wanted times, and reads the rest in order")
    func scan() async throws {
        let fixture = try fixture()
        _ = try await fixture.ledger()
        let engine = fixture.engine
        let facts = try engine.eventFacts(sequences: 0..<100)
        #expect(facts.sequences == 0..<100)
        var sequences: [UInt64] = []
        let start = try #require(Timestamp("2025-06-07T12:05:00Z")).microseconds
        let read = try EventScan(
            log: engine.log,
            facts: facts,
            sequences: 21..<44,
            times: start..<start + 3_600_000_000
        ).run { event in
            sequences.append(event.sequence)
            return true
        }
        #expect(sequences == Array(25..<35))
        #expect(read <= 30)
        var stopped = 0
        try EventScan(log: engine.log, facts: facts, sequences: 0..<100).run { _ in
            stopped += 1
            return stopped < 7
        }
        #expect(stopped == 7)
    }
}

@Suite struct OlderStoreTests {
    @Test("events that an older meterd applied are read by nothing, and the refusal says what a person can do")
    func unexplained() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = try UsageStore(directory: directory).identity("explained from") { Array("3".utf8) }
        let fixture = try EngineFixture(directory: directory)
        for hour in 10..<13 {
            try await fixture.post((0..<2).map { Sample.event("\(hour)-\($0)", time: "2025-06-07T\(hour):0\($0):00Z") })
        }
        let error = await #expect(throws: QueryError.self) { _ = try await fixture.rows("prompts", window: .minute) }
        guard case .logTooShort(let reason) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(
            reason.contains("2025-06-07T12:00:00Z") && reason.contains("older meterd") && reason.contains("dedupe/")
        )
        #expect(try await fixture.rows("prompts", from: "2025-06-07T12:00:00Z", window: .minute).count == 2)
        #expect(try await fixture.rows("prompts", window: .hour).count == 3)
        let from = try #require(Timestamp("2020-01-01T00:00:00Z"))
        #expect(try await fixture.engine.events(EventListQuery(from: from)).map(\.sequence) == [5, 4, 3])
    }
}
