import Crypto
import Dispatch
import Synchronization

/// A directory of this machine: `root/key` is the object's file.
///
/// A file is written under another name, synced, renamed, and its directory synced: after a crash the old file or the new
/// one is there, never a part. Directories that become empty stay. A symbolic link below the root is followed where a
/// key names it and is left out of listings.
public struct DirectoryStore: ObjectStore {
    private let files: StoreFiles
    /// The store's own thread: a directory that hangs, as a dead network mount does, holds no other store.
    private let queue: DispatchQueue

    /// A store below `root`, which is made when the first object is stored, with its parents.
    public init(root: String) {
        files = StoreFiles(root: root)
        queue = DispatchQueue(label: "meterd-directory")
    }

    /// The content type is not kept: a file has none.
    public func put(
        _ key: String,
        _ body: ObjectBody,
        contentType: String
    ) async throws(ObjectStoreError) -> PutResult {
        try check(key)
        let file = try await onFileThread { () throws(ObjectStoreError) in try files.makeIncoming() }
        let reader = body.reader()
        var hash = SHA256()
        var bytes = 0
        do throws(ObjectStoreError) {
            while let chunk = try await next(reader, key) {
                hash.update(data: chunk)
                bytes += chunk.count
                try await onFileThread { () throws(ObjectStoreError) in try file.append(chunk) }
            }
            let found = Digest(hash).hexadecimal
            if let declared = body.sha256, declared != found {
                throw .body(key: key, reason: "SHA-256 \(declared) was announced, the bytes have \(found)")
            }
            try await onFileThread { () throws(ObjectStoreError) in try files.publish(file, as: key) }
            return PutResult(sha256: found, bytes: bytes)
        } catch {
            // Not waited for: where the directory hangs, so does this. What is left is removed at the next start.
            queue.async { file.discard() }
            throw error
        }
    }

    /// Reads the file for its SHA-256, so that a file changed by hand is seen.
    public func head(_ key: String) async throws(ObjectStoreError) -> ObjectHead? {
        try check(key)
        return try await onFileThread { () throws(ObjectStoreError) in
            guard let file = try files.open(key) else { return nil }
            var hash = SHA256()
            var size = 0
            while let chunk = try file.read() {
                hash.update(data: chunk)
                size += chunk.count
            }
            return ObjectHead(size: size, sha256: Digest(hash).hexadecimal)
        }
    }

    /// Reads the whole file; the limit is looked at while it is read.
    public func get(_ key: String, limit: Int) async throws(ObjectStoreError) -> [UInt8]? {
        try check(key)
        return try await onFileThread { () throws(ObjectStoreError) in
            guard let file = try files.open(key) else { return nil }
            var bytes: [UInt8] = []
            while let chunk = try file.read() {
                bytes += chunk
                guard bytes.count <= limit else { throw .tooLarge(key: key, limit: limit, size: try file.size()) }
            }
            return bytes
        }
    }

    /// Walks the directories that the prefix leads into.
    public func list(prefix: String) async throws(ObjectStoreError) -> [ObjectEntry] {
        try await onFileThread { () throws(ObjectStoreError) in try files.list(prefix: prefix) }
    }

    /// Removes the file; the removal is on disk when this returns.
    public func delete(_ key: String) async throws(ObjectStoreError) {
        try check(key)
        try await onFileThread { () throws(ObjectStoreError) in try files.remove(key) }
    }

    private func check(_ key: String) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        guard
            key.utf8.split(separator: UInt8(ascii: "/")).first.map({ !$0.elementsEqual(StoreFiles.incoming.utf8) })
                ?? false
        else { throw .invalidKey(key: key, reason: "unfinished files are kept under that name") }
    }

    private func next(_ reader: ObjectBody.Reader, _ key: String) async throws(ObjectStoreError) -> [UInt8]? {
        do {
            return try await reader()
        } catch {
            throw .body(key: key, reason: String(describing: error))
        }
    }

    /// Files block, and the threads of Swift's tasks must not. A task that is cancelled waits no longer; what hangs goes on
    /// hanging by itself.
    private func onFileThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(ObjectStoreError) -> Value
    ) async throws(ObjectStoreError) -> Value {
        let answer = Answer<Value>()
        let cancelled = ObjectStoreError.cancelled(
            target: StoreTarget(action: "file access", bucket: files.root, key: nil)
        )
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.wait(with: continuation)
                queue.async {
                    guard !answer.isGiven else { return }
                    do throws(ObjectStoreError) {
                        answer.give(.success(try work()))
                    } catch {
                        answer.give(.failure(error))
                    }
                }
            }
        } onCancel: {
            answer.give(.failure(cancelled))
        }
        return try result.get()
    }
}

/// What comes of some work, for whoever waits for it: the first answer counts, the work's or that of a cancellation, which may
/// come before anybody waits.
private final class Answer<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Value, ObjectStoreError>, Never>
    private let state = Mutex<(result: Result<Value, ObjectStoreError>?, waiter: Waiter?)>((nil, nil))

    var isGiven: Bool { state.withLock { $0.result != nil } }

    func wait(with continuation: CheckedContinuation<Result<Value, ObjectStoreError>, Never>) {
        let result = state.withLock { state in
            if state.result == nil { state.waiter = continuation }
            return state.result
        }
        if let result { continuation.resume(returning: result) }
    }

    func give(_ result: Result<Value, ObjectStoreError>) {
        let waiter: Waiter? = state.withLock { state in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: result)
    }
}
