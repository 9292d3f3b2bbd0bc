import Crypto
import Logging
import NIOCore
import NIOHTTP1

/// One upload in parts (Amazon S3 User Guide, "Uploading and copying objects using multipart upload").
struct MultipartUpload: Sendable {
    let store: S3Store
    /// As the caller of the store has it.
    let key: String
    let contentType: String
    /// The object's SHA-256, when known beforehand.
    let declared: String?

    /// A part that the server has.
    private struct Sent: Sendable {
        var number: Int
        var etag: String
        var digest: Digest
    }

    /// Sends all parts of the reader; they are joined, or all are removed.
    func run(_ reader: PartReader) async throws(ObjectStoreError) -> PutResult {
        let id = try await create()
        do {
            let sent = try await sendAll(id, reader)
            let total = try reader.finish()
            let etag = try await complete(id, sent, total)
            return PutResult(sha256: total.sha256, bytes: total.bytes, etag: etag)
        } catch {
            // In a task of its own: this one may be cancelled, and then it could send nothing any more.
            await Task { await self.abort(id) }.value
            throw error
        }
    }

    private static let abortAttempts = 2

    private var wholeKey: String {
        store.settings.prefix + key
    }

    private func create() async throws(ObjectStoreError) -> String {
        var request = S3Request(
            action: "CreateMultipartUpload",
            method: .POST,
            key: wholeKey,
            query: [QueryItem("uploads")]
        )
        request.headers = [HeaderField("Content-Type", contentType), HeaderField("X-Amz-Checksum-Algorithm", "SHA256")]
        if let declared { request.headers.append(HeaderField(S3Store.hashHeader, declared)) }
        let answer = try await store.stored(request)
        guard let id = XMLTree.parse(answer.body)?["UploadId"]?.text, !id.isEmpty else {
            throw store.unreadable(request, "there is no UploadId in it")
        }
        return id
    }

    /// Sends while it reads. A part is not read before one of ``S3Settings/Multipart/partsInMemory`` has been sent.
    private func sendAll(
        _ id: String,
        _ reader: PartReader
    ) async throws(ObjectStoreError) -> [Sent] {
        let limit = store.settings.multipart.soundPartsInMemory
        return try await withTaskGroup(
            of: Result<Sent, ObjectStoreError>.self,
            returning: Result<[Sent], ObjectStoreError>.self
        ) { group in
            var sent: [Sent] = []
            var underWay = 0
            do throws(ObjectStoreError) {
                while true {
                    while underWay > 0, underWay + reader.heldCount >= limit, let result = await group.next() {
                        sent.append(try result.get())
                        underWay -= 1
                    }
                    guard let part = try await reader.next() else { break }
                    group.addTask { await self.send(part, id) }
                    underWay += 1
                }
                while let result = await group.next() {
                    sent.append(try result.get())
                }
                return .success(sent.sorted { $0.number < $1.number })
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }.get()
    }

    private func send(_ part: PartReader.Part, _ id: String) async -> Result<Sent, ObjectStoreError> {
        let body = S3Request.Body(part.bytes)
        let request = S3Request(
            action: "UploadPart",
            method: .PUT,
            key: wholeKey,
            query: [QueryItem("partNumber", String(part.number)), QueryItem("uploadId", id)],
            headers: [HeaderField(S3Store.checksumHeader, body.checksum)],
            body: body
        )
        do throws(ObjectStoreError) {
            let answer = try await store.stored(request)
            guard let etag = answer.headers.first(name: "ETag") else {
                throw store.unreadable(request, "a part has no ETag")
            }
            return .success(Sent(number: part.number, etag: etag, digest: body.digest))
        } catch {
            return .failure(error)
        }
    }

    private func complete(
        _ id: String,
        _ sent: [Sent],
        _ total: PartReader.Total
    ) async throws(ObjectStoreError) -> String? {
        let parts = sent.map { part in
            "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(part.etag.escapedForXML)</ETag>"
                + "<ChecksumSHA256>\(Base64.encode(part.digest.bytes))</ChecksumSHA256></Part>"
        }
        let document =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
            + "</CompleteMultipartUpload>"
        let request = S3Request(
            action: "CompleteMultipartUpload",
            method: .POST,
            key: wholeKey,
            query: [QueryItem("uploadId", id)],
            headers: [HeaderField("Content-Type", "application/xml")],
            body: .init(ByteBuffer(string: document))
        )
        if let answer = try await store.send(request) {
            return XMLTree.parse(answer.body)?["ETag"]?.text
        }
        return try await findCompleted(sent, total, request)
    }

    /// The upload is unknown. So it is after a CompleteMultipartUpload whose answer was lost on the way and that was sent
    /// again: then the object is there, and it is ours when the checksum of its parts' checksums is.
    private func findCompleted(
        _ sent: [Sent],
        _ total: PartReader.Total,
        _ request: S3Request
    ) async throws(ObjectStoreError) -> String? {
        let answer = try await store.headers(of: key)
        let ours = Base64.encode(Digest(of: sent.flatMap(\.digest.bytes)).bytes) + "-\(sent.count)"
        guard let answer, answer.length == total.bytes, answer.headers.first(name: S3Store.checksumHeader) == ours
        else {
            throw .rejected(
                target: store.target(request),
                status: 404,
                code: "NoSuchUpload",
                message: "the upload was removed while it went on, by a lifecycle rule or by someone"
            )
        }
        return answer.headers.first(name: "ETag")
    }

    /// Whoever waits for the failed upload's error waits for this too, so it does not go on for long.
    private func abort(_ id: String) async {
        var patience = store.settings.retry
        patience.attempts = min(patience.attempts, Self.abortAttempts)
        let request = S3Request(
            action: "AbortMultipartUpload",
            method: .DELETE,
            key: wholeKey,
            query: [QueryItem("uploadId", id)]
        )
        do {
            _ = try await store.send(request, retry: patience)
        } catch {
            store.logger.warning(
                "parts of an upload stay in the bucket until a lifecycle rule removes them",
                metadata: ["key": "\(key)", "upload": "\(id)", "reason": "\(error)"]
            )
        }
    }
}

extension String {
    /// As the text of an element.
    fileprivate var escapedForXML: String {
        var escaped = ""
        for character in self {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
