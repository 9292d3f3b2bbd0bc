import EventLog
import Synchronization
import Testing

@Suite("The end of the log after a crash")
struct TailTests {
    /// What is on the disk when the process dies with these frames, each list one commit. Every frame has 64 bytes.
    private func killed(_ commits: [[String]]) async throws -> LogFixture {
        let fixture = LogFixture()
        let log = try fixture.open()
        let first = commits.first ?? []
        for text in first.dropLast() { try log.submit(FrameDraft(text, count: 10)) }
        let results = Results()
        if let last = first.last { try log.submit(FrameDraft(last, count: 10) { results.add($0) }) }
        try log.start(follower: RecordingFollower())
        // Nothing more before the first commit is on disk, or it would become a part of it.
        while results.count == 0 { await Task.yield() }
        for commit in commits.dropFirst() {
            for text in commit { try await log.append(text, count: 10) }
        }
        let disk = fixture.disk.copy()
        log.close()
        return LogFixture(disk: disk)
    }

    private func offset(of frame: Int) -> Int { 4_096 + frame * 64 }

    @Test("a store that was killed opens with all its frames and nothing torn")
    func killed() async throws {
        let fixture = try await killed([["a", "b"], ["c"]])
        let log = try fixture.open()
        #expect(log.recovery.torn == nil)
        #expect(log.recovery.nextSequence == 30)
        #expect(try log.texts() == ["a", "b", "c"])
    }

    @Test("a torn last frame is kept in a copy and cut off, and its numbers are given again")
    func torn() async throws {
        let fixture = try await killed([["a"], ["b"]])
        let path = LogFixture.segment(0)
        fixture.disk.corrupt(path, at: offset(of: 1) + 57) { $0 = 0 }
        fixture.disk.corrupt(path, at: offset(of: 1) + 20) { $0 = 0 }
        let bytes = Array(fixture.disk.contents(path)[offset(of: 1)..<(offset(of: 2))])
        let log = try fixture.open()
        let torn = try #require(log.recovery.torn)
        #expect(torn.file == path && torn.offset == Int64(offset(of: 1)))
        let copy = fixture.disk.contents(try #require(torn.copy))
        #expect(Array(bytes.prefix(copy.count)) == copy && bytes.dropFirst(copy.count).allSatisfy { $0 == 0 })
        #expect(fixture.disk.contents(path).count == offset(of: 1))
        #expect(try log.texts() == ["a"])
        try log.start(follower: RecordingFollower())
        #expect(try await log.append("again") == 10)
        log.close()
        #expect(try fixture.verify().isSound)
    }

    @Test("whole frames behind a torn one of the same commit are given up with it (TailRule, step 4)")
    func holeInCommit() async throws {
        let fixture = try await killed([["a", "b", "c", "d"]])
        fixture.disk.corrupt(LogFixture.segment(0), at: offset(of: 2) + 56) { $0 ^= 1 }
        let log = try fixture.open()
        #expect(try log.texts() == ["a", "b"])
        #expect(log.recovery.nextSequence == 20)
        #expect(log.recovery.torn?.bytes ?? 0 > 64)
    }

    @Test("a frame that a later one says was synced is damage: the log does not open and says what to do")
    func damaged() async throws {
        let fixture = try await killed([["a", "b"], ["c"]])
        fixture.disk.corrupt(LogFixture.segment(0), at: offset(of: 1) + 56) { $0 ^= 1 }
        let before = fixture.disk.contents(LogFixture.segment(0))
        let error = #expect(throws: EventLogError.self) { try fixture.open() }
        #expect(
            error
                == .damaged(
                    LogDamage(
                        file: LogFixture.segment(0),
                        offset: Int64(offset(of: 1)),
                        firstSequence: 10,
                        nextSequence: 20,
                        reason: "the frame's checksum is wrong"
                    )
                )
        )
        #expect(error?.description.contains("meterd log repair") == true)
        #expect(fixture.disk.contents(LogFixture.segment(0)) == before)
    }

    @Test("a later frame's header is proof even when its own payload was torn")
    func headerIsProof() async throws {
        let fixture = try await killed([["a"], ["b"], ["c"]])
        fixture.disk.corrupt(LogFixture.segment(0), at: offset(of: 1) + 56) { $0 ^= 1 }
        fixture.disk.corrupt(LogFixture.segment(0), at: offset(of: 2) + 56) { $0 ^= 1 }
        #expect(throws: EventLogError.self) { try fixture.open() }
    }

