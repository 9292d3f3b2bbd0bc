import NIOHTTP1
import Testing

@testable import ObjectStore

/// Digests and signatures of what goes over the wire.
@Suite struct S3IntegrityTests {
    @Test("a put carries the digest in all its forms, and a signature over the token")
    func headers() async throws {
        let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "s", sessionToken: "a+token/=")
        try await StubServer.run({ _ in .answer(200, [("ETag", "\"e\"")]) }) { server in
            let store = try server.store(prefix: "p/", credentials: StaticCredentials(credentials))
            let result = try await store.put("a b.csv", .bytes(Array("hello".utf8)), contentType: "text/csv")
            let digest = Digest(of: "hello")
            #expect(result == PutResult(sha256: digest.hexadecimal, bytes: 5, etag: "\"e\""))
            let request = try #require(server.requests.first)
            #expect(request.method == "PUT" && request.path == "/bucket/p/a%20b.csv")
            #expect(request.body == Array("hello".utf8))
            #expect(request["Content-Type"] == "text/csv")
            #expect(request["X-Amz-Content-Sha256"] == digest.hexadecimal)
            #expect(request["X-Amz-Meta-Sha256"] == digest.hexadecimal)
            #expect(request["X-Amz-Checksum-Sha256"] == Base64.encode(digest.bytes))
            #expect(request["X-Amz-Security-Token"] == "a+token/=")
            let authorization = try #require(request["Authorization"])
            #expect(
                authorization.contains(
                    "SignedHeaders=content-type;host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;"
                        + "x-amz-meta-sha256;x-amz-security-token,"
                )
            )
            #expect(authorization == resigned(request, credentials))
        }
    }

    /// The signature that follows from what came over the wire.
    private func resigned(_ request: StubServer.Request, _ credentials: Credentials) -> String? {
        let added = ["authorization", "x-amz-date", "x-amz-security-token"]
        let unsigned = ["content-length", "user-agent", "connection"]
        let fields = request.headers.filter { !(added + unsigned).contains($0.name.lowercased()) }
        let date = request["X-Amz-Date"] ?? ""
        let iso =
            "\(date.prefix(4))-\(date.dropFirst(4).prefix(2))-\(date.dropFirst(6).prefix(5)):"
            + "\(date.dropFirst(11).prefix(2)):\(date.dropFirst(13))"
        let signer = SignatureV4(credentials: credentials, region: "eu-west-1", service: "s3", paths: .asIs)
        let signed = signer.signed(
            SignableRequest(
                method: request.method,
                path: request.path,
                query: request.query.map { QueryItem($0.key, $0.value) },
                headers: fields.map { HeaderField($0.name, $0.value) },
                payloadHash: request["X-Amz-Content-Sha256"] ?? ""
            ),
            at: UTCTime(iso8601: iso)?.microseconds ?? 0
        )
        return signed.request.headers.first { $0.name == "Authorization" }?.value
    }

    @Test(
        "bytes that changed on the way from the server are noticed",
        arguments: [S3Store.hashHeader, S3Store.checksumHeader]
    )
    func changedDownload(_ header: String) async throws {
        let digest = Digest(of: "right")
        let value = header == S3Store.hashHeader ? digest.hexadecimal : Base64.encode(digest.bytes)
        let text = StubServer.script(.answer(200, [(header, value)], "right"), .answer(200, [(header, value)], "wrong"))
        try await StubServer.run(text) { server in
            let store = try server.store()
            #expect(try await store.get("k", limit: 10) == Array("right".utf8))
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 10) }
            guard case .integrity = error else { throw Unexpected(error) }
        }
    }

    @Test("bytes that changed on the way to the server are sent again, and an error in the end")
    func changedUpload() async throws {
        // Compares what the signature says with what came, as S3 does.
        let handler: StubServer.Handler = { request in
            var body = request.body
            body.append(0)
            return Digest(of: body).hexadecimal == request["X-Amz-Content-Sha256"]
                ? .answer(200) : .error(400, "XAmzContentSHA256Mismatch")
        }
        try await StubServer.run(handler) { server in
            let store = try server.store { $0.retry.attempts = 3 }
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", .bytes([1, 2, 3]), contentType: "text/csv")
            }
            guard case .integrity(_, let expected, _) = error else { throw Unexpected(error) }
            #expect(expected == Digest(of: [1, 2, 3]).hexadecimal)
            #expect(server.requests.count == 3)
        }
    }

    @Test("a server that says it stored another checksum is not believed")
    func otherChecksum() async throws {
        let wrong = Base64.encode(Digest(of: "other").bytes)
        try await StubServer.run({ _ in .answer(200, [(S3Store.checksumHeader, wrong)]) }) { server in
            let store = try server.store()
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", .bytes([1]), contentType: "text/csv")
            }
            guard case .integrity = error else { throw Unexpected(error) }
        }
    }
}
