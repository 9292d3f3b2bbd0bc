import EventLog
import Synchronization
import Testing

@Suite("The queue before the log")
struct QueueTests {
    @Test("frames over the limit of bytes are refused, with the time to wait")
    func bytes() throws {
        var fixture = LogFixture()
        fixture.options.queueBytes = 1_000
        fixture.options.retryAfterSeconds = 3
        let log = try fixture.open()
        let text = String(repeating: "q", count: 400)
        try log.submit(FrameDraft(text))
        try log.submit(FrameDraft(text))
        #expect(throws: AppendError.queueFull(retryAfterSeconds: 3)) { try log.submit(FrameDraft(text)) }
        #expect(log.queuedBytes == 912)
    }

    @Test("frames over the limit of frames are refused")
    func frames() throws {
        var fixture = LogFixture()
        fixture.options.queueFrames = 2
        let log = try fixture.open()
        try log.submit(FrameDraft("a"))
        try log.submit(FrameDraft("b"))
        #expect(throws: AppendError.queueFull(retryAfterSeconds: 1)) { try log.submit(FrameDraft("c")) }
    }

    @Test("a frame that no segment can hold is refused, the largest that one can is taken")
    func tooLarge() async throws {
        let fixture = LogFixture(segmentBytes: 16_384)
        let log = try fixture.started()
        let limit = 16_384 - 4_096
        await #expect(throws: AppendError.frameTooLarge(bytes: limit + 8, limit: limit)) {
            try await log.append(String(repeating: "l", count: limit - 55))
        }
        try await log.append(String(repeating: "l", count: limit - 56))
        try await log.append("next")
        log.close()
        #expect(try fixture.verify().segments.map(\.events) == [1, 1])
    }

    @Test("a frame with a source name over 65,535 bytes is refused")
    func longSource() throws {
        let log = try LogFixture().open()
        let position = SourcePosition(source: String(repeating: "t", count: 65_536), partition: 0, nextOffset: 1)
        #expect(throws: AppendError.self) { try log.submit(FrameDraft("x", positions: [position])) }
    }

    @Test("the queue is empty when the last completion was told so")
    func released() async throws {
        var fixture = LogFixture()
        fixture.options.queueFrames = 1
        let log = try fixture.started()
        for number in 0..<50 { try await log.append("\(number)") }
        #expect(log.queuedBytes == 0)
        #expect(log.metrics.frames == 50 && log.metrics.events == 50)
        log.close()
    }

    @Test("close writes what waits and refuses what comes after")
    func close() async throws {
        let fixture = LogFixture()
        let log = try fixture.open()
        let results = Results()
        for number in 0..<200 { try log.submit(FrameDraft("\(number)", count: 2) { results.add($0) }) }
        try log.start(follower: RecordingFollower())
        log.close()
        #expect(results.firsts == (0..<200).map { $0 * 2 })
        #expect(throws: AppendError.closed) { try log.submit(FrameDraft("late")) }
        log.close()
    }

    @Test("closing a log that was never started fails what waits")
    func neverStarted() throws {
        let log = try LogFixture().open()
        let results = Results()
        try log.submit(FrameDraft("never") { results.add($0) })
        log.close()
        #expect(results.failures == [.closed])
    }

    @Test("frames that gathered while the writer was busy go out in one commit, in the order they came")
    func grouped() throws {
        var fixture = LogFixture(segmentBytes: 1 << 20)
        let samples = Samples()
        fixture.options.observer.committed = { samples.add($0) }
        let log = try fixture.open()
        for number in 0..<1_500 { try log.submit(FrameDraft("\(number)", count: 3)) }
        try log.start(follower: RecordingFollower())
        log.close()
        #expect(samples.all.map(\.frames) == [1_500])
        #expect(samples.all.map(\.events) == [4_500])
        let again = try fixture.open()
        #expect(try again.texts() == (0..<1_500).map(String.init))
    }

    @Test("a commit has at most the frames and bytes it may have")
    func limitedCommit() throws {
        var fixture = LogFixture(segmentBytes: 1 << 20)
        fixture.options.commitFrames = 10
        fixture.options.commitBytes = 2_000
        let samples = Samples()
        fixture.options.observer.committed = { samples.add($0) }
        let log = try fixture.open()
        for _ in 0..<25 { try log.submit(FrameDraft("small")) }
        for _ in 0..<3 { try log.submit(FrameDraft(String(repeating: "b", count: 1_500))) }
        try log.submit(FrameDraft(String(repeating: "b", count: 5_000)))
        try log.start(follower: RecordingFollower())
        log.close()
        #expect(samples.all.map(\.frames) == [10, 10, 6, 1, 1, 1])
    }
}

private final class Samples: Sendable {
    private let samples = Mutex<[CommitSample]>([])
    func add(_ sample: CommitSample) { samples.withLock { $0.append(sample) } }
    var all: [CommitSample] { samples.withLock { $0 } }
}
