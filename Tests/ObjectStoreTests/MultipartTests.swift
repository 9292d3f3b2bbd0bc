import NIOHTTP1
import Synchronization
import Testing

@testable import ObjectStore

/// Uploads in parts, against a server that keeps them as S3 does.
@Suite struct MultipartTests {
    /// Small parts, so that a few kilobytes are many of them.
    private static func small(_ settings: inout S3Settings) {
        settings.multipart.partSize = 1000
        settings.multipart.threshold = 2000
        settings.multipart.partsInMemory = 3
    }

    private static func body(_ bytes: [UInt8], sha256: String? = nil, chunk: Int = 333) -> ObjectBody {
        .reading(sha256: sha256) { offset in Array(bytes[offset..<min(offset + chunk, bytes.count)]) }
    }

    @Test("up to the threshold one request is sent, above it parts", arguments: [0, 1, 1000, 2000, 2001, 9999, 10_000])
    func threshold(_ count: Int) async throws {
        let uploads = Uploads()
        let bytes = pattern(count)
        try await StubServer.run(uploads.handler) { server in
            let store = try server.store(prefix: "p/", Self.small)
            let result = try await store.put("k", Self.body(bytes), contentType: "text/csv")
            #expect(result.sha256 == Digest(of: bytes).hexadecimal && result.bytes == count)
            #expect(uploads.object("/bucket/p/k") == bytes)
            #expect(uploads.open == 0)
            #expect(server.requests.count == (count <= 2000 ? 1 : 2 + (count + 999) / 1000))
        }
    }

    @Test("parts carry their checksums, and the whole its hash when it is known beforehand")
    func checksums() async throws {
        let uploads = Uploads()
        let bytes = pattern(2500)
        let hash = Digest(of: bytes).hexadecimal
        try await StubServer.run(uploads.handler) { server in
            let store = try server.store(Self.small)
            _ = try await store.put("k", Self.body(bytes, sha256: hash), contentType: "text/csv")
            let create = try #require(server.requests.first { $0.query["uploads"] != nil })
            #expect(create[S3Store.hashHeader] == hash)
            #expect(create["X-Amz-Checksum-Algorithm"] == "SHA256")
            #expect(create["Content-Type"] == "text/csv")
            for part in server.requests where part.query["partNumber"] != nil {
                #expect(part[S3Store.checksumHeader] == Base64.encode(Digest(of: part.body).bytes))
                #expect(part["X-Amz-Content-Sha256"] == Digest(of: part.body).hexadecimal)
            }
        }
    }

    @Test("100 MB go through with no more parts in memory than allowed", arguments: [2, 4])
    func bounded(_ limit: Int) async throws {
        let uploads = Uploads(keepsBytes: false)
        let total = 100 << 20
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        try await StubServer.run(uploads.handler) { server in
            let store = try server.store {
                $0.multipart.partsInMemory = limit
            }
            let body = ObjectBody.reading { $0 < total ? piece : [] }
            let result = try await store.put("k", body, contentType: "application/octet-stream")
            #expect(result.bytes == total)
            #expect(server.requests.filter { $0.query["partNumber"] != nil }.count == 13)
            #expect(store.parts.peak <= limit)
            #expect(store.parts.now == 0)
        }
    }

    @Test("a part that fails for a while is sent again")
    func partAgain() async throws {
        let uploads = Uploads()
        let failed = Mutex(Set<String>())
        let handler: StubServer.Handler = { request in
            if let part = request.query["partNumber"], failed.withLock({ $0.insert(part).inserted }) {
                return .answer(500)
            }
            return uploads.handler(request)
        }
        let bytes = pattern(5000)
        try await StubServer.run(handler) { server in
            _ = try await server.store(Self.small).put("k", Self.body(bytes), contentType: "text/csv")
            #expect(uploads.object("/bucket/k") == bytes)
        }
    }

