import ArgumentParser
import CloudEvents
import Dispatch
import Engine
import Foundation
import Logging
import Metering
import Observability
import Synchronization
import UsageStore

/// Generated events through decode, log, sync, dedupe and totals.
struct IngestBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Decode, log, sync, dedupe and totals; then a restart and a replay."
    )

    @Option(help: "How many events.")
    var events = 1_000_000
    @Option(help: "Events in one batch.")
    var batch = 1000
    @Option(help: "The same seed makes the same events.")
    var seed: UInt64 = 1
    @Option(help: "The directory to write to; a new one below var/ by default, removed afterwards.")
    var directory: String?

    /// Batches that may be on their way to the disk at a time.
    private static let inFlight = 64
    /// Bytes that apply may be behind before the next batch waits; the daemon refuses requests at its own limit.
    private static let backlog = 16 << 20
    /// Events of input kept in memory.
    private static let pooled = 200_000

    func validate() throws {
        guard batch > 0, batch <= Self.pooled, events >= batch, events % batch == 0 else {
            throw ValidationError("--events must be a multiple of --batch, and --batch at most \(Self.pooled)")
        }
    }

    func run() throws {
        let place = directory ?? "var/bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: place) } }
        let bodies = makeBodies()
        let bytes = bodies.reduce(0) { $0 + $1.bytes.count } / bodies.count * (events / batch)
        print("input: \(events) events in batches of \(batch), \(bytes / max(events, 1)) bytes an event")
        ProcessFigures.resetPeakMemory()
        let inputMemory = ProcessFigures.peakMemory

        let engine = try open(place)
        let started = ContinuousClock.now
        let decoding = try post(bodies, to: engine)
        let synced = started.duration(to: .now)
        while engine.health.applyLagEvents > 0 { usleep(200) }
        let applied = started.duration(to: .now)
        let stages = engine.stages
        engine.stop()
        let stopped = started.duration(to: .now)

        report("ingest", events: events, bytes: bytes, took: applied)
        print("  on disk after \(text(synced)), in the totals after \(text(applied)), checkpoint at \(text(stopped))")
        print("  peak memory \((ProcessFigures.peakMemory - inputMemory) >> 20) MiB beyond the input")
        let parts = [
            ("decode", decoding), ("log write and sync", stages.log), ("dedupe", stages.dedupe),
            ("totals", stages.totals),
        ]
        let sum = parts.reduce(0) { $0 + $1.1 }
        for (name, seconds) in parts {
            print(String(format: "  %5.1f %% %@ (%.3f s)", seconds / sum * 100, name, seconds))
        }
        try restart(place, bytes: bytes)
    }

    private func restart(_ place: String, bytes: Int) throws {
        var started = ContinuousClock.now
        try open(place).stop()
        print("restart with a fresh checkpoint: \(text(started.duration(to: .now)))")
        for file in ["usage.sqlite", "usage.sqlite-wal", "usage.sqlite-shm", "dedupe"] {
            try? FileManager.default.removeItem(atPath: "\(place)/\(file)")
        }
        let log = try FileManager.default.contentsOfDirectory(atPath: "\(place)/log")
        guard !log.isEmpty else { return }
        started = .now
        let engine = try open(place)
        report("replay of the whole log", events: events, bytes: bytes, took: started.duration(to: .now))
        engine.stop()
    }

    /// As many bodies as are kept in memory; later rounds are the same events with other ids.
    private func makeBodies() -> [EventBody] {
        var generator = EventGenerator(seed: seed)
        return (0..<min(events / batch, Self.pooled / batch)).map { _ in generator.batch(of: batch) }
    }

    /// Posts everything from this thread, as an event loop would, and returns the seconds spent decoding.
    private func post(_ bodies: [EventBody], to engine: Engine) throws -> Double {
        var bodies = bodies
        let decoder = engine.makeDecoder()
        let room = DispatchSemaphore(value: Self.inFlight)
        let refused = Atomic<Int>(0)
        var decoding = Duration.zero
        for number in 0..<events / batch {
            let (round, place) = number.quotientAndRemainder(dividingBy: bodies.count)
            if round > 0 { bodies[place].renew(round: UInt32(round)) }
            room.wait()
            while engine.applyBacklogBytes > Self.backlog { usleep(50) }
            let began = ContinuousClock.now
            let events = try bodies[place].bytes.withUnsafeBytes { try decoder.decode($0, envelope: .batch) }
            decoding += began.duration(to: .now)
            engine.append(events, origin: .http) { outcome in
                if case .failure = outcome { refused.add(1, ordering: .relaxed) }
                room.signal()
            }
        }
        for _ in 0..<Self.inFlight { room.wait() }
        for _ in 0..<Self.inFlight { room.signal() }
        let count = refused.load(ordering: .relaxed)
        if count > 0 { print("  \(count) batches were refused: the figures below are too good") }
        return Double(decoding.components.seconds) + Double(decoding.components.attoseconds) / 1e18
    }

    private func open(_ place: String) throws -> Engine {
        var settings = EngineSettings(directory: place)
        settings.limits = DecodeLimits(events: batch, event: 256 << 10)
        settings.applyBacklogBytes = .max
        return try Engine(benchmarking: settings)
    }

    private func report(_ what: String, events: Int, bytes: Int, took: Duration) {
        let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
        print(
            String(
                format: "%@: %.2f million events/s, %.0f MB/s",
                what,
                Double(events) / seconds / 1e6,
                Double(bytes) / seconds / 1e6
            )
        )
    }

    private func text(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.seconds, .milliseconds], width: .narrow))
    }
}
