import NIOCore
import NIOHTTP1

/// One request of the S3 API, before it is signed.
struct S3Request: Sendable {
    /// S3's name of the operation.
    var action: String
    var method: HTTPMethod
    /// The whole key; nil for the bucket.
    var key: String?
    var query: [QueryItem] = []
    var headers: [HeaderField] = []
    var body: Body?
    /// Bytes a good answer may have.
    var limit = S3Request.answerLimit

    /// Bytes of an answer in XML: a page of 1000 keys of 1024 encoded bytes, and room.
    static let answerLimit = 16 << 20

    /// A body with its digest, which is made once for all tries.
    struct Body: Sendable {
        var bytes: ByteBuffer
        var digest: Digest

        init(_ bytes: ByteBuffer) {
            self.bytes = bytes
            digest = Digest(of: bytes.readableBytesView)
        }

        /// The digest as S3's checksum headers have it.
        var checksum: String {
            Base64.encode(digest.bytes)
        }
    }

    /// Signs for a region with these credentials. `time`: microseconds since 1970, as the server has it.
    func signed(_ addressing: S3Addressing, region: String, credentials: Credentials, at time: Int64)
        -> HTTPExchange.Request
    {
        let place = addressing.place(of: key, region: region)
        let hash = (body?.digest ?? Self.emptyDigest).hexadecimal
        let signable = SignableRequest(
            method: method.rawValue,
            path: place.path,
            query: query,
            headers: [HeaderField("Host", place.authority), HeaderField("X-Amz-Content-Sha256", hash)] + headers,
            payloadHash: hash
        )
        let signer = SignatureV4(credentials: credentials, region: region, service: "s3", paths: .asIs)
        let signed = signer.signed(signable, at: time).request
        let query = query.map(\.encoded).joined(separator: "&")
        return HTTPExchange.Request(
            method: method,
            url: place.origin + place.path + (query.isEmpty ? "" : "?" + query),
            headers: signed.headers + [HeaderField("User-Agent", "meterd")],
            body: body?.bytes
        )
    }

    private static let emptyDigest = Digest(of: [])
}
