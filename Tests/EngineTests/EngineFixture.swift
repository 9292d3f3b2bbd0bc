import CloudEvents
import EventLog
import Foundation
import Logging
import Metering
import Observability
import Synchronization
import Testing
import UsageStore

@testable import Engine

/// An engine in a directory of its own, with a clock that tests turn.
final class EngineFixture {
    let directory: String
    let clock = TestClock()
    private(set) var engine: Engine
    private let meters: [MeterRequest]
    private let adjust: (inout EngineSettings) -> Void

    init(
        _ meters: [MeterRequest] = [Sample.tokens, Sample.prompts],
        directory: String? = nil,
        applyBacklogBytes: Int = 128 << 20,
        adjust: @escaping (inout EngineSettings) -> Void = { _ in }
    ) throws {
        self.directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        self.meters = meters
        self.adjust = { settings in
            settings.applyBacklogBytes = applyBacklogBytes
            adjust(&settings)
        }
        engine = try Self.open(self.directory, meters, clock, self.adjust)
    }

    deinit {
        engine.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func open(
        _ directory: String,
        _ meters: [MeterRequest],
        _ clock: TestClock,
        _ adjust: (inout EngineSettings) -> Void
    ) throws -> Engine {
        var settings = EngineSettings(directory: directory, reserveBytes: 0)
        settings.profile = .cloudevents
        // Hundreds of engines run at once, and segments take their whole size on the disk from the start.
        settings.log.segmentBytes = 32 << 20
        settings.log.preparesAhead = false
        // Checkpoints come when a test asks for them, by stopping.
        settings.checkpointSeconds = .infinity
        adjust(&settings)
        return try Engine(
            settings: settings,
            meters: meters,
            registry: MetricsRegistry(),
            logger: Logger(label: "test"),
            clock: EngineClock(wall: { clock.now }, elapsed: { clock.elapsed }),
            onFailure: { Issue.record("the engine failed: \($0)") }
        )
    }

    /// Stops in order and starts again, with other meters if some are given.
    func restart(with meters: [MeterRequest]? = nil) throws {
        engine.stop()
        engine = try Self.open(directory, meters ?? self.meters, clock, adjust)
    }

    /// A copy of the directory as a power cut at this moment would leave it, with an engine on it.
    func afterPowerCut() throws -> EngineFixture {
        let copy = directory + "-cut-\(UUID().uuidString)"
        try copyStore(to: copy)
        try copyLog(to: copy)
        let fixture = try EngineFixture(meters, directory: copy, adjust: adjust)
        fixture.clock.now = clock.now
        return fixture
    }

    /// Copies all but the log.
    func copyStore(to copy: String) throws {
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name != "log" {
            try FileManager.default.copyItem(atPath: directory + "/" + name, toPath: copy + "/" + name)
        }
    }

    /// Copies the log: of each segment what a test has put there, not all that is allocated.
    func copyLog(to copy: String) throws {
        let (from, to) = (Engine.logDirectory(of: directory), Engine.logDirectory(of: copy))
        try FileManager.default.createDirectory(atPath: to, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: from) where !name.hasSuffix(".tmp") {
            let file = try FileHandle(forReadingFrom: URL(filePath: from + "/" + name))
            defer { try? file.close() }
            try (file.read(upToCount: 4 << 20) ?? Data()).write(to: URL(filePath: to + "/" + name))
        }
    }

    /// Posts events and waits until they are on disk.
    func post(_ events: [String], origin: IngestOrigin = .http) async throws {
        let batch = try batch(events)
        let outcome = await withCheckedContinuation { continuation in
            engine.append(batch, origin: origin) { continuation.resume(returning: $0) }
        }
        try outcome.get()
    }

    /// Appends a take of a stream and waits until it is on disk.
    func take(
        _ events: [String],
        rejected: [RejectedMessage] = [],
        positions: [SourcePosition],
        origin: IngestOrigin = .kafka
    ) async throws {
        let batch = try batch(events)
        let outcome = await withCheckedContinuation { continuation in
            engine.append(batch, rejected: rejected, positions: positions, origin: origin) {
                continuation.resume(returning: $0)
            }
        }
        try outcome.get()
    }

    /// Moves a position and waits until that is on disk.
    func jump(_ position: SourcePosition, reason: String) async throws {
        let outcome = await withCheckedContinuation { continuation in
            engine.jump(position, reason: reason, origin: .kafka) { continuation.resume(returning: $0) }
        }
        try outcome.get()
    }

    func batch(_ events: [String]) throws -> EventBatch {
        let body = Array("[\(events.joined(separator: ","))]".utf8)
        return try body.withUnsafeBytes { try engine.makeDecoder().decode($0, envelope: .batch) }
    }

    /// What is rejected, newest first.
    func rejected(limit: Int = 1000, before: UInt64? = nil) async throws -> [StoredRejection] {
        try await engine.rejectedMessages(origin: nil, limit: limit, before: before)
    }

    /// The next offset of a partition of the sample topic, once everything on disk is applied.
    func nextOffset(_ partition: Int32) async throws -> Int64? {
        _ = try await engine.ledger()
        return engine.positions[PositionKey(source: Sample.topic, partition: partition)]
    }

    func rows(
        _ meter: String = "tokens_total",
        from: String? = nil,
        to: String? = nil,
        window: WindowSize? = nil,
        groupBy: [String] = [],
        zone: Zone = .utc
    ) async throws -> [UsageRow] {
        let query = UsageQuery(
            meter: meter,
            from: from.flatMap { Timestamp($0) },
            to: to.flatMap { Timestamp($0) },
            windowSize: window,
            zone: zone,
            subjects: [],
            groupBy: groupBy,
            filters: [:]
        )
        return try await engine.query(query).rows
    }

    func total(_ meter: String = "tokens_total") async throws -> String? {
        try await rows(meter).first?.value.description
    }

    /// All origins and days added up.
    func ledger() async throws -> LedgerCounts {
        try await engine.ledger().values.reduce(into: LedgerCounts()) { $0.add($1) }
    }
}

/// Microseconds since 1970-01-01T00:00:00Z, as a test sets them.
final class TestClock: Sendable {
    private let time = Mutex((wall: Int64(1_750_000_000_000_000), elapsed: Int64(0)))

