import CloudEvents
import Foundation
import Testing

/// One line of `Fixtures/cloudevents.jsonl`.
struct DecodingVector: Sendable, CustomTestStringConvertible {
    var name: String
    var mode: String
    var headers: [Header]
    /// Nil for a Kafka message without a value.
    var body: [UInt8]?
    var isAccepted: Bool
    var status: Int?
    var attributes: [String: String]
    var counted: Int?

    struct Header: Sendable {
        var name: String
        var value: String?
    }

    var testDescription: String { "\(name) (\(mode))" }

    init(_ line: Substring) throws {
        let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        name = try #require(json["name"] as? String)
        mode = try #require(json["mode"] as? String)
        isAccepted = try #require(json["expect"] as? String) == "accept"
        status = json["status"] as? Int
        attributes = json["expect_attrs"] as? [String: String] ?? [:]
        counted = json["expect_counted"] as? Int
        if let map = json["headers"] as? [String: String] {
            headers = map.map { Header(name: $0.key, value: $0.value) }
        } else {
            let pairs = try #require(json["headers"] as? [[Any]])
            headers = try pairs.map { Header(name: try #require($0[0] as? String), value: $0[1] as? String) }
        }
        if let base64 = json["body_base64"] as? String {
            body = Array(try #require(Data(base64Encoded: base64)))
        } else {
            body = Array(try #require(json["body"] as? String).utf8)
        }
        if json["value_null"] as? Bool == true { body = nil }
    }

    static func all(where isWanted: (DecodingVector) -> Bool) -> [DecodingVector] {
        let file = Bundle.module.url(forResource: "Fixtures/cloudevents", withExtension: "jsonl")
        guard let file, let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { try? DecodingVector($0) }.filter(isWanted)
    }

    static let http = all { !$0.mode.hasPrefix("kafka") }
    static let kafka = all { $0.mode.hasPrefix("kafka") }

    /// Decodes it as an HTTP server or a Kafka consumer would.
    func decode() throws(DecodeError) -> EventBatch {
        let decoder = EventDecoder(profile: .cloudevents, limits: DecodeLimits())
        let result = (body ?? []).withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in
                guard mode.hasPrefix("kafka") else {
                    return try decoder.decode(headers: headers.map { ($0.name, $0.value ?? "") }, body: bytes)
                }
                return try decodeKafka(decoder, value: body == nil ? nil : bytes)
            }
        }
        return try result.get()
    }

    private func decodeKafka(
        _ decoder: EventDecoder,
        value: UnsafeRawBufferPointer?
    ) throws(DecodeError) -> EventBatch {
        let collector = MessageCollector(decoder: decoder)
        let message = headers.map { (name: $0.name, value: $0.value.map { Array($0.utf8) }) }
        try collector.add(message, value)
        return collector.finish()
    }
}

@Suite("The decoding vectors")
struct VectorTests {
    @Test("all vectors are there")
    func count() {
        #expect(DecodingVector.http.count == 231)
        #expect(DecodingVector.kafka.count == 24)
    }

    @Test("an HTTP request is taken or refused as its vector says", arguments: DecodingVector.http)
    func http(_ vector: DecodingVector) throws {
        try check(vector)
    }

    @Test("a Kafka message is taken or refused as its vector says", arguments: DecodingVector.kafka)
    func kafka(_ vector: DecodingVector) throws {
        try check(vector)
    }

    private func check(_ vector: DecodingVector) throws {
        do throws(DecodeError) {
            let batch = try vector.decode()
            #expect(vector.isAccepted, "\(vector.name) is taken")
            try checkAttributes(vector, batch)
            try checkReplay(batch)
        } catch {
            #expect(!vector.isAccepted, "\(vector.name) is refused: \(error)")
            if let status = vector.status { #expect(error.status == status) }
            #expect((400...499).contains(error.status))
            #expect(!error.description.isEmpty)
        }
    }

    private func checkAttributes(_ vector: DecodingVector, _ batch: EventBatch) throws(DecodeError) {
        for (name, value) in vector.attributes {
            let found = try? members(of: batch)[name] as? String
            #expect(found == value)
            if name == "subject" { #expect(batch.string(.subject, of: 0) == value) }
        }
        if let counted = vector.counted {
            let keys = (0..<batch.count).map { [batch.string(.source, of: $0), batch.string(.id, of: $0)] }
            #expect(Set(keys).count == counted)
        }
    }

    private func checkReplay(_ batch: EventBatch) throws(DecodeError) {
        let decoder = EventDecoder(profile: .openmeter)
        let again = try batch.withPayload { payload in
            Result { () throws(DecodeError) in try decoder.index(payload: payload, count: batch.count) }
        }.get()
        #expect((0..<batch.count).allSatisfy { again[$0] == batch[$0] })
        #expect(bytes(again) == bytes(batch))
    }
}
