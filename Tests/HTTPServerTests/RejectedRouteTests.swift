import Engine
import Testing

@testable import HTTPServer

@Suite("Rejected messages over the API")
struct RejectedRouteTests {
    private static func stored(_ sequence: UInt64, _ message: RejectedMessage) -> StoredRejection {
        StoredRejection(sequence: sequence, origin: .kafka, arrival: 1_749_283_750_123_456, message: message)
    }

    private static func message(
        time: Int64? = 1_749_283_750_000_000,
        key: [UInt8]? = nil,
        headers: [RejectedMessage.Header] = [],
        value: [UInt8]? = nil
    ) -> RejectedMessage {
        RejectedMessage(
            source: "main/usage-events",
            partition: 2,
            offset: 41,
            time: time,
            reason: "the value is not JSON",
            key: key,
            headers: headers,
            value: value
        )
    }

    private func list(_ query: String, of engine: ScriptedEngine) async throws -> RawClient.Answer {
        var answer: RawClient.Answer?
        try await RunningServer.with(engine) { server in
            answer = try await server.client { try $0.exchange(Requests.get("/api/v1/rejected\(query)")) }
        }
        return try #require(answer)
    }

    @Test("text is given as text, other bytes in base64, and null is not empty")
    func elements() async throws {
        let engine = ScriptedEngine(
            rejections: .success([
                Self.stored(
                    9,
                    Self.message(
                        key: [],
                        headers: [
                            .init(name: "ce_id", value: Array("é\"\n".utf8)), .init(name: "ce_id", value: [0xFF]),
                            .init(name: "none", value: nil),
                        ],
                        value: Array("{\u{0}".utf8)
                    )
                ),
                Self.stored(8, Self.message(time: nil, key: [0xC3], value: [0xFF, 0xFE, 0xFD])),
                Self.stored(7, Self.message(time: .max)),
            ])
        )
        let answer = try await list("", of: engine)
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
        let place = #""source":"kafka","cluster":"main","topic":"usage-events","partition":2,"offset":41,"#
        let end = #""receivedAt":"2025-06-07T08:09:10.123456Z","reason":"the value is not JSON","#
        #expect(
            answer.body == #"[{"sequence":9,"# + place + #""time":"2025-06-07T08:09:10Z","# + end
                + #""key":"","headers":[{"name":"ce_id","value":"é\"\n"},{"name":"ce_id","valueBase64":"/w=="},"#
                + #"{"name":"none","value":null}],"value":"{\u0000","valueLength":2,"truncated":false},"#
                + #"{"sequence":8,"# + place + #""time":null,"# + end
                + #""keyBase64":"ww==","headers":[],"valueBase64":"//79","valueLength":3,"truncated":false},"#
                + #"{"sequence":7,"# + place + #""time":null,"# + end
                + #""key":null,"headers":[],"value":null,"valueLength":0,"truncated":false}]"#
        )
    }

    @Test("a value that was cut says how long it was")
    func truncated() async throws {
        let value = Array(repeating: UInt8(ascii: "x"), count: 100_000)
        let engine = ScriptedEngine(rejections: .success([Self.stored(1, Self.message(value: value))]))
        let body = try await list("", of: engine).body
        #expect(body.hasSuffix(#"xx","valueLength":100000,"truncated":true}]"#))
    }

    @Test("without any, the array is empty")
    func none() async throws {
        let answer = try await list("", of: ScriptedEngine())
        #expect(answer.status == 200 && answer.body == "[]")
    }

    @Test(
        "as many as asked for are listed",
        arguments: [
            ("", 100), ("?source=kafka", 100), ("?limit=1", 1), ("?limit=1000&source=kafka", 1000),
            ("?source=%6Bafka", 100),
        ]
    )
    func parameters(_ query: String, _ limit: Int) async throws {
        let engine = ScriptedEngine(
            rejections: .success((0..<3).map { Self.stored(3 - $0, Self.message()) })
        )
        let answer = try await list(query, of: engine)
        #expect(answer.status == 200)
        #expect(engine.lastListing == ScriptedEngine.Listing(origin: .kafka, limit: limit))
        #expect(answer.body.split(separator: #"{"sequence""#).count - 1 == min(limit, 3))
    }

    @Test(
        "a page before a sequence number is asked for with that number",
        arguments: [
            ("?before=0", 0), ("?before=2&limit=100", 2), ("?source=kafka&before=007", 7),
            ("?before=18446744073709551615", UInt64.max),
        ]
    )
    func pages(_ query: String, _ before: UInt64) async throws {
        let engine = ScriptedEngine(
            rejections: .success((0..<3).map { Self.stored(3 - $0, Self.message()) })
        )
        let answer = try await list(query, of: engine)
        #expect(answer.status == 200)
        #expect(engine.lastListing == ScriptedEngine.Listing(origin: .kafka, limit: 100, before: before))
        #expect(answer.body.contains(#""sequence":1,"#) == (before > 1))
        #expect(answer.body.contains(#""sequence":2,"#) == (before > 2))
    }

    @Test(
        "other parameters are 400 and the answer says why",
        arguments: [
            ("?limit=0", "from 1 to 1000"), ("?limit=1001", "from 1 to 1000"), ("?limit=", "from 1 to 1000"),
            ("?limit=-1", "from 1 to 1000"), ("?limit=9999999999999999999", "from 1 to 1000"),
            ("?limit=1e2", "from 1 to 1000"), ("?limit=1&limit=2", "limit is given more than once"),
            ("?source=http", "refused over HTTP are not kept"), ("?source=amqp", #"source \"amqp\" is not one"#),
            ("?source=", #"source \"\" is not one"#), ("?source=Kafka", #"source \"Kafka\" is not one"#),
            ("?source=kafka&source=kafka", "source is given more than once"), ("?before=", "not a sequence number"),
            ("?before=-1", "not a sequence number"), ("?before=%2B1", "not a sequence number"),
            ("?before=1.0", "not a sequence number"), ("?before=18446744073709551616", "not a sequence number"),
            ("?before=1&before=1", "before is given more than once"),
            ("?topic=a", "unknown parameter 'topic'; the parameters are source, limit, before"),
            ("?limit=1&offset=3", "unknown parameter 'offset'; the"), ("?Limit=1", "unknown parameter 'Limit'; the"),
            ("?source[]=kafka", "unknown parameter 'source[]'; the"), ("?=1", "unknown parameter ''; the"),
        ]
    )
    func badParameters(_ query: String, _ says: String) async throws {
        let engine = ScriptedEngine()
        let answer = try await list(query, of: engine)
        #expect(answer.status == 400)
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.body.contains(says), "\(answer.body)")
        #expect(engine.lastListing == nil)
    }

    @Test("an engine that cannot answer now is 503, and another method 405")
    func refusals() async throws {
        let engine = ScriptedEngine(rejections: .failure(.unavailable("meterd is recovering")))
        #expect(try await list("", of: engine).status == 503)
        try await RunningServer.with { server in
            let answer = try await server.client {
                try $0.exchange(Requests.get("/api/v1/rejected", method: "DELETE"))
            }
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "GET, HEAD")
        }
    }
}