    /// Setting it lets time pass.
    var now: Int64 {
        get { time.withLock { $0.wall } }
        set {
            time.withLock {
                $0.elapsed += newValue - $0.wall
                $0.wall = newValue
            }
        }
    }

    var elapsed: Int64 { time.withLock { $0.elapsed } }

    /// Sets the clock, as a person or a broken time server does, without time passing.
    func set(to wall: Int64) { time.withLock { $0.wall = wall } }
}

enum Sample {
    static let tokens = meter("tokens_total", .sum, value: "$.tokens", groupBy: ["model": "$.model"])
    static let prompts = meter("prompts", .count, value: nil)
    static let topic = "main/usage-events"

    static func position(_ partition: Int32, _ nextOffset: Int64) -> SourcePosition {
        SourcePosition(source: topic, partition: partition, nextOffset: nextOffset)
    }

    static func rejected(
        _ partition: Int32 = 0,
        offset: Int64,
        reason: String = "the value is not JSON",
        key: [UInt8]? = nil,
        headers: [RejectedMessage.Header] = [],
        value: [UInt8]? = Array("{".utf8)
    ) -> RejectedMessage {
        RejectedMessage(
            source: topic,
            partition: partition,
            offset: offset,
            time: 1_749_000_000_000_000 &+ offset,
            reason: reason,
            key: key,
            headers: headers,
            value: value
        )
    }

    static func meter(
        _ slug: String,
        _ aggregation: Aggregation,
        value: String?,
        groupBy: [String: String] = [:],
        type: String = "prompt",
        from: String? = nil,
        bucketSeconds: Int64 = 3600
    ) -> MeterRequest {
        do {
            return MeterRequest(
                meter: try Meter(
                    slug: slug,
                    name: nil,
                    description: nil,
                    eventType: type,
                    eventFrom: from.flatMap { Timestamp($0) },
                    aggregation: aggregation,
                    valueProperty: try value.map { try ValuePath($0) },
                    groupBy: try groupBy.map { Dimension(name: $0.key, path: try ValuePath($0.value)) },
                    metadata: [:]
                ),
                bucketSeconds: bucketSeconds
            )
        } catch {
            preconditionFailure("the sample meter \(slug) is wrong: \(error)")
        }
    }

    static func event(
        _ id: String,
        data: String = #"{"tokens":1,"model":"a"}"#,
        type: String = "prompt",
        time: String? = "2025-06-07T12:00:00Z",
        subject: String = "customer-1"
    ) -> String {
        let time = time.map { #","time":"\#($0)""# } ?? ""
        return """
            {"specversion":"1.0","id":"\(id)","source":"example/service","type":"\(type)","subject":"\(subject)"\(time),\
            "data":\(data)}
            """
    }
}
