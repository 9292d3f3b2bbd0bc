import Foundation
import Observability
import Synchronization
import Testing

@testable import HTTPServer

@Suite("Rate limits")
struct RateLimitTests {
    private static let second: Int64 = 1_000_000_000

    @Test("a bucket gives what it holds, then what flows in, and says exactly how long to wait")
    func bucket() {
        let bucket = RateBucket(rate: 2, burst: 3)
        #expect((0..<6).map { _ in bucket.take(1, now: 100) } == Array(repeating: nil, count: 6))
        #expect(bucket.take(1, now: 100) == Self.second / 2)
        #expect(bucket.wait(now: 100) == Self.second / 2)
        #expect(bucket.take(1, now: 99 + Self.second / 2) == 1)
        #expect(bucket.take(1, now: 100 + Self.second / 2) == nil)
        #expect(bucket.take(3, now: 100 + Self.second) == Self.second)
        #expect(bucket.take(3, now: 100 + 2 * Self.second) == nil)
        // Long unused it holds no more than at first.
        #expect(bucket.take(6, now: 1000 * Self.second) == nil)
        #expect(bucket.wait(now: 1000 * Self.second) != nil)
    }

    @Test("more than a bucket holds is given when it is full, and is owed then")
    func debt() {
        let bucket = RateBucket(rate: 10, burst: 1)
        #expect(bucket.take(1, now: 0) == nil)
        #expect(bucket.take(25, now: 0) == Self.second / 10)
        #expect(bucket.take(25, now: Self.second / 10) == nil)
        #expect(bucket.take(1, now: Self.second / 10) == Self.second * 16 / 10)
    }

    @Test("many threads together get what the bucket holds and no more")
    func together() async {
        let bucket = RateBucket(rate: 1, burst: 1000)
        let given = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<400).reduce(0) { sum, _ in sum + (bucket.take(1, now: 7) == nil ? 1 : 0) } }
            }
            return await group.reduce(0, +)
        }
        #expect(given == 1000)
    }

    @Test("extreme rates neither overflow nor stop")
    func extremes() {
        let slow = RateBucket(rate: 1e-300, burst: 1e300)
        #expect(slow.take(.max, now: .max / 4) == nil)
        #expect(slow.take(1, now: .max / 4) ?? 0 > 0)
        let fast = RateBucket(rate: 1e300, burst: 1e-300)
        #expect((0..<10).allSatisfy { _ in fast.take(1000, now: 5) == nil })
    }

    @Test("requests beyond the limit are 429 with a Retry-After, on every route, and counted")
    func requests() async throws {
        let engine = ScriptedEngine()
        let limit = RateLimit(requests: 0.001, burst: 2000)
        try await RunningServer.with(engine, settings: { $0.access = Tokens.access(limit: limit) }) { server in
            let (posts, gets) = try await server.client { client in
                (
                    try (0..<3).map { _ in try client.exchange(Requests.post(headers: Tokens.header(Tokens.writer))) },
                    try (0..<3).map { _ in
                        try client.exchange(Requests.get("/metrics", headers: Tokens.header(Tokens.reader))).status
                    }
                )
            }
            #expect(posts.map(\.status) == [204, 204, 429])
            let seconds = try #require(Int(posts[2].headers["retry-after"] ?? ""))
            #expect((1...1000).contains(seconds))
            #expect(posts[2].body.contains("app may send 0.001 requests a second"))
            #expect(gets == [200, 200, 429])
            #expect(engine.ids.count == 2)
            #expect(engine.rejected == 0)
            let page = server.registry.render()
            #expect(page.contains("meterd_http_rate_limited_total{token=\"app\",limit=\"requests\"} 1\n"))
            #expect(page.contains("meterd_http_rate_limited_total{token=\"grafana\",limit=\"requests\"} 1\n"))
        }
    }

    @Test("events beyond the limit are 429, all of a batch or none, and are to be sent again")
    func events() async throws {
        let engine = ScriptedEngine()
        let limit = RateLimit(events: 0.001, burst: 4000)
        try await RunningServer.with(engine, settings: { $0.access = Tokens.access(limit: limit) }) { server in
            let statuses = try await server.client { client in
                try [3, 3, 1, 1].map { count in
                    let body = "[\((0..<count).map { Requests.event("\(count)-\($0)") }.joined(separator: ","))]"
                    let type = "application/cloudevents-batch+json"
                    return try client.exchange(
                        Requests.post(body, type: type, headers: Tokens.header(Tokens.writer))
                    ).status
                }
            }
            #expect(statuses == [204, 429, 204, 429])
            #expect(engine.ids == ["3-0", "3-1", "3-2", "1-0"])
            #expect(engine.rejected == 0)
            let page = server.registry.render()
            #expect(page.contains("meterd_http_rate_limited_total{token=\"app\",limit=\"events\"} 2\n"))
            #expect(page.contains("meterd_ingest_events_total{origin=\"http\",outcome=\"refused\"} 4\n"))
        }
    }

    @Test("a reload fills no bucket unless its limit has changed")
    func reload() async throws {
        let limit = RateLimit(requests: 0.001, burst: 1000)
        try await RunningServer.with(settings: { $0.access = Tokens.access(limit: limit) }) { server in
            let statuses = try await server.client { client in
                func post() throws -> Int {
                    try client.exchange(Requests.post(headers: Tokens.header(Tokens.writer))).status
                }
                let before = [try post(), try post()]
                server.server.update(access: Tokens.access(limit: limit))
                let same = try post()
                server.server.update(access: Tokens.access(limit: RateLimit(requests: 0.002, burst: 500)))
                let changed = [try post(), try post()]
                server.server.update(access: Tokens.access())
                return before + [same] + changed + [try post()]
            }
            #expect(statuses == [204, 429, 429, 204, 429, 204])
        }
    }
}
