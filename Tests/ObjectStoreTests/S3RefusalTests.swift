import Testing

@testable import ObjectStore

/// What the store says when a server refuses for good.
@Suite struct S3RefusalTests {
    @Test(
        "a 403 is not tried again and names the code, the action, the bucket, the key and what to do",
        arguments: [
            ("AccessDenied", "allow the credentials s3:PutObject there"),
            ("InvalidAccessKeyId", "the access key id is unknown to this server"),
            ("SignatureDoesNotMatch", "the secret access key does not belong to the access key id"),
            ("AllAccessDisabled", "allow the credentials s3:PutObject there"),
        ]
    )
    func denied(_ code: String, _ advice: String) async throws {
        try await StubServer.run({ _ in .error(403, code) }) { server in
            let store = try server.store(prefix: "p/")
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", .bytes([1]), contentType: "text/csv")
            }
            guard case .accessDenied(_, code, _) = error, let text = error?.description else { throw Unexpected(error) }
            #expect(text.hasPrefix("PutObject s3://bucket/p/k: access denied (\(code): as the test says); \(advice)"))
            #expect(server.requests.filter { $0.method == "PUT" }.count == 1)
        }
    }

    @Test("a 403 to HEAD, which has no code, is access denied")
    func deniedHead() async throws {
        let date = "Date"
        let clock = TestClock(at: 784_111_777_000_000)
        try await StubServer.run({ _ in .answer(403, [(date, "Sun, 06 Nov 1994 08:49:37 GMT")]) }) { server in
            let store = try server.store(clock: clock.clock)
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.head("k") }
            guard case .accessDenied = error else { throw Unexpected(error) }
            #expect(server.requests.count == 1)
        }
    }

    @Test("a missing bucket is told from a missing object, by GET and by HEAD")
    func missing() async throws {
        try await StubServer.run({ _ in .error(404, "NoSuchBucket") }) { server in
            let store = try server.store()
            for operation in Operation.allCases {
                let error = await failure { () throws(ObjectStoreError) in try await operation.run(on: store) }
                guard case .missingBucket = error else { throw Unexpected(error) }
                #expect(error?.description.contains("there is no bucket bucket at \(server.origin)") == true)
            }
        }
        try await StubServer.run({ $0.path == "/bucket" ? .answer(200) : .error(404, "NoSuchKey") }) { server in
            let store = try server.store()
            #expect(try await store.head("k") == nil)
            #expect(try await store.head("k") == nil)
            #expect(try await store.get("k", limit: 1) == nil)
            #expect(server.requests.map(\.method) == ["HEAD", "HEAD", "HEAD", "GET"])
        }
    }

    @Test("a server that denies access to a missing bucket is asked about the bucket")
    func deniedMissing() async throws {
        try await StubServer.run({ $0.method == "HEAD" ? .answer(404) : .error(403, "AccessDenied") }) { server in
            let store = try server.store()
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", .bytes([1]), contentType: "text/csv")
            }
            guard case .missingBucket(let target, _) = error else { throw Unexpected(error) }
            #expect(target.action == "PutObject")
        }
    }

    @Test("a 403 to HEAD with a clock that was corrected before is access denied, not a wrong clock")
    func deniedAfterSkew() async throws {
        let clock = TestClock(at: 784_111_777_000_000 + 3_600_000_000)
        let date = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]
        let handler: StubServer.Handler = { request in
            request["X-Amz-Date"] == "19941106T084937Z" && request.method == "GET"
                ? .answer(200, [], "ok") : .error(403, request.method == "GET" ? "RequestTimeTooSkewed" : "", "", date)
        }
        try await StubServer.run(handler) { server in
            let store = try server.store(clock: clock.clock)
            #expect(try await store.get("k", limit: 10) == Array("ok".utf8))
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.head("k") }
            guard case .accessDenied(_, "403", _) = error else { throw Unexpected(error) }
            #expect(server.requests.count == 3)
        }
    }
}
