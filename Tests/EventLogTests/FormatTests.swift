import Testing

@testable import EventLog

@Suite("The format on disk")
struct FormatTests {
    private let identity = LogIdentity(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)

    private func hex(_ bytes: some Collection<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test("a frame has the bytes docs/formats/event-log.md gives as its example")
    func frameBytes() async throws {
        let disk = SimulatedDisk()
        let surroundings = LogSurroundings(disk: disk, wallClock: { 1_733_000_000_000_000 }, random: { 0x0BAD_CAFE })
        var options = LogOptions()
        options.segmentBytes = 16_384
        options.reserveBytes = 0
        options.preparesAhead = false
        let log = try EventLog.open(directory: "/log", identity: identity, options: options, surroundings: surroundings)
        try log.start(follower: RecordingFollower())
        let position = SourcePosition(source: "main/usage", partition: 3, nextOffset: 42)
        try await log.append("hello", count: 2, arrival: 1_733_000_000_000_001, positions: [position])
        log.close()
        let bytes = disk.contents("/log/00000000000000000000.log")
        #expect(bytes.count == 4_096 + 88)
        #expect(
            hex(bytes[0..<64])
                == "4d54524453454731f5c68bd401000000" + "7766554433221100ffeeddccbbaa9988"
                + "00000000000000000050658127280600" + "fecaad0b000000000000000000000000"
        )
        #expect(bytes[64..<4_096].allSatisfy { $0 == 0 })
        #expect(
            hex(bytes[4_096..<(4_096 + 56)])
                == "4d46524d" + "a681f9fc" + "9948bfb2" + "01000003" + "58000000" + "02000000" + "0000000000000000"
                + "0000000000000000" + "0150658127280600" + "18000000" + "fecaad0b"
        )
        #expect(
            hex(bytes[(4_096 + 56)...]) == "0a00" + "6d61696e2f7573616765" + "03000000" + "2a00000000000000"
                + "68656c6c6f" + "000000"
        )
        #expect(
            String(decoding: disk.contents("/log/log.meta"), as: UTF8.self)
                == "meterd event log 1\nidentity 00112233445566778899aabbccddeeff\ncreated 1733000000000000\ncrc32c 48af0ef7\n"
        )
    }

    @Test("names are taken apart, and what only looks like one is left alone")
    func names() {
        #expect(LogName("00000000000000000012.log") == .segment(12))
        #expect(LogName("18446744073709551615.log") == .segment(.max))
        #expect(LogName("18446744073709551616.log") == .other)
        #expect(LogName("12.log") == .other)
        #expect(LogName("+0000000000000000012.log") == .other)
        #expect(LogName("0000000000000000001x.log") == .other)
        #expect(LogName("00000000000000000012.log.tmp") == .temporary)
        #expect(LogName("00000000000000000005-00000000000000000009.gap") == .gap(from: 5, to: 9))
        #expect(LogName("00000000000000000009-00000000000000000005.gap") == .other)
        #expect(LogName("00000000000000000005-00000000000000004096.torn") == .torn(segment: 5, offset: 4_096))
        #expect(LogName("00000000000000000005-00000000000000004096.3.torn") == .torn(segment: 5, offset: 4_096))
        #expect(LogName("log.meta") == .meta)
        #expect(LogName("") == .other)
    }

    @Test("log.meta is read back, and any other text is not")
    func meta() {
        let meta = LogMeta(identity: identity, created: -5)
        #expect(LogMeta(meta.text) == meta)
        for index in meta.text.utf8.indices {
            var bytes = Array(meta.text.utf8)
            bytes[meta.text.utf8.distance(from: meta.text.utf8.startIndex, to: index)] ^= 1
            #expect(LogMeta(String(decoding: bytes, as: UTF8.self)) == nil)
        }
        #expect(LogMeta("") == nil)
        #expect(LogMeta(meta.text + "\n") == nil)
    }

    @Test("a frame header with any bit changed is not one")
    func headerBits() {
        let header = FrameHeader(
            kind: 1,
            origin: 2,
            padding: 3,
            length: 1_024,
            count: 9,
            firstSequence: 77,
            syncedThrough: 70,
            arrival: -1,
            positionsBytes: 14,
            epoch: 5
        )
        let seed = FrameHeader.seed(identity: identity, segment: 70)
        var bytes = [UInt8](repeating: 0, count: FrameHeader.byteCount)
        bytes.withUnsafeMutableBytes { header.write(to: $0, seed: seed) }
        #expect(bytes.withUnsafeBytes { FrameHeader.read($0, seed: seed) } == header)
        #expect(bytes.withUnsafeBytes { FrameHeader.read($0, seed: seed ^ 1) } == nil)
        // Bytes 4 to 7 are the whole frame's checksum, which needs the payload.
        for bit in Array(0..<32) + Array(64..<(FrameHeader.byteCount * 8)) {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(bytes.withUnsafeBytes { FrameHeader.read($0, seed: seed) } == nil)
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test("source positions that do not fill their bytes exactly are refused")
    func positions() {
        let positions = [SourcePosition(source: "a", partition: -1, nextOffset: .max)]
        var bytes = [UInt8](repeating: 0, count: FrameHeader.positionsBytes(positions))
        bytes.withUnsafeMutableBytes { FrameHeader.write(positions, to: $0) }
        #expect(bytes.withUnsafeBytes { FrameHeader.readPositions($0) } == positions)
        for length in 1..<bytes.count {
            #expect(bytes.prefix(length).withUnsafeBytes { FrameHeader.readPositions($0) } == nil)
        }
        bytes[0] = 200
        #expect(bytes.withUnsafeBytes { FrameHeader.readPositions($0) } == nil)
    }

    @Test("a segment of a later version is not opened")
    func laterVersion() async throws {
        let fixture = LogFixture()
        let log = try fixture.started()
        try await log.append("a")
        log.close()
        let path = LogFixture.segment(0)
        let header = SegmentHeader(identity: log.identity, firstSequence: 0, createdAt: 0, epoch: 0)
        var page = header.encoded()
        page[12] = 2
        page.withUnsafeMutableBytes { page in
            let crc = SegmentHeader.checksum(UnsafeRawBufferPointer(page))
            page.put(crc, at: 8)
        }
        for (index, byte) in page.prefix(64).enumerated() { fixture.disk.corrupt(path, at: index) { $0 = byte } }
        #expect(throws: EventLogError.unsupportedVersion(file: path, version: 2)) { try fixture.open() }
        #expect(throws: EventLogError.unsupportedVersion(file: path, version: 2)) { try fixture.verify() }
    }
}

@Suite("Bytes gone bad")
struct CorruptionTests {
    @Test(
        "whatever becomes of the files, nothing crashes and no frame is handed out that was not written",
        arguments: 0..<40 as Range<UInt64>
    )
    func anything(seed: UInt64) async throws {
        var chance = SeededGenerator(seed: seed)
        let fixture = LogFixture()
        let log = try fixture.started()
        var written: [UInt64: String] = [:]
        for number in 0..<40 {
            let text = "\(number)/" + String(repeating: "c", count: Int.random(in: 0..<2_000, using: &chance))
            written[try await log.append(text, count: UInt32.random(in: 1...5, using: &chance))] = text
        }
        log.close()
        let paths = fixture.disk.names(in: "/log").filter { $0.hasSuffix(".log") }.map { "/log/" + $0 }
        for _ in 0..<Int.random(in: 1...6, using: &chance) {
            guard let path = paths.randomElement(using: &chance) else { continue }
            let size = fixture.disk.contents(path).count
            guard size > 0 else { continue }
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: try cut(fixture, path, to: Int.random(in: 0..<size, using: &chance))
            case 1: try? fixture.disk.remove(path)
            default:
                let start = Int.random(in: 0..<size, using: &chance)
                for index in start..<min(size, start + Int.random(in: 1...600, using: &chance)) {
                    fixture.disk.corrupt(path, at: index) { $0 = UInt8.random(in: 0...255, using: &chance) }
                }
            }
        }
        // Verify sees at least what reading sees; after a repair everything that is left can be read.
        _ = try fixture.verify()
        try readAll(fixture, written)
        for decision in [RepairDecision.skipDamage, .truncateAtDamage] {
            // Overlapping segments cannot be skipped, and some events can then only be cut off.
            do throws(EventLogError) { _ = try fixture.repair(decision) } catch {
                guard case .damaged = error else { throw error }
            }
        }
        let report = try fixture.verify()
        #expect(report.isSound, "seed \(seed): \(report.damage)")
        #expect(try readAll(fixture, written), "seed \(seed)")
    }

    private func cut(_ fixture: LogFixture, _ path: String, to size: Int) throws {
        let descriptor = try fixture.disk.open(path, .writing)
        defer { fixture.disk.close(descriptor) }
        try fixture.disk.truncate(descriptor, path, to: Int64(size))
    }

    /// Whether it could be read to its end.
    @discardableResult
    private func readAll(_ fixture: LogFixture, _ written: [UInt64: String]) throws -> Bool {
        do {
            let copy = LogFixture(disk: fixture.disk.copy())
            let cursor = try copy.open().frames(from: 0)
            while let frame = try cursor.next() { try #require(written[frame.firstSequence] == frame.text) }
            return true
        } catch is EventLogError {
            return false
        }
    }
}
