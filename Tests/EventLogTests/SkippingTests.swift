import EventLog
import Testing

@Suite("Skipping")
struct SkippingTests {
    @Test(
        "a cursor goes on with the frame that holds a later number, near or in another segment, with or without marks"
    )
    func skipping() async throws {
        let fixture = LogFixture()
        var log = try fixture.started()
        for number in 0..<60 {
            try await log.append("\(number):" + String(repeating: "s", count: 1_000), count: 3)
        }
        #expect(log.metrics.segments > 4)
        for reopened in [false, true] {
            if reopened {
                log.close()
                log = try fixture.started()
            }
            for step in [1, 2, 5, 40, 77] as [UInt64] {
                let cursor = try log.frames(from: 0)
                var wanted: UInt64 = 0
                while let frame = try cursor.next() {
                    #expect(frame.firstSequence == wanted / 3 * 3, "step \(step)")
                    wanted = frame.nextSequence + step
                    cursor.skip(to: wanted)
                }
                #expect(wanted >= 180)
            }
        }
        log.close()
    }

    @Test("a number that the cursor has passed changes nothing, one that is not written yet is waited for")
    func bothEnds() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        for number in 0..<5 { try await log.append("\(number)", count: 2) }
        let cursor = try log.frames(from: 4)
        #expect(try cursor.next()?.firstSequence == 4)
        cursor.skip(to: 1)
        #expect(try cursor.next()?.firstSequence == 6)
        cursor.skip(to: 13)
        #expect(try cursor.next() == nil)
        for number in 5..<8 { try await log.append("\(number)", count: 2) }
        #expect(try cursor.next()?.firstSequence == 12)
        log.close()
    }

    @Test("frames that are not wanted are passed by their headers, and only wanted ones are proved whole")
    func byHeader() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        for number in 0..<6 { try await log.append("frame \(number)", count: 10, arrival: Int64(number)) }
        // Each frame has 64 bytes, after the header of the segment.
        fixture.disk.corrupt(LogFixture.segment(0), at: 4_096 + 2 * 64 + 60) { $0 ^= 0x10 }
        let cursor = try log.frames(from: 0)
        var arrivals: [Int64] = []
        while let frame = try cursor.next(where: { $0.arrival % 3 != 2 }) { arrivals.append(frame.arrival) }
        #expect(arrivals == [0, 1, 3, 4])
        #expect(throws: EventLogError.self) {
            let cursor = try log.frames(from: 0)
            while try cursor.next(where: { $0.firstSequence == 20 && $0.nextSequence == 30 && $0.count == 10 }) != nil {
            }
        }
        log.close()
    }

    @Test("a cursor skips over what retention deleted meanwhile")
    func deleted() async throws {
        var fixture = LogFixture()
        fixture.now = 1_000
        var log = try fixture.started()
        for number in 0..<20 { try await log.append("\(number)" + String(repeating: "d", count: 1_000), arrival: 1) }
        log.close()
        fixture.now = 2_000
        log = try fixture.started()
        let cursor = try log.frames(from: 0)
        #expect(try cursor.next()?.firstSequence == 0)
        #expect(try log.deleteSegments(olderThan: 5_000, below: 20) > 0)
        let first = try log.firstSequence(arrivingFrom: .min)
        try #require(first > 2)
        cursor.skip(to: first)
        #expect(try cursor.next()?.firstSequence == first)
        #expect(try log.frames(from: 0).next()?.firstSequence == first)
        log.close()
    }
}
