import EventLog
import Foundation
import Synchronization
import Testing

@Suite("Appending, on a real disk")
struct AppendTests {
    @Test("what was appended is read back after closing and opening")
    func roundTrip() async throws {
        try await withTemporaryDirectory { directory in
            var options = LogOptions()
            options.segmentBytes = 1 << 20
            options.reserveBytes = 0
            let follower = RecordingFollower()
            let log = try EventLog.open(directory: directory, options: options)
            try log.start(follower: follower)
            #expect(try await log.append("first", count: 3) == 0)
            #expect(try await log.append("second", count: 2) == 3)
            #expect(log.syncedThrough == 5)
            log.close()
            #expect(follower.firsts == [0, 3])

            let again = try EventLog.open(directory: directory, identity: log.identity, options: options)
            #expect(again.recovery.nextSequence == 5)
            #expect(again.recovery.torn == nil)
            #expect(try again.texts() == ["first", "second"])
            try again.start(follower: follower)
            #expect(try await again.append("third") == 5)
            #expect(try again.texts(from: 3) == ["second", "third"])
            again.close()
        }
    }

    @Test("every field of a frame comes back as it went in, positions included")
    func fields() async throws {
        try await withTemporaryDirectory { directory in
            let log = try EventLog.open(directory: directory, options: Self.small)
            try log.start(follower: RecordingFollower())
            let positions = [
                SourcePosition(source: "main/usage-events", partition: 7, nextOffset: 123_456_789_012),
                SourcePosition(source: "main/ümlaut", partition: 0, nextOffset: 0),
            ]
            for length in [0, 1, 7, 8, 9, 240, 70_000] {
                let text = String(repeating: "x", count: length)
                let first = try await withCheckedThrowingContinuation { continuation in
                    let draft = FrameDraft(
                        text,
                        count: 9,
                        kind: 2,
                        origin: 1,
                        arrival: 1_733_000_000_000_001,
                        positions: positions
                    ) { continuation.resume(with: $0.mapError { $0 as any Error }) }
                    do { try log.submit(draft) } catch { continuation.resume(throwing: error) }
                }
                let frame = try #require(try log.frame(holding: first + 4))
                #expect(frame.firstSequence == first)
                #expect(frame.kind == 2 && frame.origin == 1 && frame.count == 9)
                #expect(frame.arrival == 1_733_000_000_000_001)
                #expect(frame.positions == positions)
                #expect(frame.text == text)
            }
            log.close()
        }
    }

    @Test("frames of eight senders at once get numbers without holes, and the follower sees them in order")
    func manySenders() async throws {
        try await withTemporaryDirectory { directory in
            let follower = RecordingFollower()
            let log = try EventLog.open(directory: directory, options: Self.small)
            try log.start(follower: follower)
            let taken = try await withThrowingTaskGroup(of: [(UInt64, String)].self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        var taken: [(UInt64, String)] = []
                        for number in 0..<100 {
                            let text = "\(sender)-\(number)-" + String(repeating: "y", count: number * 10)
                            taken.append((try await log.append(text, count: UInt32(1 + number % 3)), text))
                        }
                        return taken
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            log.close()
            #expect(follower.firsts == follower.firsts.sorted())
            #expect(follower.texts == taken.sorted { $0.0 < $1.0 }.map(\.1))
            let again = try EventLog.open(directory: directory, options: Self.small)
            #expect(again.recovery.segments > 1)
            #expect(try again.texts() == follower.texts)
            #expect(try LogInspection.verify(directory: copy(of: directory)).isSound)
            again.close()
        }
    }

    @Test("a second process cannot open the directory, and can once it is closed")
    func locked() async throws {
        try await withTemporaryDirectory { directory in
            let log = try EventLog.open(directory: directory, options: Self.small)
            #expect(throws: EventLogError.locked(directory: directory)) {
                try EventLog.open(directory: directory, options: Self.small)
            }
            #expect(throws: EventLogError.locked(directory: directory)) {
                try LogInspection.verify(directory: directory)
            }
            log.close()
            try EventLog.open(directory: directory, options: Self.small).close()
        }
    }

    @Test("the directory is made with those above it")
    func missingDirectory() async throws {
        try await withTemporaryDirectory { directory in
            let log = try EventLog.open(directory: directory + "/a/b/log", options: Self.small)
            log.close()
            #expect(FileManager.default.fileExists(atPath: directory + "/a/b/log/log.meta"))
        }
    }

    @Test("segments prepared ahead are used, and none is left behind")
    func preparedAhead() async throws {
        try await withTemporaryDirectory { directory in
            var options = Self.small
            options.preparesAhead = true
            let log = try EventLog.open(directory: directory, options: options)
            try log.start(follower: RecordingFollower())
            let text = String(repeating: "z", count: 60_000)
            for _ in 0..<20 { try await log.append(text) }
            log.close()
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(names.filter { $0.hasSuffix(".tmp") } == [])
            #expect(names.filter { $0.hasSuffix(".log") }.count == 20)
            #expect(try LogInspection.verify(directory: directory).isSound)
        }
    }

    private static var small: LogOptions {
        var options = LogOptions()
        options.segmentBytes = 100_000
        options.reserveBytes = 0
        options.preparesAhead = false
        return options
    }

    /// A copy can be looked at while the store runs.
    private func copy(of directory: String) throws -> String {
        try FileManager.default.copyItem(atPath: directory, toPath: directory + "-copy")
        try FileManager.default.moveItem(atPath: directory + "-copy", toPath: directory + "/copy")
        return directory + "/copy"
    }
}
