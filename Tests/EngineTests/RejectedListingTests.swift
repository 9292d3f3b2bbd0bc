import EventLog
import Foundation
import Testing
import UsageStore

@testable import Engine

@Suite struct RejectedListingTests {
    @Test("the newest come first, over checkpoints and frames, as many as asked for")
    func newestFirst() async throws {
        let fixture = try EngineFixture()
        func take(_ offsets: Range<Int64>) async throws {
            try await fixture.take(
                [Sample.event("\(offsets.lowerBound)")],
                rejected: offsets.map { Sample.rejected(offset: $0) },
                positions: [Sample.position(0, offsets.upperBound)]
            )
        }
        try await take(0..<3)
        try await take(3..<4)
        try fixture.restart()
        try await take(4..<7)
        try await take(7..<9)
        #expect(try await fixture.rejected().map(\.message.offset) == [8, 7, 6, 5, 4, 3, 2, 1, 0])
        for limit in 0...10 {
            let found = try await fixture.rejected(limit: limit)
            #expect(found.map(\.message.offset) == Array((0..<9).reversed().prefix(limit)).map(Int64.init))
        }
        #expect(try await fixture.rejected().map(\.sequence) == [11, 10, 8, 7, 6, 4, 2, 1, 0])
    }

    @Test("pages follow each other without gap or repetition, over frames and checkpoints", arguments: 1...10)
    func pages(limit: Int) async throws {
        let fixture = try EngineFixture()
        func take(_ offsets: Range<Int64>) async throws {
            try await fixture.take(
                [Sample.event("\(offsets.lowerBound)")],
                rejected: offsets.map { Sample.rejected(offset: $0) },
                positions: []
            )
        }
        try await take(0..<3)
        try await take(3..<4)
        try fixture.restart()
        try await take(4..<9)
        var pages: [[StoredRejection]] = []
        while true {
            let page = try await fixture.rejected(limit: limit, before: pages.last?.last?.sequence)
            if page.isEmpty { break }
            pages.append(page)
            // A checkpoint and newer messages fall between the first page and the second.
            guard pages.count == 1 else { continue }
            try fixture.restart()
            try await take(9..<11)
        }
        #expect(pages.flatMap { $0 }.map(\.message.offset) == [8, 7, 6, 5, 4, 3, 2, 1, 0])
        #expect(pages.dropLast().allSatisfy { $0.count == limit })
    }

    @Test("before any sequence number, also one that no rejected message has, come those below it")
    func before() async throws {
        let fixture = try EngineFixture()
        for offsets in [0..<3, 3..<5] as [Range<Int64>] {
            try await fixture.take(
                [Sample.event("\(offsets.lowerBound)")],
                rejected: offsets.map { Sample.rejected(offset: $0) },
                positions: []
            )
        }
        func check() async throws {
            // Sequence numbers 3 and 6 are events.
            let all: [UInt64] = [5, 4, 2, 1, 0]
            for before in Array(0...8) + [UInt64(Int64.max), UInt64.max] {
                for limit in 0...6 {
                    let found = try await fixture.rejected(limit: limit, before: before)
                    #expect(found.map(\.sequence) == Array(all.filter { $0 < before }.prefix(limit)))
                }
            }
        }
        try await check()
        try fixture.restart()
        try await check()
    }

    @Test("pages that the bytes bound follow each other too")
    func longPages() async throws {
        let fixture = try EngineFixture()
        let long = Array(repeating: UInt8(ascii: "x"), count: RejectedMessage.keptBytes)
        for take in 0..<3 as Range<Int64> {
            try await fixture.take(
                [],
                rejected: (0..<100).map { Sample.rejected(offset: take * 100 + $0, value: long) },
                positions: []
            )
        }
        let first = try await fixture.rejected()
        let second = try await fixture.rejected(before: first.last?.sequence)
        #expect((first + second).map(\.message.offset) == (0..<300).reversed().map(Int64.init))
        #expect(try await fixture.rejected(before: second.last?.sequence).isEmpty)
    }

    @Test("an answer has no more than the limit on messages and on bytes, but never none for the bytes")
    func bounded() async throws {
        let fixture = try EngineFixture()
        let long = Array(repeating: UInt8(ascii: "x"), count: RejectedMessage.keptBytes)
        for take in 0..<3 as Range<Int64> {
            try await fixture.take(
                [],
                rejected: (0..<100).map { Sample.rejected(offset: take * 100 + $0, value: long) },
                positions: []
            )
        }
        let found = try await fixture.rejected()
        #expect(found.map(\.message.offset) == (0..<Int64(found.count)).map { 299 - $0 })
        #expect(found.reduce(0) { $0 + $1.message.byteCount } <= Engine.listedRejectionBytes)
        #expect(found.count == Engine.listedRejectionBytes / found[0].message.byteCount)

        try await fixture.take([], rejected: (0..<1001).map { Sample.rejected(offset: $0) }, positions: [])
        #expect(try await fixture.rejected(limit: .max).count == 1000)
    }

    @Test("only those of the origin asked for are listed")
    func origins() async throws {
        let fixture = try EngineFixture()
        try await fixture.take([], rejected: [Sample.rejected(offset: 0)], positions: [])
        for fixture in [fixture, try fixture.afterPowerCut()] {
            #expect(try await fixture.engine.rejectedMessages(origin: .http, limit: 9).isEmpty)
            #expect(try await fixture.engine.rejectedMessages(origin: .kafka, limit: 9).count == 1)
        }
        try fixture.restart()
        #expect(try await fixture.engine.rejectedMessages(origin: .http, limit: 9).isEmpty)
        #expect(try await fixture.engine.rejectedMessages(origin: .kafka, limit: 9).count == 1)
    }

    @Test("those whose segment retention has deleted are left out")
    func deleted() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        let log = Engine.logDirectory(of: directory)
        let pieces = (0..<8 as Range<Int64>).map { offset in
            let message = Sample.rejected(offset: offset, value: Array(repeating: 1, count: 10_000))
            let payload = TakePayload.make(rejected: [message], events: UnsafeRawBufferPointer(start: nil, count: 0))
            return LogWriting.Piece(kind: .take, count: 1, payload: Array(payload.bytes))
        }
        // Two frames to a segment.
        try LogWriting.write(pieces, directory: log, segmentBytes: 32 << 10)
        let fixture = try EngineFixture(directory: directory)
        #expect(try await fixture.rejected().map(\.message.offset) == [7, 6, 5, 4, 3, 2, 1, 0])
        fixture.engine.stop()
        let opened = try EventLog.open(directory: log)
        #expect(try opened.deleteSegments(olderThan: .max, below: 8) > 0)
        let first = Int64(opened.recovery.nextSequence) - Int64(opened.metrics.segments)
        opened.close()
        #expect(first < 8)

        let again = try EngineFixture(directory: directory)
        let store = try UsageStore(directory: directory)
        #expect(try store.rejectedFrames(origin: nil, limit: 99).count == 8, "the store still names them all")
        let left = try await again.rejected().map(\.message.offset)
        #expect(left.count < 8 && left == Array((0..<8).reversed().prefix(left.count)))
    }
}
