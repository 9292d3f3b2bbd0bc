import CloudEvents
import Foundation
import Testing
import UsageStore

@testable import Engine
@testable import EventLog

@Suite struct RejectedMessageTests {
    private static let everything = Sample.rejected(
        3,
        offset: .max,
        reason: "the header \"ce_id\" is missing",
        key: [0xFF, 0],
        headers: [.init(name: "ce_id", value: nil), .init(name: "ce_id", value: []), .init(name: "é", value: [1])],
        value: Array("{\"a\":".utf8)
    )

    @Test("a message comes back from the log as it went in, and null is not empty")
    func roundTrip() async throws {
        let bare = RejectedMessage(
            source: "c/t",
            partition: 0,
            offset: 0,
            time: nil,
            reason: "",
            key: nil,
            headers: [],
            value: nil
        )
        let empty = Sample.rejected(offset: 1, key: [], value: [])
        let fixture = try EngineFixture()
        try await fixture.take([], rejected: [bare, Self.everything, empty], positions: [])
        for fixture in [fixture, try fixture.afterPowerCut()] {
            let found = try await fixture.rejected()
            #expect(found.map(\.message) == [empty, Self.everything, bare])
            #expect(found.map(\.sequence) == [2, 1, 0])
            #expect(found.allSatisfy { $0.origin == .kafka && $0.arrival == 1_750_000_000_000_000 })
        }
    }

    @Test("a value is cut to 64 KiB and its length is kept", arguments: [65_535, 65_536, 65_537, 1_000_000])
    func longValue(length: Int) async throws {
        let message = Sample.rejected(offset: 0, value: Array(repeating: UInt8(ascii: "x"), count: length))
        #expect(message.value?.count == min(length, 65_536))
        #expect(message.valueLength == length)
        #expect(message.isTruncated == (length > 65_536))
        let fixture = try EngineFixture()
        try await fixture.take([], rejected: [message], positions: [])
        #expect(try await fixture.rejected().map(\.message) == [message])
    }

    @Test("a cut never falls within a character", arguments: ["é", "€", "😀"])
    func characters(_ character: String) throws {
        for shift in 0..<4 {
            let text = String(repeating: "x", count: shift) + String(repeating: character, count: 40_000)
            let value = try #require(Sample.rejected(offset: 0, value: Array(text.utf8)).value)
            #expect(value.count > 65_532)
            #expect(String(validating: value, as: UTF8.self).map(text.hasPrefix) == true)
            let reason = Sample.rejected(offset: 0, reason: text).reason
            #expect(text.hasPrefix(reason) && reason.utf8.count > 4092)
        }
    }

    @Test("bytes that are no text are cut where the limit is, a beginning is known by the length it is given")
    func binary() {
        let bytes = Sample.rejected(offset: 0, value: Array(repeating: 0x80, count: 70_000))
        #expect(bytes.value?.count == 65_536)
        let beginning = RejectedMessage(
            source: "c/t",
            partition: 0,
            offset: 0,
            time: nil,
            reason: "",
            key: nil,
            headers: [],
            value: [1, 2],
            valueLength: 9
        )
        #expect(beginning.value == [1, 2] && beginning.valueLength == 9 && beginning.isTruncated)
    }

    @Test("key and headers have 16 KiB together: the key first, then whole headers")
    func metadata() {
        let header = RejectedMessage.Header(name: "trace", value: Array(repeating: 7, count: 1000))
        let message = Sample.rejected(
            offset: 0,
            key: Array(repeating: 1, count: 8000),
            headers: Array(repeating: header, count: 20)
        )
        #expect(message.key?.count == 8000 && message.headers.count == 8 && message.isTruncated)
        let key = Sample.rejected(offset: 0, key: Array(repeating: 1, count: 20_000), headers: [header])
        #expect(key.key?.count == 16 << 10 && key.headers.isEmpty && key.isTruncated)
        let small = Sample.rejected(offset: 0, key: [1], headers: [header])
        #expect(!small.isTruncated)
    }

    @Test("no bytes of a frame make reading it trap", arguments: [1, 2, 3, 4])
    func mutations(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let rejected = [Self.everything, Sample.rejected(offset: 1)]
        let whole = TakePayload.make(rejected: rejected, events: UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(try messages(Array(whole.bytes)) == rejected)
        for length in 0..<whole.bytes.count {
            #expect(throws: EngineError.self, "\(length) bytes") { try messages(Array(whole.bytes.prefix(length))) }
        }
        for _ in 0..<2000 {
            var bytes = Array(whole.bytes)
            for _ in 0...random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? messages(bytes)
        }
    }

    /// The rejected messages of a payload in a frame of two sequence numbers.
    private func messages(_ payload: [UInt8]) throws -> [RejectedMessage] {
        try payload.withUnsafeBytes { bytes in
            let frame = Frame(
                firstSequence: 0,
                kind: FrameKind.take.rawValue,
                origin: 1,
                count: 2,
                arrival: 0,
                positions: [],
                payload: bytes,
                owner: nil
            )
            return try TakePayload(of: frame).records.map { try TakePayload.message($0, of: frame) }
        }
    }

    @Test(
        "a frame in the log that does not read stops the start and says which",
        arguments: [
            (FrameKind.take, 2, [UInt8](repeating: 0, count: 12), "newer meterd"),
            (.take, 2, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "rejected messages"),
            (.take, 1, [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], "rejected messages"),
            (.take, 1, [1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 9], "rejected messages"),
            (.take, 1, [1, 0, 0], "rejected messages"), (.jump, 2, [], "jump"), (.jump, 1, [0xFF], "jump"),
        ]
    )
    func malformed(kind: FrameKind, count: UInt32, payload: [UInt8], says: String) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try LogWriting.write(
            [LogWriting.Piece(kind: kind, count: count, payload: payload)],
            directory: Engine.logDirectory(of: directory)
        )
        let error = #expect(throws: EngineError.self) { _ = try EngineFixture(directory: directory) }
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
        #expect(error?.description.contains("event 0") == true)
    }
}
