import CloudEvents
import Foundation
import Testing

@Suite("Replay")
struct ReplayTests {
    private func payload(_ events: [String]) -> [UInt8] {
        events.reduce(into: []) { bytes, text in
            withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes += $0 }
            bytes += Array(text.utf8)
        }
    }

    private func index(_ payload: [UInt8], _ count: Int) throws(DecodeError) -> EventBatch {
        let decoder = EventDecoder(profile: .openmeter, limits: DecodeLimits(events: 1, event: 1, depth: 1))
        return try payload.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try decoder.index(payload: bytes, count: count) }
        }.get()
    }

    @Test("events are indexed as when they were decoded, whatever the profile and the limits are now")
    func same() throws {
        let texts = (0..<500).map { i in
            event(
                #","subject":"café\u0020\#(i)","time":"2025-06-07T12:34:56Z","data":{"a":[\#(i),{"b":"\n"}]}"#,
                id: "\(i)"
            )
        }
        let decoded = try decode("[" + texts.joined(separator: " ,") + "]", .batch)
        let replayed = try index(decoded.withPayload { Array($0) }, decoded.count)
        #expect(replayed.count == 500)
        #expect((0..<500).allSatisfy { replayed[$0] == decoded[$0] })
        #expect(bytes(replayed) == bytes(decoded))
    }

    @Test("lengths may hold any bytes, also quotes and backslashes")
    func lengthsOfAnyBytes() throws {
        for length in [0x22, 0x5C, 0x7B, 0xFF, 0x225C, 0x5C22] {
            let bare = event(#","x":"""#)
            let text = event(",\"x\":\"\(String(repeating: "a", count: max(0, length - bare.utf8.count)))\"")
            let batch = try index(payload([text, text, event()]), 3)
            #expect(batch.string(.raw, of: 1) == text)
        }
    }

    @Test("no events are no error")
    func none() throws {
        #expect(try index([], 0).count == 0)
    }

    @Test("a payload that is not its events is an error and no crash")
    func damaged() {
        let good = payload([event(), event(id: "2")])
        var wrong: [(bytes: [UInt8], count: Int)] = [
            (good, 1), (good, 3), (good, -1), (good, 1_000_000), (Array(good.dropLast()), 2), (good + [0], 2), ([], 1),
            (payload([event(), "{}"]), 2), (payload([event(), "[]"]), 2), (payload([event(), "1"]), 2),
            (payload([""]), 1),
            (payload([event(), " " + event()]), 2), (payload([event() + " ", event()]), 2),
            (payload(["{" + event()]), 1),
            (payload([event() + event()]), 1), (payload([event(#","x":""#), event(#""}"#)]), 2),
            (payload([event(",")]), 1),
        ]
        // The first event ends inside the second's text: the lengths fit, the events do not.
        let joined = Array((event() + event(id: "2")).utf8)
        var shifted = payload([String(decoding: joined.dropLast(3), as: UTF8.self), "abc"])
        wrong.append((shifted, 2))
        shifted[0] = 1
        wrong.append((shifted, 2))
        for (bytes, count) in wrong {
            #expect(
                refusal { () throws(DecodeError) in try index(bytes, count) } != nil,
                "\(count) events of \(bytes.count) bytes"
            )
        }
    }
}