    @Test("an upload that cannot go on is aborted, and nothing is visible")
    func aborted() async throws {
        let uploads = Uploads()
        let handler: StubServer.Handler = { request in
            request.query["partNumber"] == "4" ? .error(403, "AccessDenied") : uploads.handler(request)
        }
        try await StubServer.run(handler) { server in
            let store = try server.store(Self.small)
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", Self.body(pattern(9000)), contentType: "text/csv")
            }
            guard case .accessDenied(let target, _, _) = error else { throw Unexpected(error) }
            #expect(target.action == "UploadPart")
            #expect(uploads.open == 0 && uploads.object("/bucket/k") == nil)
            #expect(store.parts.now == 0)
        }
    }

    @Test("a body that fails half-way, or is another than announced, aborts the upload")
    func failedBody() async throws {
        struct Broken: Error {}
        let bytes = pattern(5000)
        let broken = ObjectBody.reading { offset in
            if offset > 3000 { throw Broken() }
            return Array(bytes[offset..<(offset + 500)])
        }
        for body in [broken, Self.body(bytes, sha256: Digest(of: "other").hexadecimal)] {
            let uploads = Uploads()
            try await StubServer.run(uploads.handler) { server in
                let store = try server.store(Self.small)
                let error = await failure { () throws(ObjectStoreError) in
                    _ = try await store.put("k", body, contentType: "text/csv")
                }
                guard case .body = error else { throw Unexpected(error) }
                #expect(uploads.open == 0 && uploads.object("/bucket/k") == nil)
            }
        }
    }

    @Test("a cancelled upload is aborted all the same")
    func cancelled() async throws {
        let uploads = Uploads()
        try await StubServer.run(uploads.handler) { server in
            let store = try server.store(Self.small)
            let body = ObjectBody.reading { offset in
                if offset >= 5000 { try await Task.sleep(for: .seconds(600)) }
                return pattern(500)
            }
            let task = Task {
                await failure { () throws(ObjectStoreError) in
                    _ = try await store.put("k", body, contentType: "text/csv")
                }
            }
            while server.requests.count < 3 { await Task.yield() }
            task.cancel()
            #expect(await task.value != nil)
            #expect(uploads.open == 0 && uploads.object("/bucket/k") == nil)
        }
    }

    @Test(
        "a 200 to CompleteMultipartUpload that holds an error, or nothing, is tried again",
        arguments: [StubServer.Answer.error(200, "InternalError"), .answer(200, [], ""), .answer(200, [], "  \n ")]
    )
    func errorInSuccess(_ fault: StubServer.Answer) async throws {
        let uploads = Uploads()
        let first = Once()
        let handler: StubServer.Handler = { request in
            if request.isComplete, first.isNow() { return fault }
            return uploads.handler(request)
        }
        try await StubServer.run(handler) { server in
            let result = try await server.store(Self.small).put("k", Self.body(pattern(3000)), contentType: "text/csv")
            #expect(result.etag == "\"whole-3\"")
            #expect(server.requests.filter(\.isComplete).count == 2)
        }
    }

    @Test("a 200 to CompleteMultipartUpload with an error that stays is an error, and aborts")
    func refusedInSuccess() async throws {
        let uploads = Uploads()
        try await StubServer.run({ $0.isComplete ? .error(200, "InvalidPart") : uploads.handler($0) }) { server in
            let store = try server.store(Self.small)
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", Self.body(pattern(3000)), contentType: "text/csv")
            }
            guard case .rejected(_, 200, "InvalidPart", _) = error else { throw Unexpected(error) }
            #expect(uploads.open == 0)
        }
    }

    @Test("a CompleteMultipartUpload whose answer is lost is found done")
    func lostAnswer() async throws {
        let uploads = Uploads()
        let first = Once()
        let handler: StubServer.Handler = { request in
            let answer = uploads.handler(request)
            return request.isComplete && first.isNow() ? .hangUp : answer
        }
        let bytes = pattern(4321)
        try await StubServer.run(handler) { server in
            let result = try await server.store(Self.small).put("k", Self.body(bytes), contentType: "text/csv")
            #expect(result.bytes == bytes.count)
            #expect(uploads.object("/bucket/k") == bytes)
        }
    }

    @Test("an upload that someone removed is an error")
    func removed() async throws {
        let uploads = Uploads()
        try await StubServer.run({ $0.isComplete ? .error(404, "NoSuchUpload") : uploads.handler($0) }) { server in
            let store = try server.store(Self.small)
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("k", Self.body(pattern(3000)), contentType: "text/csv")
            }
            guard case .rejected(_, 404, "NoSuchUpload", _) = error else { throw Unexpected(error) }
        }
    }
}

