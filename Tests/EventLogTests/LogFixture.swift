import EventLog
import Foundation
import Synchronization
import Testing

/// Bytes that a draft can point to.
final class Payload: Sendable {
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: some Collection<UInt8>) {
        memory = .allocate(byteCount: bytes.count, alignment: 8)
        memory.copyBytes(from: bytes)
    }

    convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}

/// What a follower saw, by first sequence number.
final class RecordingFollower: LogFollower {
    private let seen = Mutex<[(first: UInt64, text: String)]>([])

    func synced(_ frames: [Frame]) {
        seen.withLock { seen in seen += frames.map { ($0.firstSequence, $0.text) } }
    }

    var firsts: [UInt64] { seen.withLock { $0.map(\.first) } }
    var texts: [String] { seen.withLock { $0.map(\.text) } }
}

extension Frame {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

extension FrameDraft {
    init(
        _ text: String,
        count: UInt32 = 1,
        kind: UInt8 = 0,
        origin: UInt8 = 0,
        arrival: Int64 = 0,
        positions: [SourcePosition] = [],
        completion: @escaping @Sendable (Result<UInt64, AppendError>) -> Void = { _ in }
    ) {
        let payload = Payload(text)
        self.init(
            kind: kind,
            origin: origin,
            count: count,
            arrival: arrival,
            positions: positions,
            payload: payload.bytes,
            owner: payload,
            completion: completion
        )
    }
}

extension EventLog {
    /// Submits a frame and waits until it is on disk.
    @discardableResult
    func append(
        _ text: String,
        count: UInt32 = 1,
        arrival: Int64 = 0,
        positions: [SourcePosition] = []
    ) async throws -> UInt64 {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<UInt64, any Error>) in
            let draft = FrameDraft(text, count: count, arrival: arrival, positions: positions) {
                continuation.resume(with: $0.mapError { $0 as any Error })
            }
            do { try submit(draft) } catch { continuation.resume(throwing: error) }
        }
    }

    /// Every payload from a sequence number on, as text.
    func texts(from sequence: UInt64 = 0) throws -> [String] {
        let cursor = try frames(from: sequence)
        var texts: [String] = []
        while let frame = try cursor.next() { texts.append(frame.text) }
        return texts
    }
}

/// A log on a simulated disk, with small segments.
struct LogFixture {
    static let directory = "/log"

    var disk = SimulatedDisk()
    var options = LogOptions()
    var now: Int64 = 1_000

    init(segmentBytes: Int = 16_384, disk: SimulatedDisk = SimulatedDisk()) {
        self.disk = disk
        options.segmentBytes = segmentBytes
        options.readBytes = 8_192
        options.reserveBytes = 1 << 20
        options.reserveCheckSeconds = 0.002
        options.preparesAhead = false
    }

    var surroundings: LogSurroundings {
        let now = now
        return LogSurroundings(disk: disk, wallClock: { now })
    }

    func open() throws(EventLogError) -> EventLog {
        try EventLog.open(directory: Self.directory, options: options, surroundings: surroundings)
    }

    func started(_ follower: any LogFollower = RecordingFollower()) throws -> EventLog {
        let log = try open()
        try log.start(follower: follower)
        return log
    }

    func verify() throws(EventLogError) -> VerifyReport {
        try LogInspection.verify(directory: Self.directory, surroundings: surroundings)
    }

    func repair(_ decision: RepairDecision) throws(EventLogError) -> RepairReport {
        try LogInspection.repair(directory: Self.directory, decision: decision, surroundings: surroundings)
    }

    static func segment(_ first: UInt64) -> String {
        let digits = String(first)
        return directory + "/" + String(repeating: "0", count: 20 - digits.count) + digits + ".log"
    }
}

/// A directory of its own on the real disk, removed afterwards.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("event-log-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}
