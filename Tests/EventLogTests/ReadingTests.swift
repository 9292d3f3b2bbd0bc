import EventLog
import Testing

@Suite("Reading")
struct ReadingTests {
    @Test("a cursor begins with the frame that holds the number, in every segment")
    func anyNumber() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        for number in 0..<60 {
            try await log.append("\(number):" + String(repeating: "r", count: 1_000), count: 3)
        }
        #expect(log.metrics.segments > 4)
        for sequence in 0..<180 as Range<UInt64> {
            let frame = try #require(try log.frames(from: sequence).next())
            #expect(frame.firstSequence == sequence / 3 * 3)
            #expect(frame.text.hasPrefix("\(sequence / 3):"))
            #expect(try log.frame(holding: sequence)?.firstSequence == sequence / 3 * 3)
        }
        #expect(try log.frame(holding: 180) == nil)
        #expect(try log.frames(from: 180).next() == nil)
        log.close()
    }

    @Test("a cursor that came to the end gives what is written later")
    func growing() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        let cursor = try log.frames(from: 0)
        for number in 0..<40 {
            #expect(try cursor.next() == nil)
            try await log.append("\(number)" + String(repeating: "g", count: 900))
            #expect(try cursor.next()?.firstSequence == UInt64(number))
        }
        #expect(log.metrics.segments > 2)
        log.close()
    }

    @Test("cursors beside a busy writer see whole frames, in order, none left out")
    func besideWriter() async throws {
        let fixture = LogFixture(segmentBytes: 65_536)
        let log = try fixture.started()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<600 {
                    try await log.append("\(number)" + String(repeating: "w", count: number % 700))
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    let cursor = try log.frames(from: 0)
                    var expected = 0
                    while expected < 600 {
                        guard let frame = try cursor.next() else {
                            await Task.yield()
                            continue
                        }
                        try #require(frame.text == "\(expected)" + String(repeating: "w", count: expected % 700))
                        expected += 1
                    }
                }
            }
            try await group.waitForAll()
        }
        log.close()
    }

    @Test("a frame keeps its bytes as long as its owner is held, while the cursor goes on")
    func ownership() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        for number in 0..<30 { try await log.append("\(number)" + String(repeating: "o", count: 900)) }
        let cursor = try log.frames(from: 0)
        var held: [Frame] = []
        while let frame = try cursor.next() { held.append(frame) }
        #expect(held.map(\.text) == (0..<30).map { "\($0)" + String(repeating: "o", count: 900) })
        log.close()
    }

    @Test("a frame larger than the read buffer is read whole")
    func largeFrame() async throws {
        var fixture = LogFixture(segmentBytes: 1 << 20)
        fixture.options.readBytes = 4_096
        let log = try fixture.started()
        try await log.append("before")
        try await log.append(String(repeating: "L", count: 300_000))
        try await log.append("after")
        #expect(try log.texts() == ["before", String(repeating: "L", count: 300_000), "after"])
        log.close()
    }

    @Test("a flipped bit in a frame is damage that names file, offset and events, and is never handed out")
    func flippedBit() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        for number in 0..<5 { try await log.append("frame \(number)", count: 10) }
        // Each frame has 64 bytes, after the header of the segment.
        fixture.disk.corrupt(LogFixture.segment(0), at: 4_096 + 2 * 64 + 60) { $0 ^= 0x10 }
        let cursor = try log.frames(from: 0)
        #expect(try cursor.next()?.text == "frame 0")
        #expect(try cursor.next()?.text == "frame 1")
        let error = #expect(throws: EventLogError.self) { try cursor.next() }
        guard case .damaged(let damage) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(damage.file == LogFixture.segment(0))
        #expect(damage.offset == 4_096 + 2 * 64)
        #expect(damage.firstSequence == 20)
        #expect(damage.nextSequence == 30)
        #expect(error?.description.contains("events 20 to 29 cannot be read") == true)
        log.close()
    }

    @Test("events that arrived from a time on begin in the segment that time falls into")
    func byArrival() async throws {
        var fixture = LogFixture()
        var starts: [UInt64] = []
        for day in 1...4 {
            fixture.now = Int64(day) * 1_000
            let log = try fixture.started()
            starts.append(try await log.append("day \(day)", arrival: fixture.now + 5))
            log.close()
        }
        let log = try fixture.open()
        #expect(try log.firstSequence(arrivingFrom: 0) == 0)
        #expect(try log.firstSequence(arrivingFrom: 2_004) == starts[1])
        #expect(try log.firstSequence(arrivingFrom: 9_999) == starts[3])
    }
}

@Suite("Retention")
struct RetentionTests {
    private func fiveDays() async throws -> (LogFixture, EventLog) {
        var fixture = LogFixture()
        for day in 1...5 {
            fixture.now = Int64(day) * 1_000
            let log = try fixture.started()
            try await log.append("day \(day)", count: 10, arrival: fixture.now + 1)
            log.close()
        }
        return (fixture, try fixture.started())
    }

    @Test("segments older than the time go, the others stay")
    func byTime() async throws {
        let (fixture, log) = try await fiveDays()
        #expect(try log.deleteSegments(olderThan: 3_999, below: 1_000) == 2)
        #expect(try log.texts() == ["day 3", "day 4", "day 5"])
        log.close()
        let again = try fixture.open()
        #expect(again.recovery.firstSequence == 20)
        #expect(try again.texts(from: 0) == ["day 3", "day 4", "day 5"])
        #expect(try again.frame(holding: 5) == nil)
    }

    @Test("a segment that reaches over the checkpoint stays")
    func bySequence() async throws {
        let (_, log) = try await fiveDays()
        #expect(try log.deleteSegments(olderThan: .max, below: 19) == 1)
        #expect(try log.deleteSegments(olderThan: .max, below: 20) == 1)
        log.close()
    }

    @Test("the last segment is never deleted")
    func last() async throws {
        let (_, log) = try await fiveDays()
        #expect(try log.deleteSegments(olderThan: .max, below: .max) == 4)
        #expect(try log.texts() == ["day 5"])
        #expect(try await log.append("day 6") == 50)
        log.close()
    }

    @Test("a cursor in a deleted segment reads that to its end, and is told when the next is gone")
    func underCursor() async throws {
        let (_, log) = try await fiveDays()
        let cursor = try log.frames(from: 0)
        #expect(try cursor.next()?.text == "day 1")
        try log.deleteSegments(olderThan: .max, below: .max)
        #expect(throws: EventLogError.noLongerKept(sequence: 10, first: 40)) { try cursor.next() }
        log.close()
    }
}
