import CloudEvents
import Foundation
import Testing

/// Random documents, whole and broken, against Foundation's JSON reader.
@Suite("Random bodies")
struct MutationTests {
    @Test("a random event is read as Foundation reads it")
    func randomEvents() throws {
        let seed: UInt64 = 8259
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let body = random.event()
            let batch = try decode(body)
            try compare(batch, Data(body.utf8), "seed \(seed): \(body)")
        }
    }

    @Test("whatever is taken after a hundred thousand mutations is what Foundation reads, and nothing crashes")
    func mutations() throws {
        let seed: UInt64 = 3986
        var random = SeededGenerator(seed: seed)
        let decoder = EventDecoder(profile: .cloudevents, limits: DecodeLimits(events: 100, event: 4096, depth: 16))
        var taken = 0
        for round in 0..<1_000 {
            let texts = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.event() }
            let original = Array((texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ",") + "]").utf8)
            for _ in 0..<100 {
                let body = mutated(original, &random)
                let batch = body.withUnsafeBytes { try? decoder.decode($0, envelope: .either) }
                guard let batch else { continue }
                taken += 1
                if taken % 8 == 0, batch.count == 1 { try compare(batch, Data(body), "seed \(seed), round \(round)") }
            }
        }
        #expect(taken > 5_000, "seed \(seed): enough of the mutations are still events")
    }

    @Test("a mutated payload is replayed as itself or refused, and nothing crashes")
    func mutatedPayloads() throws {
        let seed: UInt64 = 4648
        var random = SeededGenerator(seed: seed)
        let decoder = EventDecoder(profile: .cloudevents)
        for _ in 0..<20_000 {
            let texts = (0..<3).map { _ in random.event() }
            let payload = try decode("[" + texts.joined(separator: ",") + "]", .batch).withPayload { Array($0) }
            let broken = mutated(payload, &random)
            let count = Int.random(in: 0...4, using: &random)
            let batch = broken.withUnsafeBytes { try? decoder.index(payload: $0, count: count) }
            if let batch { #expect(batch.withPayload { $0.elementsEqual(broken) }, "seed \(seed)") }
        }
    }

    private func compare(_ batch: EventBatch, _ body: Data, _ comment: Comment) throws {
        var json = try #require(try? JSONSerialization.jsonObject(with: body), comment)
        if let array = json as? [Any] { json = array[0] }
        let members = try #require(json as? [String: Any], comment)
        #expect(members["id"] as? String == batch.string(.id, of: 0), comment)
        #expect(members["source"] as? String == batch.string(.source, of: 0), comment)
        #expect(members["type"] as? String == batch.string(.type, of: 0), comment)
        #expect(members["subject"] as? String == batch.string(.subject, of: 0), comment)
        guard let data = members["data"], batch[0].dataKind != .base64 else { return }
        let text = batch.withText(.data, of: 0) { Data($0) }
        let read = try JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed)
        #expect((read as? NSObject) == (data as? NSObject), comment)
    }

    private func mutated(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        let interesting =
            Array("{}[]:,\"\\ \n0123456789eE+-.tfnu/x".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC2, 0xED, 0xF4, 0xFF]
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            let byte = interesting.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = byte
            case 1: bytes.insert(byte, at: at)
            case 2: bytes.remove(at: at)
            case 3: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4: bytes.removeLast(Int.random(in: 0..<max(1, min(8, bytes.count)), using: &random))
            default:
                let end = min(bytes.count, at + Int.random(in: 0..<12, using: &random))
                bytes.insert(contentsOf: Array(bytes[at..<end]), at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }
}
