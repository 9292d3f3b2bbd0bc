import EventLog
import Glibc
import Synchronization
import Testing

@Suite("A disk that fails")
struct FaultTests {
    @Test("a failed sync is final: the waiting and all later frames fail, the observer hears of it once")
    func syncFails() async throws {
        var fixture = LogFixture()
        let box = Told()
        fixture.options.observer.failed = { box.add($0) }
        let follower = RecordingFollower()
        let log = try fixture.started(follower)
        try await log.append("kept")
        fixture.disk.setFault { call, _, _ in call == "fdatasync" ? EIO : nil }
        await #expect(throws: AppendError.self) { try await log.append("lost") }
        fixture.disk.setFault(nil)
        // The disk would work again; the log does not try.
        let calls = fixture.disk.calls
        let error = await #expect(throws: AppendError.self) { try await log.append("later") }
        #expect(error.map(\.description)?.contains("fdatasync of \(LogFixture.segment(0)) failed") == true)
        #expect(error.map(\.description)?.contains("Input/output error (EIO)") == true)
        #expect(fixture.disk.calls == calls)
        #expect(box.count == 1)
        #expect(follower.texts == ["kept"])
        #expect(log.syncedThrough == 1)
        #expect(log.metrics.failure != nil)
        #expect(try log.texts() == ["kept"])
        log.close()
    }

    @Test("a failed write is final too, whatever the disk says", arguments: [EIO, ENOSPC, EROFS])
    func writeFails(number: Int32) async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        try await log.append("kept")
        fixture.disk.setFault { call, _, _ in call == "pwritev" ? number : nil }
        await #expect(throws: AppendError.self) { try await log.append("lost") }
        fixture.disk.setFault(nil)
        let error = await #expect(throws: AppendError.self) { try await log.append("later") }
        guard case .failed = error else { return #expect(Bool(false), "\(String(describing: error))") }
        log.close()
        let again = try fixture.open()
        #expect(try again.texts() == ["kept"])
    }

    @Test("frames that wait behind a failing one all hear of it")
    func waitingFail() async throws {
        let fixture = LogFixture()
        let log = try fixture.open()
        fixture.disk.setFault { call, _, _ in call == "pwritev" ? EIO : nil }
        let results = Results()
        for number in 0..<100 { try log.submit(FrameDraft("\(number)") { results.add($0) }) }
        try log.start(follower: RecordingFollower())
        log.close()
        #expect(results.count == 100)
        #expect(results.failures.allSatisfy { if case .failed = $0 { true } else { false } })
        #expect(results.failures.count == 100)
    }

    @Test("writes that take only a few bytes at a time are gone on with", arguments: [1, 7, 100])
    func shortWrites(limit: Int) async throws {
        let fixture = LogFixture()
        fixture.disk.state.withLock { $0.writeLimit = limit }
        let log = try fixture.open()
        let results = Results()
        for number in 0..<20 {
            try log.submit(FrameDraft(String(repeating: "\(number)-", count: number)) { results.add($0) })
        }
        try log.start(follower: RecordingFollower())
        log.close()
        let again = try fixture.open()
        #expect(try again.texts() == (0..<20).map { String(repeating: "\($0)-", count: $0) })
    }

    @Test("a full disk at a new segment refuses with diskLow and passes when there is space")
    func fullAtSegment() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        fixture.disk.setFault { call, _, _ in call == "posix_fallocate" ? ENOSPC : nil }
        fixture.disk.state.withLock { $0.free = 0 }
        await #expect(throws: AppendError.diskLow) { try await log.append("no room") }
        await #expect(throws: AppendError.diskLow) { try await log.append("refused at the door") }
        #expect(log.metrics.diskLow)
        fixture.disk.setFault(nil)
        fixture.disk.state.withLock { $0.free = 1 << 40 }
        try await untilTaken(log, "again")
        #expect(try log.texts() == ["again"])
        #expect(!log.metrics.diskLow)
        log.close()
        #expect(fixture.disk.names(in: LogFixture.directory).filter { $0.hasSuffix(".tmp") } == [])
    }

    @Test("below the reserve frames are refused though the segment has room, and taken again above it")
    func reserve() async throws {
        var fixture = LogFixture()
        let box = Flags()
        fixture.options.observer.diskLow = { box.add($0) }
        let log = try fixture.started()
        try await log.append("before")
        fixture.disk.state.withLock { $0.free = 1 << 10 }
        while true {
            do { try await log.append("while it is not seen") } catch AppendError.diskLow { break }
        }
        fixture.disk.state.withLock { $0.free = 1 << 40 }
        try await untilTaken(log, "after")
        log.close()
        #expect(box.all == [true, false])
    }

    @Test("space that covers the reserve but not another segment is not enough once a segment is wanted")
    func reserveForSegment() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        let text = String(repeating: "s", count: 9_000)
        try await log.append(text)
        fixture.disk.state.withLock { $0.free = (1 << 20) + 16_383 }
        await #expect(throws: AppendError.diskLow) { try await log.append(text) }
        fixture.disk.state.withLock { $0.free = (1 << 20) + 16_384 }
        try await untilTaken(log, text)
        log.close()
    }

    @Test("a thread, a lock or a file that cannot be had is said with call, path and meaning")
    func openFails() throws {
        let fixture = LogFixture()
        fixture.disk.setFault { call, path, _ in call == "rename" && path.hasSuffix("log.meta.tmp") ? EACCES : nil }
        let error = #expect(throws: EventLogError.self) { try fixture.open() }
        #expect(error?.description == "rename of /log/log.meta.tmp failed: Permission denied (EACCES)")
    }

    private func untilTaken(_ log: EventLog, _ text: String) async throws {
        while true {
            do {
                try await log.append(text)
                return
            } catch AppendError.diskLow {
                await Task.yield()
            }
        }
    }
}

/// What completions were told.
final class Results: Sendable {
    private let results = Mutex<[Result<UInt64, AppendError>]>([])
    func add(_ result: Result<UInt64, AppendError>) { results.withLock { $0.append(result) } }
    var count: Int { results.withLock { $0.count } }
    var firsts: [UInt64] { results.withLock { $0.compactMap { try? $0.get() } } }
    var failures: [AppendError] {
        results.withLock { $0.compactMap { if case .failure(let error) = $0 { error } else { nil } } }
    }
}

private final class Told: Sendable {
    private let errors = Mutex<[EventLogError]>([])
    func add(_ error: EventLogError) { errors.withLock { $0.append(error) } }
    var count: Int { errors.withLock { $0.count } }
}

private final class Flags: Sendable {
    private let flags = Mutex<[Bool]>([])
    func add(_ flag: Bool) { flags.withLock { $0.append(flag) } }
    var all: [Bool] { flags.withLock { $0 } }
}
