import CloudEvents
import NIOCore

/// Why a body was refused, and how many events that concerns (1 when they cannot be counted).
struct IngestRefusal: Error {
    var problem: Problem
    var events: Int
}

/// Turns a body into events. One for an event loop: it owns the parser and its scratch memory.
final class IngestDecoding {
    private let decoder: EventDecoder
    private let limit: Int

    /// `limit` is the largest body after decompression, in bytes.
    init(decoder: EventDecoder, limit: Int) {
        self.decoder = decoder
        self.limit = limit
    }

    func decode(_ body: ByteBuffer, _ metadata: IngestMetadata) throws(IngestRefusal) -> EventBatch {
        guard metadata.coding != .identity else { return try decodePlain(body, metadata) }
        let plain: ByteBuffer
        do throws(DecompressionError) {
            plain = try Decompression.decompress(body, metadata.coding, limit: limit)
        } catch {
            let problem =
                switch error {
                case .tooLarge: Problem.bodyTooLarge(limit: limit)
                case .malformed:
                    Problem(status: 400, detail: "the body is not what Content-Encoding says, or is not whole")
                }
            throw IngestRefusal(problem: problem, events: 1)
        }
        return try decodePlain(plain, metadata)
    }

    private func decodePlain(_ body: ByteBuffer, _ metadata: IngestMetadata) throws(IngestRefusal) -> EventBatch {
        let result = body.withUnsafeReadableBytes { bytes in
            Result<EventBatch, DecodeError> { () throws(DecodeError) in
                switch metadata.mode {
                case .structured(let envelope): try decoder.decode(bytes, envelope: envelope)
                case .binary:
                    try decoder.decodeBinary(
                        attributes: metadata.attributes,
                        contentType: metadata.contentType,
                        body: bytes.isEmpty ? nil : bytes
                    )
                }
            }
        }
        switch result {
        case .success(let batch): return batch
        case .failure(let error):
            var events = 1
            if case .invalid(_, let count) = error { events = max(1, count) }
            throw IngestRefusal(problem: Problem(error), events: events)
        }
    }
}