extension StubServer.Request {
    fileprivate var isComplete: Bool { method == "POST" && query["uploadId"] != nil }
}

/// Objects and uploads in memory.
private final class Uploads: Sendable {
    private struct State {
        var objects: [String: [UInt8]] = [:]
        var checksums: [String: String] = [:]
        var uploads: [String: [Int: [UInt8]]] = [:]
        var last = 0
    }

    private let state = Mutex(State())
    private let keepsBytes: Bool

    init(keepsBytes: Bool = true) {
        self.keepsBytes = keepsBytes
    }

    var open: Int { state.withLock { $0.uploads.count } }
    func object(_ path: String) -> [UInt8]? { state.withLock { $0.objects[path] } }

    var handler: StubServer.Handler {
        { request in self.state.withLock { self.answer(request, &$0) } }
    }

    private func answer(_ request: StubServer.Request, _ state: inout State) -> StubServer.Answer {
        if request.query["uploads"] != nil {
            state.last += 1
            state.uploads["u/\(state.last)+="] = [:]
            return .answer(
                200,
                [],
                "<InitiateMultipartUploadResult><UploadId>u/\(state.last)+=</UploadId></InitiateMultipartUploadResult>"
            )
        }
        if let id = request.query["uploadId"] {
            guard state.uploads[id] != nil else { return .error(404, "NoSuchUpload") }
            if let number = request.query["partNumber"].flatMap({ Int($0) }) {
                state.uploads[id]?[number] = keepsBytes ? request.body : []
                return .answer(200, [("ETag", "\"part-\(number)\"")])
            }
            return request.method == "DELETE" ? abort(id, &state) : complete(request, id, &state)
        }
        switch request.method {
        case "PUT":
            state.objects[request.path] = request.body
            return .answer(200)
        case "HEAD":
            guard let object = state.objects[request.path] else {
                return .answer(request.path == "/bucket" ? 200 : 404)
            }
            return .answer(
                200,
                [
                    ("Content-Length", String(object.count)), ("ETag", "\"whole\""),
                    (S3Store.checksumHeader, state.checksums[request.path] ?? ""),
                ]
            )
        default: return .answer(405)
        }
    }

    private func abort(_ id: String, _ state: inout State) -> StubServer.Answer {
        state.uploads[id] = nil
        return .answer(204)
    }

    private func complete(_ request: StubServer.Request, _ id: String, _ state: inout State) -> StubServer.Answer {
        let parts = XMLTree.parse(request.body)?.all("Part") ?? []
        let held = state.uploads[id] ?? [:]
        for (index, part) in parts.enumerated() {
            let bytes = held[index + 1]
            guard part["PartNumber"]?.text == String(index + 1), part["ETag"]?.text == "\"part-\(index + 1)\"",
                let bytes,
                !keepsBytes || part["ChecksumSHA256"]?.text == Base64.encode(Digest(of: bytes).bytes)
            else { return .error(400, "InvalidPart") }
        }
        guard parts.count == held.count else { return .error(400, "InvalidPart") }
        let sorted = held.sorted { $0.key < $1.key }.map(\.value)
        state.objects[request.path] = sorted.flatMap { $0 }
        state.checksums[request.path] =
            Base64.encode(Digest(of: sorted.flatMap { Digest(of: $0).bytes }).bytes) + "-\(sorted.count)"
        state.uploads[id] = nil
        return .answer(
            200,
            [],
            "  <?xml version=\"1.0\"?>\n <CompleteMultipartUploadResult><ETag>&quot;whole-\(sorted.count)&quot;</ETag></CompleteMultipartUploadResult>"
        )
    }
}
