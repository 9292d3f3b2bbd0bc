import CloudEvents
import Foundation
import Testing

@Suite("The HTTP modes of cloudevents.jsonl, over a real connection")
struct EventVectorTests {
    struct Vector: Sendable {
        let name: String
        let why: String
        let accepts: Bool
        let request: [UInt8]
    }

    /// The file lives with the tests of CloudEvents, which own it.
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "CloudEventsTests/Fixtures/cloudevents.jsonl")

    private static func vectors() throws -> [Vector] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let name = object["name"] as? String, let mode = object["mode"] as? String,
                ["structured", "batch", "binary"].contains(mode)
            else { return nil }
            var headers: [(String, String)] = []
            if let map = object["headers"] as? [String: String] { headers = map.map { ($0.key, $0.value) } }
            if let pairs = object["headers"] as? [[String]] { headers = pairs.map { ($0[0], $0[1]) } }
            var body = Array(((object["body"] as? String) ?? "").utf8)
            if let encoded = object["body_base64"] as? String { body = Array(Data(base64Encoded: encoded) ?? Data()) }
            var head = "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            return Vector(
                name: name,
                why: object["why"] as? String ?? "",
                accepts: object["expect"] as? String == "accept",
                request: Array((head + "\r\n").utf8) + body
            )
        }
    }

    @Test("each is taken or refused as CloudEvents 1.0.2 and the project's policies want it")
    func hold() async throws {
        let vectors = try Self.vectors()
        #expect(vectors.count > 150)
        let engine = ScriptedEngine(profile: .cloudevents, limits: .init(events: 10_000, event: 256 * 1024, depth: 64))
        try await RunningServer.with(engine) { server in
            for vector in vectors {
                let status = try await server.client { client in
                    client.send(vector.request)
                    return try client.answer()?.status ?? 0
                }
                #expect((status == 204) == vector.accepts, "\(vector.name): \(status); \(vector.why)")
                #expect(status == 204 || (400..<500).contains(status), "\(vector.name): \(status)")
            }
        }
    }
}