    @Test("a frame of zeros in the middle is damage, not the end")
    func zeros() async throws {
        let fixture = try await killed([["a"], ["b"], ["c"]])
        for index in offset(of: 1)..<offset(of: 2) { fixture.disk.corrupt(LogFixture.segment(0), at: index) { $0 = 0 } }
        #expect(throws: EventLogError.self) { try fixture.open() }
    }

    @Test("what looks like a frame inside a payload is not one, not even a real frame of another segment")
    func frameInPayload() async throws {
        let other = try await killed([["x"], ["y"]])
        let frames = other.disk.contents(LogFixture.segment(0))[offset(of: 0)..<offset(of: 2)]
        let fixture = LogFixture()
        let log = try fixture.started()
        try await log.append("a", count: 10)
        try await log.append(String(repeating: "p", count: 8) + String(decoding: frames, as: UTF8.self))
        let disk = fixture.disk.copy()
        log.close()
        // The frame that carries them is torn: the search behind it goes over them.
        disk.corrupt(LogFixture.segment(0), at: offset(of: 1) + 57) { $0 ^= 1 }
        let again = try LogFixture(disk: disk).open()
        #expect(again.recovery.nextSequence == 10)
        #expect(again.recovery.torn != nil)
    }

    @Test("torn copies of one place do not overwrite each other")
    func tornTwice() async throws {
        let fixture = try await killed([["a"]])
        for round in 0..<2 {
            fixture.disk.state.withLock { state in
                guard let inode = state.names[LogFixture.segment(0)] else { return }
                state.inodes[inode]?.current += [UInt8](repeating: UInt8(65 + round), count: 40)
            }
            try fixture.open().close()
        }
        let copies = fixture.disk.names(in: LogFixture.directory).filter { $0.hasSuffix(".torn") }
        #expect(copies.count == 2)
        #expect(Set(copies.map { fixture.disk.contents(LogFixture.directory + "/" + $0).last }) == [65, 66])
    }

    @Test("temporary files of a crash are removed")
    func temporary() async throws {
        let fixture = try await killed([["a"]])
        for name in ["next.3.tmp", "00000000000000000099.log.tmp"] {
            fixture.disk.close(try fixture.disk.open(LogFixture.directory + "/" + name, .creating))
        }
        try fixture.open().close()
        #expect(fixture.disk.names(in: LogFixture.directory) == ["00000000000000000000.log", "log.meta"])
    }

    @Test("a log whose first open was cut off while log.meta was being made is opened")
    func firstOpenCutOff() throws {
        let fixture = LogFixture()
        fixture.disk.close(try fixture.disk.open(LogFixture.directory + "/log.meta.tmp", .creating))
        try fixture.open().close()
        #expect(fixture.disk.names(in: LogFixture.directory) == ["log.meta"])
    }

    @Test("a damaged segment header is damage")
    func header() async throws {
        let fixture = try await killed([["a"]])
        fixture.disk.corrupt(LogFixture.segment(0), at: 20) { $0 ^= 1 }
        let error = #expect(throws: EventLogError.self) { try fixture.open() }
        #expect(error?.description.contains("the segment header's checksum is wrong") == true)
    }

    @Test("another store's directory is refused")
    func foreign() throws {
        let fixture = LogFixture()
        let log = try fixture.open()
        log.close()
        let other = LogIdentity(high: 1, low: 2)
        #expect(throws: EventLogError.foreign(path: "/log/log.meta", expected: other, found: log.identity)) {
            try EventLog.open(
                directory: "/log",
                identity: other,
                options: fixture.options,
                surroundings: fixture.surroundings
            )
        }
    }

    @Test("segments without log.meta, or with a damaged one, are refused")
    func noIdentity() async throws {
        let fixture = try await killed([["a"]])
        fixture.disk.corrupt("/log/log.meta", at: 30) { $0 = UInt8(ascii: "z") }
        let damaged = #expect(throws: EventLogError.self) { try fixture.open() }
        #expect(damaged?.description.hasPrefix("/log/log.meta: the file is damaged") == true)
        try fixture.disk.remove("/log/log.meta")
        let missing = #expect(throws: EventLogError.self) { try fixture.open() }
        #expect(missing?.description.hasPrefix("/log/log.meta: the file is missing") == true)
    }
}
