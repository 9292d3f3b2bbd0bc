import NIOHTTP1
import Testing

@testable import ObjectStore

/// What the store does when a server answers badly. Every server here is a real one on loopback.
@Suite struct S3FaultTests {
    @Test(
        "a passing fault is tried again after a wait",
        arguments: [
            StubServer.Answer.answer(503), .answer(500), .answer(429), .error(503, "SlowDown"),
            .error(400, "RequestTimeout"), .hangUp, .cut(3),
        ]
    )
    func passing(_ fault: StubServer.Answer) async throws {
        let clock = TestClock()
        try await StubServer.run(StubServer.script(fault, .answer(200, [], "ok"))) { server in
            let store = try server.store(clock: clock.clock)
            #expect(try await store.get("k", limit: 10) == Array("ok".utf8))
            #expect(clock.sleeps == [.milliseconds(100)])
            #expect(server.requests.count == 2)
        }
    }

    @Test("a server that stays bad is given up after the limit of tries, with waits that double")
    func unavailable() async throws {
        let clock = TestClock()
        try await StubServer.run({ _ in .error(503, "SlowDown") }) { server in
            let store = try server.store(clock: clock.clock) { $0.retry.attempts = 4 }
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            #expect(
                error?.description == "GetObject s3://bucket/k: no success after 4 tries, last: status 503 SlowDown"
            )
            #expect(clock.sleeps == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        }
    }

    @Test("a server that nobody runs is given up too")
    func refusedConnection() async throws {
        let port = try await StubServer.run({ _ in .hangUp }) { $0.port }
        var settings = try S3Settings(bucket: "bucket", region: "r", endpoint: "http://127.0.0.1:\(port)")
        settings.retry.attempts = 2
        let store = S3Store(
            settings,
            credentials: StaticCredentials(testCredentials),
            http: testHTTP,
            logger: quiet,
            clock: TestClock().clock
        )
        let error = await failure { () throws(ObjectStoreError) in _ = try await store.head("k") }
        guard case .unavailable(_, attempts: 2, _) = error else { throw Unexpected(error) }
    }

    @Test("no try begins after the whole time")
    func totalTime() async throws {
        let clock = TestClock()
        let handler: StubServer.Handler = { _ in
            clock.advance(seconds: 100)
            return .answer(500)
        }
        try await StubServer.run(handler) { server in
            let store = try server.store(clock: clock.clock)
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            guard case .unavailable(_, attempts: 2, _) = error else { throw Unexpected(error) }
        }
    }

    @Test("an answer that does not end in time is a broken connection")
    func slow() async throws {
        try await StubServer.run({ _ in .answer(200, [("Content-Length", "5")], "abc") }) { server in
            let store = try server.store {
                $0.requestTimeout = .milliseconds(50)
                $0.retry.attempts = 2
            }
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            guard case .unavailable(_, attempts: 2, let reason) = error else { throw Unexpected(error) }
            #expect(reason.hasPrefix("no whole answer within"))
        }
    }

    @Test(
        "the region that the server names is followed once and remembered",
        arguments: [
            StubServer.Answer.error(301, "PermanentRedirect", "", [("x-amz-bucket-region", "us-west-2")]),
            .error(400, "AuthorizationHeaderMalformed", "<Region>us-west-2</Region>"),
            .error(
                307,
                "TemporaryRedirect",
                "",
                [("x-amz-bucket-region", "us-west-2"), ("Location", "http://127.0.0.1:1/")]
            ),
        ]
    )
    func region(_ redirect: StubServer.Answer) async throws {
        let handler: StubServer.Handler = { request in
            request["Authorization"]?.contains("/us-west-2/s3/") == true ? .answer(200, [], "ok") : redirect
        }
        try await StubServer.run(handler) { server in
            let store = try server.store()
            #expect(try await store.get("k", limit: 10) == Array("ok".utf8))
            #expect(try await store.get("k", limit: 10) == Array("ok".utf8))
            #expect(server.requests.count == 3)
        }
    }

