import NIOCore
import NIOHTTP1

extension S3Store {
    /// Stores an object: in one request up to ``S3Settings/Multipart/threshold``, else in parts, of which a few are in
    /// memory at a time. What fails after its first part is aborted, and nothing of it stays.
    public func put(
        _ key: String,
        _ body: ObjectBody,
        contentType: String
    ) async throws(ObjectStoreError) -> PutResult {
        let whole = try wholeKey(key)
        let threshold = settings.multipart.soundThreshold
        let reader = PartReader(body, key: whole, plan: PartPlan(settings.multipart), count: parts)
        if try await reader.hasMore(than: threshold) {
            let upload = MultipartUpload(store: self, key: key, contentType: contentType, declared: body.sha256)
            return try await upload.run(reader)
        }
        return try await putWhole(whole, reader.takeHeld(), try reader.finish(), contentType)
    }

    private func putWhole(
        _ key: String,
        _ pieces: [PartReader.Part],
        _ total: PartReader.Total,
        _ contentType: String
    ) async throws(ObjectStoreError) -> PutResult {
        var bytes = pieces.first?.bytes ?? ByteBuffer()
        for piece in pieces.dropFirst() {
            bytes.writeImmutableBuffer(piece.bytes)
        }
        let body = S3Request.Body(bytes)
        let request = S3Request(
            action: "PutObject",
            method: .PUT,
            key: key,
            headers: [
                HeaderField("Content-Type", contentType), HeaderField(Self.checksumHeader, body.checksum),
                HeaderField(Self.hashHeader, total.sha256),
            ],
            body: body
        )
        let answer = try await stored(request)
        return PutResult(sha256: total.sha256, bytes: total.bytes, etag: answer.headers.first(name: "ETag"))
    }

    /// Sends a body and compares the checksum that the server says it has stored, if it says one.
    func stored(_ request: S3Request) async throws(ObjectStoreError) -> HTTPExchange.Answer {
        guard let answer = try await send(request) else {
            throw .missingBucket(target: target(request), endpoint: server)
        }
        if let body = request.body, let found = answer.headers.first(name: Self.checksumHeader), found != body.checksum
        {
            throw .integrity(target: target(request), expected: body.checksum, found: found)
        }
        return answer
    }
}
