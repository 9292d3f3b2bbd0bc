public import AsyncHTTPClient
public import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// A bucket of Amazon S3, or of a server that speaks its API (Amazon S3 API Reference, version 2006-03-01).
///
/// Requests are signed with Signature Version 4, and so are their bodies. A request that fails for a passing reason is
/// sent again, see ``RetryPolicy``. It may be used from many tasks at the same time.
public final class S3Store: ObjectStore {
    let settings: S3Settings
    let clock: StoreClock
    let logger: Logger
    let credentials: any CredentialsProvider
    let http: HTTPExchange
    let learned: Mutex<Learned>
    /// Parts in memory now, and the most there have been.
    let parts = PartCount()

    /// What the server has told.
    struct Learned {
        var region: String
        /// Microseconds to add to the machine's time.
        var clockOffset: Int64 = 0
        /// Some request has found the bucket.
        var bucketExists = false
    }

    /// Makes a store; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - http: from `HTTPClient.forObjectStores()`; the caller shuts it down.
    ///   - logger: gets a line for each try that is made again.
    public init(
        _ settings: S3Settings,
        credentials: any CredentialsProvider,
        http: HTTPClient,
        logger: Logger,
        clock: StoreClock = .system
    ) {
        self.settings = settings
        self.credentials = credentials
        self.http = HTTPExchange(client: http)
        self.logger = logger
        self.clock = clock
        learned = Mutex(Learned(region: settings.region))
    }

    /// HeadObject.
    public func head(_ key: String) async throws(ObjectStoreError) -> ObjectHead? {
        guard let answer = try await headers(of: key) else { return nil }
        guard let size = answer.length else {
            throw .rejected(
                target: StoreTarget(action: "HeadObject", bucket: settings.bucket, key: settings.prefix + key),
                status: answer.status,
                code: "unreadable answer",
                message: "there is no Content-Length in it"
            )
        }
        return ObjectHead(
            size: size,
            sha256: answer.headers.first(name: Self.hashHeader),
            etag: answer.headers.first(name: "ETag")
        )
    }

    /// GetObject; the bytes are compared with the checksums that the server keeps.
    public func get(_ key: String, limit: Int) async throws(ObjectStoreError) -> [UInt8]? {
        let request = S3Request(
            action: "GetObject",
            method: .GET,
            key: try wholeKey(key),
            headers: [HeaderField("X-Amz-Checksum-Mode", "ENABLED")],
            limit: limit
        )
        guard let answer = try await send(request) else { return nil }
        try check(answer, target(request))
        return answer.body
    }

    /// DeleteObject.
    public func delete(_ key: String) async throws(ObjectStoreError) {
        _ = try await send(S3Request(action: "DeleteObject", method: .DELETE, key: try wholeKey(key)))
    }

    /// ListObjectsV2, all pages.
    public func list(prefix: String) async throws(ObjectStoreError) -> [ObjectEntry] {
        var entries: [ObjectEntry] = []
        var token: String?
        repeat {
            var request = S3Request(action: "ListObjectsV2", method: .GET)
            request.query = [
                QueryItem("list-type", "2"), QueryItem("encoding-type", "url"),
                QueryItem("prefix", settings.prefix + prefix),
            ]
            if let token { request.query.append(QueryItem("continuation-token", token)) }
            let page = try await page(request, prefix)
            entries += page.entries
            guard entries.count <= listLimit else { throw .tooMany(prefix: prefix, limit: listLimit) }
            // A server that says there is more and gives the same token again would keep us here for ever.
            guard page.next == nil || page.next != token else {
                throw unreadable(request, "the listing does not end")
            }
            token = page.next
        } while token != nil
        return entries
    }

    private func page(_ request: S3Request, _ prefix: String) async throws(ObjectStoreError) -> S3Listing {
        guard let answer = try await send(request) else {
            throw .missingBucket(target: target(request), endpoint: server)
        }
        guard let page = S3Listing(answer.body, dropping: settings.prefix) else {
            throw unreadable(request, "the answer is no listing")
        }
        return page
    }

    /// What HEAD says; nil where there is no object.
    func headers(of key: String) async throws(ObjectStoreError) -> HTTPExchange.Answer? {
        let request = S3Request(
            action: "HeadObject",
            method: .HEAD,
            key: try wholeKey(key),
            headers: [HeaderField("X-Amz-Checksum-Mode", "ENABLED")]
        )
        if let answer = try await send(request) { return answer }
        if try await isBucketMissing() { throw .missingBucket(target: target(request), endpoint: server) }
        return nil
    }

    /// Whether the bucket is known to be missing. Some answers do not tell: HEAD has no error code, and some servers deny
    /// access to what does not exist. Once the bucket has been seen, nothing is sent.
    func isBucketMissing() async throws(ObjectStoreError) -> Bool {
        guard !learned.withLock({ $0.bucketExists }) else { return false }
        do throws(ObjectStoreError) {
            return try await send(S3Request(action: "HeadBucket", method: .HEAD)) == nil
        } catch {
            // Who may read or write objects only cannot know about the bucket.
            if case .accessDenied = error { return false }
            throw error
        }
    }

    /// The bytes against what the server keeps about them, where it keeps something.
    private func check(_ answer: HTTPExchange.Answer, _ target: StoreTarget) throws(ObjectStoreError) {
        let found = Digest(of: answer.body)
        if let expected = answer.headers.first(name: Self.hashHeader), expected != found.hexadecimal {
            throw .integrity(target: target, expected: expected, found: found.hexadecimal)
        }
        // A checksum of a checksum for each part ends in `-` and their number; it says nothing of the whole.
        if let expected = answer.headers.first(name: Self.checksumHeader), !expected.contains("-"),
            expected != Base64.encode(found.bytes)
        {
            throw .integrity(target: target, expected: expected, found: Base64.encode(found.bytes))
        }
    }

    /// Our own note of an object's SHA-256 in hexadecimal.
    static let hashHeader = "x-amz-meta-sha256"
    /// S3's, in base64.
    static let checksumHeader = "x-amz-checksum-sha256"
}
