import Foundation
import Testing

@testable import ObjectStore

@Suite struct DirectoryStoreTests {
    @Test("what is put is found by head, get and list, and is gone after delete")
    func roundTrip() async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root + "/made/on/the/way")
            let result = try await store.put("a/b.csv", .bytes(Array("hello".utf8)), contentType: "text/csv")
            #expect(result == PutResult(sha256: Digest(of: "hello").hexadecimal, bytes: 5))
            #expect(try await store.head("a/b.csv") == ObjectHead(size: 5, sha256: result.sha256))
            #expect(try await store.get("a/b.csv", limit: 5) == Array("hello".utf8))
            #expect(try await store.list(prefix: "a/") == [ObjectEntry(key: "a/b.csv", size: 5)])
            try await store.delete("a/b.csv")
            try await store.delete("a/b.csv")
            #expect(try await store.head("a/b.csv") == nil)
            #expect(try await store.get("a/b.csv", limit: 5) == nil)
            #expect(try await store.list(prefix: "") == [])
        }
    }

    @Test("chunks are joined, and a second put replaces the first")
    func chunks() async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root)
            let bytes = pattern(3_000_001)
            _ = try await store.put("k", .bytes(Array("old".utf8)), contentType: "text/plain")
            let body = ObjectBody.reading { offset in Array(bytes[offset..<min(offset + 70_000, bytes.count)]) }
            let result = try await store.put("k", body, contentType: "application/octet-stream")
            #expect(result.bytes == bytes.count)
            #expect(try await store.get("k", limit: bytes.count) == bytes)
            #expect(try await store.head("k")?.sha256 == Digest(of: bytes).hexadecimal)
        }
    }

    @Test("a listing is in the order of bytes, holds the prefix only, and no unfinished files")
    func listing() async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root)
            for key in ["b", "a/z", "a/b/c", "a.x", "aé"] {
                _ = try await store.put(key, .bytes([]), contentType: "text/plain")
            }
            #expect(try await store.list(prefix: "").map(\.key) == ["a.x", "a/b/c", "a/z", "aé", "b"])
            #expect(try await store.list(prefix: "a/").map(\.key) == ["a/b/c", "a/z"])
            #expect(try await store.list(prefix: "a/b").map(\.key) == ["a/b/c"])
            for prefix in ["../", "/", "a//", "nothing/", ".meterd-incoming"] {
                #expect(try await store.list(prefix: prefix) == [])
            }
        }
    }

    @Test(
        "a key that leads out of the root, or to unfinished files, is refused",
        arguments: [
            "../x", "/etc/passwd", "a/../../x", ".meterd-incoming/x", ".meterd-incoming", "a\u{0}b",
            ".meterd-incoming/\u{301}",
        ]
    )
    func escapes(_ key: String) async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root + "/in")
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put(key, .bytes([1]), contentType: "text/plain")
            }
            guard case .invalidKey = error else { throw Unexpected(error) }
            let read = await failure { () throws(ObjectStoreError) in _ = try await store.get(key, limit: 1) }
            guard case .invalidKey = read else { throw Unexpected(read) }
        }
    }

    @Test("a body that fails leaves the old object and no unfinished file")
    func failedBody() async throws {
        struct Broken: Error {}
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root)
            _ = try await store.put("k", .bytes(Array("old".utf8)), contentType: "text/plain")
            let error = await failure { () throws(ObjectStoreError) in
                let body = ObjectBody.reading { offset in
                    if offset > 0 { throw Broken() }
                    return [1, 2, 3]
                }
                _ = try await store.put("k", body, contentType: "text/plain")
            }
            guard case .body(key: "k", _) = error else { throw Unexpected(error) }
            #expect(try await store.get("k", limit: 10) == Array("old".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/.meterd-incoming") == [])
        }
    }

    @Test("other bytes than were announced are refused")
    func announced() async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root)
            let error = await failure { () throws(ObjectStoreError) in
                let body = ObjectBody.reading(sha256: Digest(of: "other").hexadecimal) { $0 == 0 ? [1] : [] }
                _ = try await store.put("k", body, contentType: "text/plain")
            }
            guard case .body = error else { throw Unexpected(error) }
            #expect(try await store.head("k") == nil)
        }
    }

    @Test("what a crash has left is removed, what another process is writing is not")
    func leftovers() async throws {
        try await withTemporaryDirectory { root in
            let incoming = root + "/.meterd-incoming"
            try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
            try Data("left".utf8).write(to: URL(filePath: incoming + "/left"))
            let living = try StoreFile(newIn: incoming)
            _ = try await DirectoryStore(root: root).put("k", .bytes([1]), contentType: "text/plain")
            #expect(try FileManager.default.contentsOfDirectory(atPath: incoming).count == 1)
            living.discard()
            #expect(try FileManager.default.contentsOfDirectory(atPath: incoming) == [])
        }
    }

    @Test("more bytes than the limit are an error with the size")
    func limit() async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root)
            _ = try await store.put("k", .bytes([1, 2, 3]), contentType: "text/plain")
            let error = await failure { () throws(ObjectStoreError) in _ = try await store.get("k", limit: 2) }
            #expect(error == .tooLarge(key: "k", limit: 2, size: 3))
        }
    }

    @Test("a file where a directory is needed is an error that names the call and the path")
    func conflict() async throws {
        try await withTemporaryDirectory { root in
            let store = DirectoryStore(root: root)
            _ = try await store.put("a", .bytes([1]), contentType: "text/plain")
            let error = await failure { () throws(ObjectStoreError) in
                _ = try await store.put("a/b", .bytes([1]), contentType: "text/plain")
            }
            guard case .disk(_, let path, _) = error else { throw Unexpected(error) }
            #expect(path.hasPrefix(root + "/a"))
            #expect(try await store.get("a", limit: 1) == [1])
        }
    }
}
