import CloudEvents
import Dispatch
import EventLog
import Metering
import Synchronization
import Testing
import UsageStore

@testable import Engine

@Suite struct TakeTests {
    @Test("the same event over HTTP and Kafka counts once, and the ledger shows one duplicate")
    func twoOrigins() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1")])
        try await fixture.take([Sample.event("1")], positions: [Sample.position(0, 1)])
        #expect(try await fixture.total("prompts") == "1")
        let ledger = try await fixture.ledger()
        #expect(ledger.stored == 2 && ledger.counted == 1 && ledger.duplicate == 1 && ledger.conflict == 0)
    }

    @Test("events, rejected messages and positions of one take are kept together, live and after a replay")
    func together() async throws {
        let fixture = try EngineFixture()
        try await fixture.take(
            [Sample.event("1"), Sample.event("2")],
            rejected: [Sample.rejected(1, offset: 7), Sample.rejected(1, offset: 9)],
            positions: [Sample.position(0, 2), Sample.position(1, 10)]
        )
        try await fixture.post([Sample.event("3")])
        for fixture in [fixture, try fixture.afterPowerCut()] {
            #expect(try await fixture.total("prompts") == "3")
            let kafka = try await fixture.engine.ledger().filter { $0.key.origin == IngestOrigin.kafka.rawValue }
            let events = try #require(kafka.first { $0.key.source == EngineFixture.source }?.value)
            #expect(events.stored == 2 && events.counted == 2 && events.received == 2)
            // What was rejected has no source that could be believed.
            let rejected = try #require(kafka.first { $0.key.source.isEmpty }?.value)
            #expect(rejected.rejected == 2 && rejected.received == 2 && kafka.count == 2)
            #expect(try await fixture.nextOffset(0) == 2)
            #expect(try await fixture.nextOffset(1) == 10)
            #expect(try await fixture.rejected().map(\.message.offset) == [9, 7])
            #expect(try await fixture.engine.bucketRevisions(meter: "prompts").through == 5)
        }
    }

    @Test("a take of rejected messages alone is taken")
    func onlyRejected() async throws {
        let fixture = try EngineFixture()
        try await fixture.take([], rejected: [Sample.rejected(offset: 0)], positions: [Sample.position(0, 1)])
        for fixture in [fixture, try fixture.afterPowerCut()] {
            let ledger = try await fixture.ledger()
            #expect(ledger.stored == 0 && ledger.rejected == 1)
            #expect(try await fixture.nextOffset(0) == 1)
        }
    }

    @Test("a jump and a take with nothing in it move the position and count nothing")
    func nothingToCount() async throws {
        let fixture = try EngineFixture()
        try await fixture.jump(Sample.position(0, 500), reason: "offsets 0 to 499 are no longer on the broker")
        try await fixture.take([], positions: [Sample.position(1, 3)])
        try await fixture.take([], positions: [])
        try await fixture.post([Sample.event("1")])
        for fixture in [fixture, try fixture.afterPowerCut()] {
            #expect(try await fixture.nextOffset(0) == 500)
            #expect(try await fixture.nextOffset(1) == 3)
            let ledger = try await fixture.ledger()
            #expect(ledger.received == 1 && ledger.counted == 1)
            #expect(try await fixture.engine.bucketRevisions(meter: "prompts").through == 3)
        }
    }

    @Test("a position can go back, as for a topic that was deleted and made anew")
    func goesBack() async throws {
        let fixture = try EngineFixture()
        try await fixture.take([Sample.event("1")], positions: [Sample.position(0, 900)])
        try await fixture.jump(Sample.position(0, 0), reason: "the topic was made anew")
        #expect(try await fixture.nextOffset(0) == 0)
        #expect(try await fixture.afterPowerCut().nextOffset(0) == 0)
    }

    @Test("a position is seen when its frame is applied, not when it is on disk")
    func seenWhenApplied() throws {
        let fixture = try EngineFixture()
        let batch = try fixture.batch([Sample.event("1")])
        let engine = fixture.engine
        let onDisk = DispatchSemaphore(value: 0)
        // Whoever has the state keeps apply waiting.
        let seen = engine.state.withLock { _ in
            engine.append(batch, rejected: [], positions: [Sample.position(0, 1)], origin: .kafka) { _ in
                onDisk.signal()
            }
            onDisk.wait()
            return engine.positions
        }
        #expect(seen.isEmpty)
    }

    @Test("positions are in the store with the totals they belong to, and at hand right after a start")
    func committed() async throws {
        let fixture = try EngineFixture()
        try await fixture.take(
            [Sample.event("1")],
            rejected: [Sample.rejected(offset: 1)],
            positions: [Sample.position(0, 2), Sample.position(4, 1)]
        )
        try await fixture.take([Sample.event("2")], positions: [Sample.position(0, 3)])
        try fixture.restart()
        let expected = [
            PositionKey(source: Sample.topic, partition: 0): Int64(3),
            PositionKey(source: Sample.topic, partition: 4): 1,
        ]
        #expect(fixture.engine.positions == expected)
        let store = try UsageStore(directory: fixture.directory)
        #expect(try store.positions() == expected)
        #expect(try store.checkpoint()?.nextSequence == 3)
    }

    @Test("streams are told to wait long before posts are")
    func backlog() async throws {
        // A quarter of three bytes is none.
        let fixture = try EngineFixture(applyBacklogBytes: 3)
        await #expect(throws: AppendRefusal.queueFull(retryAfter: 1)) {
            try await fixture.take([Sample.event("1")], positions: [Sample.position(0, 1)])
        }
        await #expect(throws: AppendRefusal.queueFull(retryAfter: 1)) {
            try await fixture.jump(Sample.position(0, 1), reason: "x")
        }
        try await fixture.post([Sample.event("1")])
    }
}
