import EventLog
import Glibc
import Testing

@Suite("Verify and repair")
struct RepairTests {
    /// Twelve frames of 4,000 bytes and 10 events, four commits a segment, three segments, closed.
    private func store() async throws -> LogFixture {
        let fixture = LogFixture(segmentBytes: 4_096 + 4 * Self.frame)
        let log = try fixture.started()
        for number in 0..<12 {
            try await log.append(
                "\(number)/" + String(repeating: "f", count: 3_941 - "\(number)".count),
                count: 10,
                arrival: Int64(number)
            )
        }
        log.close()
        return fixture
    }

    private static let frame = 4_000
    private func offset(_ index: Int) -> Int { 4_096 + index * Self.frame }
    private func numbers(_ log: EventLog) throws -> [Int] {
        try log.texts().map { Int($0.prefix { $0 != "/" }) ?? -1 }
    }
    private func flip(_ fixture: LogFixture, segment: UInt64, frame: Int) {
        fixture.disk.corrupt(LogFixture.segment(segment), at: offset(frame) + 500) { $0 ^= 1 }
    }

    /// Opens, reads, appends, and looks again.
    private func expectUsable(_ fixture: LogFixture, _ expected: [Int], next: UInt64) async throws {
        #expect(try fixture.verify().isSound)
        let log = try fixture.started()
        #expect(try numbers(log) == expected)
        #expect(log.recovery.nextSequence == next)
        #expect(try await log.append("99/") == next)
        #expect(try numbers(log) == expected + [99])
        #expect(try log.frame(holding: next)?.text == "99/")
        log.close()
        #expect(try fixture.verify().isSound)
        let again = try fixture.open()
        #expect(try numbers(again) == expected + [99])
    }

    @Test("a sound store is reported segment by segment, and a repair does nothing")
    func sound() async throws {
        let fixture = try await store()
        let report = try fixture.verify()
        #expect(report.isSound)
        #expect(report.segments.map(\.frames) == [4, 4, 4])
        #expect(report.segments.map(\.events) == [40, 40, 40])
        #expect(report.segments.map(\.firstSequence) == [0, 40, 80])
        #expect(report.segments.map(\.nextSequence) == [40, 80, 120])
        #expect(report.segments.map(\.arrivals) == [0...3, 4...7, 8...11])
        #expect(report.segments.allSatisfy { $0.bytes == Int64(4_096 + 4 * Self.frame) })
        #expect(try fixture.repair(.skipDamage).actions == [])
        #expect(try fixture.repair(.truncateAtDamage).actions == [])
    }

    @Test("verify reports a torn tail and changes nothing")
    func tornTail() async throws {
        let fixture = try await store()
        fixture.disk.corrupt(LogFixture.segment(80), at: offset(3) + 5) { $0 ^= 1 }
        let before = fixture.disk.contents(LogFixture.segment(80))
        let report = try fixture.verify()
        #expect(report.isSound)
        #expect(report.segments[2].tornTail?.offset == Int64(offset(3)))
        #expect(report.segments[2].nextSequence == 110)
        #expect(fixture.disk.contents(LogFixture.segment(80)) == before)
    }

    @Test("all damage is found in one pass")
    func severalDamages() async throws {
        let fixture = try await store()
        flip(fixture, segment: 0, frame: 3)
        flip(fixture, segment: 40, frame: 0)
        flip(fixture, segment: 40, frame: 1)
        flip(fixture, segment: 80, frame: 2)
        let damage = try fixture.verify().damage
        #expect(damage.map(\.firstSequence) == [30, 40, 50, 100])
        #expect(damage.map(\.nextSequence) == [40, 50, 60, 110])
    }

    @Test("skip gives up what cannot be read, and nothing else; the gap is recorded")
    func skip() async throws {
        let fixture = try await store()
        flip(fixture, segment: 0, frame: 3)
        flip(fixture, segment: 40, frame: 0)
        flip(fixture, segment: 80, frame: 2)
        let report = try fixture.repair(.skipDamage)
        #expect(report.gaps == [30..<40, 40..<50, 100..<110])
        #expect(try fixture.verify().gaps == [30..<40, 40..<50, 100..<110])
        try await expectUsable(fixture, [0, 1, 2, 5, 6, 7, 8, 9, 11], next: 120)
        let log = try fixture.open()
        #expect(log.recovery.gaps == [30..<40, 40..<50, 100..<110])
        #expect(try log.frame(holding: 35) == nil)
        #expect(try log.frames(from: 35).next()?.firstSequence == 50)
    }

