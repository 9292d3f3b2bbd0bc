/// Why a store did not do what it was asked. ``description`` is written for whoever runs the store.
public enum ObjectStoreError: Error, Sendable, Hashable {
    /// The key cannot be a key of any store.
    case invalidKey(key: String, reason: String)
    /// A setting of the store makes no sense.
    case invalidSettings(reason: String)
    /// The producer of the object's bytes failed.
    case body(key: String, reason: String)
    /// The object is larger than the caller or the store allows. In bytes; `size` where it is known.
    case tooLarge(key: String, limit: Int, size: Int?)
    /// A listing has more objects than ``limit`` says.
    case tooMany(prefix: String, limit: Int)
    /// Bytes were changed on the way. SHA-256 in hexadecimal where known.
    case integrity(target: StoreTarget, expected: String, found: String)
    /// The caller's task was cancelled.
    case cancelled(target: StoreTarget)
    /// A system call failed, as the disk or the permissions have it.
    case disk(call: String, path: String, code: Int32)
    /// No credentials for the bucket.
    case credentials(CredentialsError)
    /// The server refused: status 403 with S3's error code.
    case accessDenied(target: StoreTarget, code: String, message: String)
    /// The bucket is in another region than the settings say; `found` when the server told.
    case wrongRegion(target: StoreTarget, configured: String, found: String?)
    /// The bucket does not exist.
    case missingBucket(target: StoreTarget, endpoint: String)
    /// The server did not answer, or asked to come back later, as often as it was tried.
    case unavailable(target: StoreTarget, attempts: Int, reason: String)
    /// The server refused for another reason, or its answer makes no sense.
    case rejected(target: StoreTarget, status: Int, code: String, message: String)
}

/// What was done to which object, for messages.
public struct StoreTarget: Sendable, Hashable, CustomStringConvertible {
    /// S3's name of the operation, such as `PutObject`.
    public var action: String
    /// The bucket.
    public var bucket: String
    /// The whole key or prefix; nil for the bucket itself.
    public var key: String?

    /// Makes a target.
    public init(action: String, bucket: String, key: String?) {
        self.action = action
        self.bucket = bucket
        self.key = key
    }

    /// Such as `PutObject s3://bucket/key`.
    public var description: String {
        "\(action) s3://\(bucket)" + (key.map { "/" + $0 } ?? "")
    }
}
