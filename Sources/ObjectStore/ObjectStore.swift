/// Where finished files go: a bucket or a directory, by keys with `/` in them.
///
/// A key is at most 1024 bytes of UTF-8; see ``ObjectKey`` for what it may hold.
public protocol ObjectStore: Sendable {
    /// Stores an object under a key, in place of what is there. Until it returns, readers see the old object or none.
    func put(_ key: String, _ body: ObjectBody, contentType: String) async throws(ObjectStoreError) -> PutResult

    /// What is known of an object; nil when there is none.
    func head(_ key: String) async throws(ObjectStoreError) -> ObjectHead?

    /// The object's bytes; nil when there is none. More than `limit` bytes are an error.
    func get(_ key: String, limit: Int) async throws(ObjectStoreError) -> [UInt8]?

    /// The objects whose keys begin with `prefix`, in the order of their keys' bytes.
    func list(prefix: String) async throws(ObjectStoreError) -> [ObjectEntry]

    /// Removes an object. One that is not there is no error.
    func delete(_ key: String) async throws(ObjectStoreError)
}

/// What was stored.
public struct PutResult: Sendable, Hashable {
    /// Of the object's bytes, 64 lower-case hexadecimal digits.
    public var sha256: String
    /// The object's size.
    public var bytes: Int
    /// As the server names this version of the object, with its quotes; a directory has none.
    public var etag: String?

    /// Makes a result.
    public init(sha256: String, bytes: Int, etag: String? = nil) {
        self.sha256 = sha256
        self.bytes = bytes
        self.etag = etag
    }
}

/// What is known of an object without reading it.
public struct ObjectHead: Sendable, Hashable {
    /// In bytes.
    public var size: Int
    /// 64 lower-case hexadecimal digits, where known: S3 keeps what a ``ObjectStore/put(_:_:contentType:)`` of ours said.
    public var sha256: String?
    /// As the server names this version of the object, with its quotes; a directory has none.
    public var etag: String?

    /// Makes a head.
    public init(size: Int, sha256: String? = nil, etag: String? = nil) {
        self.size = size
        self.sha256 = sha256
        self.etag = etag
    }
}

/// One line of a listing.
public struct ObjectEntry: Sendable, Hashable {
    /// The whole key, prefix included.
    public var key: String
    /// In bytes.
    public var size: Int

    /// Makes an entry.
    public init(key: String, size: Int) {
        self.key = key
        self.size = size
    }
}

/// Objects a listing may have; more are an error and not a cut list.
let listLimit = 1_000_000