    @Test("truncate keeps what is before the first damage; numbers are not given twice")
    func truncate() async throws {
        let fixture = try await store()
        flip(fixture, segment: 40, frame: 2)
        let originals = [40, 80].map { fixture.disk.contents(LogFixture.segment($0)) }
        let report = try fixture.repair(.truncateAtDamage)
        #expect(report.gaps == [60..<120])
        let removed = try #require(report.removed)
        #expect(
            fixture.disk.names(in: removed).map { fixture.disk.contents(removed + "/" + $0) } == originals
        )
        try await expectUsable(fixture, [0, 1, 2, 3, 4, 5], next: 120)
    }

    @Test("truncate at a segment's first frame keeps the segments before it")
    func truncateAtStart() async throws {
        let fixture = try await store()
        flip(fixture, segment: 40, frame: 0)
        #expect(try fixture.repair(.truncateAtDamage).gaps == [40..<120])
        try await expectUsable(fixture, [0, 1, 2, 3], next: 120)
    }

    @Test("a segment that is missing is damage, and can be given up", arguments: [0, 1])
    func missing(decision: Int) async throws {
        let fixture = try await store()
        try fixture.disk.remove(LogFixture.segment(40))
        let damage = try fixture.verify().damage
        #expect(damage.map(\.firstSequence) == [40] && damage.map(\.nextSequence) == [80])
        let log = try fixture.open()
        #expect(throws: EventLogError.self) { try numbers(log) }
        log.close()
        _ = try fixture.repair(decision == 0 ? .skipDamage : .truncateAtDamage)
        try await expectUsable(fixture, decision == 0 ? [0, 1, 2, 3, 8, 9, 10, 11] : [0, 1, 2, 3], next: 120)
    }

    @Test("a damaged segment header costs no event when it is written anew")
    func header() async throws {
        let fixture = try await store()
        fixture.disk.corrupt(LogFixture.segment(40), at: 33) { $0 ^= 1 }
        let damage = try fixture.verify().damage
        #expect(damage.map(\.description).first?.hasSuffix("no event is lost") == true)
        #expect(try fixture.repair(.skipDamage).gaps == [])
        try await expectUsable(fixture, Array(0..<12), next: 120)
    }

    @Test("a segment in which nothing can be read is taken away and its events given up")
    func unreadable() async throws {
        let fixture = try await store()
        for index in 0..<offset(4) { fixture.disk.corrupt(LogFixture.segment(40), at: index) { $0 = 0xEE } }
        #expect(try fixture.repair(.skipDamage).gaps == [40..<80])
        try await expectUsable(fixture, [0, 1, 2, 3, 8, 9, 10, 11], next: 120)
        let log = try fixture.open()
        #expect(try log.frames(from: 55).next()?.firstSequence == 80)
    }

    @Test("a lost log.meta is made again from the segments")
    func identity() async throws {
        let fixture = try await store()
        let identity = try fixture.verify().identity
        try fixture.disk.remove("/log/log.meta")
        let report = try fixture.verify()
        #expect(report.identity == identity && !report.isSound && report.damage.isEmpty)
        #expect(try fixture.repair(.skipDamage).actions.count == 1)
        try await expectUsable(fixture, Array(0..<12), next: 120)
    }

    @Test("segments whose numbers overlap cannot be skipped, and nothing is changed")
    func overlap() async throws {
        let fixture = try await store()
        try fixture.disk.rename(LogFixture.segment(80), to: LogFixture.segment(70))
        let names = fixture.disk.names(in: LogFixture.directory)
        #expect(throws: EventLogError.self) { try fixture.repair(.skipDamage) }
        #expect(fixture.disk.names(in: LogFixture.directory) == names)
    }

    @Test("a repair that is cut off anywhere can be done again", arguments: [0, 1])
    func interrupted(decision: Int) async throws {
        let repair: RepairDecision = decision == 0 ? .skipDamage : .truncateAtDamage
        var calls = 1
        var isDone = false
        while !isDone {
            var chance = SeededGenerator(seed: UInt64(calls))
            var fixture = try await store()
            flip(fixture, segment: 40, frame: 2)
            fixture.disk.corrupt(LogFixture.segment(80), at: 33) { $0 ^= 1 }
            let limit = fixture.disk.calls + calls
            fixture.disk.setFault { _, _, number in number >= limit ? EIO : nil }
            do {
                _ = try fixture.repair(repair)
                isDone = true
            } catch EventLogError.system {
                fixture.disk = fixture.disk.crash(using: &chance)
                fixture.now += 1
                _ = try fixture.repair(repair)
            }
            fixture.disk.setFault(nil)
            try await expectUsable(
                fixture,
                decision == 0 ? [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11] : [0, 1, 2, 3, 4, 5],
                next: 120
            )
            calls += 1
        }
        #expect(calls > 10)
    }

    @Test("retention takes gap records and torn copies along")
    func retention() async throws {
        let fixture = try await store()
        flip(fixture, segment: 0, frame: 1)
        _ = try fixture.repair(.skipDamage)
        let log = try fixture.started()
        try log.deleteSegments(olderThan: .max, below: .max)
        log.close()
        #expect(fixture.disk.names(in: LogFixture.directory).filter { $0.hasSuffix(".gap") } == [])
    }
}