    @Test("a region that leads nowhere is an error with both regions")
    func regionCircle() async throws {
        let headers = [("x-amz-bucket-region", "us-west-2")]
        try await StubServer.run({ _ in .error(301, "PermanentRedirect", "", headers) }) { server in
            let store = try server.store()
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            #expect(
                error?.description
                    == "GetObject s3://bucket/k: the bucket is not in the region eu-west-1; set region: us-west-2"
            )
        }
        try await StubServer.run({ _ in .error(301, "PermanentRedirect") }) { server in
            let store = try server.store()
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            guard case .wrongRegion(_, "eu-west-1", nil) = error else { throw Unexpected(error) }
        }
    }

    @Test("a redirect is not followed to another host")
    func redirect() async throws {
        try await StubServer.run({ _ in .answer(200, [], "stolen") }) { other in
            let answer = StubServer.Answer.error(307, "TemporaryRedirect", "", [("Location", other.origin + "/x")])
            try await StubServer.run({ _ in answer }) { server in
                let store = try server.store()
                _ = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
                #expect(other.requests.isEmpty)
            }
        }
    }

    @Test(
        "a clock that is wrong is corrected from the server's Date, once and for later requests",
        arguments: ["GET", "HEAD"]
    )
    func skew(_ method: String) async throws {
        // The server's clock: 1994. Ours: an hour later.
        let clock = TestClock(at: 784_111_777_000_000 + 3_600_000_000)
        let handler: StubServer.Handler = { request in
            request["X-Amz-Date"] == "19941106T084937Z"
                ? .answer(200, [], "ok")
                : .error(403, "RequestTimeTooSkewed", "", [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")])
        }
        try await StubServer.run(handler) { server in
            let store = try server.store(clock: clock.clock)
            if method == "HEAD" {
                #expect(try await store.head("k")?.size == 2)
            } else {
                #expect(try await store.get("k", limit: 10) == Array("ok".utf8))
            }
            #expect(try await store.get("k", limit: 10) == Array("ok".utf8))
            #expect(server.requests.count == 3)
        }
    }

    @Test("a clock that the server never likes is an error")
    func skewForEver() async throws {
        let headers = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]
        try await StubServer.run({ _ in .error(403, "RequestTimeTooSkewed", "", headers) }) { server in
            let store = try server.store()
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            #expect(error?.description.hasSuffix("set this machine's clock") == true)
            #expect(server.requests.count == 2)
        }
    }

    @Test("an object larger than the limit is an error, with or without its length")
    func tooLarge() async throws {
        try await StubServer.run({ _ in .answer(200, [], "0123456789") }) { server in
            let store = try server.store()
            #expect(try await store.get("k", limit: 10)?.count == 10)
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 9) }
            #expect(error == .tooLarge(key: "k", limit: 9, size: 10))
        }
    }

    @Test("a listing goes on page by page")
    func pages() async throws {
        let handler: StubServer.Handler = { request in
            let token = request.query["continuation-token"]
            let page =
                token == nil
                ? "<IsTruncated>true</IsTruncated><NextContinuationToken>t 1+/=</NextContinuationToken>" : ""
            return .answer(
                200,
                [],
                "<ListBucketResult>\(page)<Contents><Key>p/\(token == "t 1+/=" ? "b" : "a")</Key><Size>1</Size></Contents></ListBucketResult>"
            )
        }
        try await StubServer.run(handler) { server in
            let keys = try await server.store(prefix: "p/").list(prefix: "x").map(\.key)
            #expect(keys == ["a", "b"])
            #expect(server.requests.allSatisfy { $0.query["prefix"] == "p/x" && $0.query["list-type"] == "2" })
        }
    }

    @Test("a listing that never ends, or is none, is an error")
    func badListing() async throws {
        let again = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        for text in ["<ListBucketResult>\(again)</ListBucketResult>", "<html/>", ""] {
            try await StubServer.run({ _ in .answer(200, [], text) }) { server in
                let store = try server.store()
                let error = await failure { () throws(ObjectStoreError) in _ = try await store.list(prefix: "") }
                guard case .rejected = error else { throw Unexpected(error) }
            }
        }
    }

    @Test("a cancelled task ends its request")
    func cancelled() async throws {
        try await StubServer.run({ _ in .answer(200, [("Content-Length", "5")], "abc") }) { server in
            let store = try server.store()
            let task = Task { await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) } }
            while server.requests.isEmpty { await Task.yield() }
            task.cancel()
            guard case .cancelled = await task.value else { throw Unexpected("not cancelled") }
        }
    }

    @Test("credentials that the server refuses as over are asked for again, once")
    func expired() async throws {
        let handler: StubServer.Handler = { request in
            request["X-Amz-Security-Token"] == "new" ? .answer(200, [], "ok") : .error(400, "ExpiredToken")
        }
        let fresh = Credentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: "new")
        let over = Credentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: "old")
        let source = ListedSource([.found(over), .found(fresh)])
        let chain = CredentialsChain(sources: [source], now: StoreClock.system.now)
        try await StubServer.run(handler) { server in
            #expect(try await server.store(credentials: chain).get("k", limit: 10) == Array("ok".utf8))
            let stuck = try server.store(credentials: StaticCredentials(over))
            let error = await failure { () throws(ObjectStoreError) in _ = try await stuck.get("k", limit: 10) }
            guard case .accessDenied(_, "ExpiredToken", _) = error else { throw Unexpected(error) }
        }
    }
}
