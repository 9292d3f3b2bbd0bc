import Foundation
import Testing

@Suite("Raw HTTP/1.1 requests of http.jsonl")
struct VectorTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let raw: String
        let expect: String
        let why: String

        var testDescription: String { name }
    }

    static let vectors: [Vector] = {
        guard let url = Bundle.module.url(forResource: "Fixtures/http", withExtension: "jsonl"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { return [] }
        return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Vector.self, from: Data($0.utf8)) }
    }()

    /// The request with our path and an event for a body; lengths are set right wherever the vector has them right.
    static func adapted(_ raw: String) -> String {
        let event = Requests.event()
        var text = raw.replacingOccurrences(of: "/events HTTP", with: "/api/v1/events HTTP")
            .replacingOccurrences(of: "/events\tHTTP", with: "/api/v1/events\tHTTP")
            .replacingOccurrences(of: "/ev\u{1}ents", with: "/api/v1/ev\u{1}ents")
            .replacingOccurrences(of: "Host: a\r\n", with: "Host: a\r\nContent-Type: application/cloudevents+json\r\n")
            .replacingOccurrences(of: "GET / HTTP/1.1", with: "GET /healthz HTTP/1.1")
            .replacingOccurrences(of: "GET /2 HTTP/1.1", with: "GET /healthz HTTP/1.1")
        if text.hasPrefix("GET ") { return text }
        let isChunked = text.lowercased().contains("transfer-encoding")
        let length = isChunked ? String(event.utf8.count, radix: 16) : String(event.utf8.count)
        let pattern = isChunked ? "(?<=\\n)([+-]|0_|)7(?=[;\\r\\n])" : "(Content-Length ?: ?(?:[+-]|0_|))7"
        text = text.replacingOccurrences(of: pattern, with: "$1\(length)", options: .regularExpression)
            .replacingOccurrences(of: "0x7", with: "0x" + String(event.utf8.count, radix: 16))
        return text.replacingOccurrences(of: #"{"x":1}"#, with: event)
    }

    @Test("there are 52 vectors")
    func count() {
        #expect(Self.vectors.count == 52)
    }

    @Test("each is answered as RFC 9110 and 9112 want it", arguments: vectors)
    func holds(_ vector: Vector) async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let (answers, closed) = try await server.client { client in
                client.send(Self.adapted(vector.raw))
                var answers: [Int] = []
                // One answer more than expected would be a request smuggled in.
                let wanted = vector.expect == "ok2" ? 2 : 1
                while answers.count < wanted, let answer = try client.answer() {
                    if answer.status >= 200 { answers.append(answer.status) }
                }
                let mayClose = vector.expect != "ok" && vector.expect != "ok2" && answers.last ?? 400 >= 400
                return (answers, mayClose ? try client.isClosed() : false)
            }
            switch vector.expect {
            case "ok": #expect(answers.count == 1 && answers.allSatisfy { $0 < 400 }, "\(answers): \(vector.why)")
            case "ok2": #expect(answers.count == 2 && answers.allSatisfy { $0 < 400 }, "\(answers): \(vector.why)")
            case "reject-or-ok": #expect(answers.allSatisfy { $0 < 400 } || closed, "\(answers): \(vector.why)")
            default:
                #expect(answers.allSatisfy { $0 >= 400 } && closed, "\(answers): \(vector.why)")
                #expect(engine.ids.isEmpty, "nothing of a refused request is taken")
            }
        }
    }
}
