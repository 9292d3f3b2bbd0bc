import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ReportDefinitions

/// Sends a page piece by piece; the next piece is read when the client has taken enough of those before.
///
/// Pages may be files. They are read on NIO's pool of threads for blocking calls, so a slow disk holds neither an event
/// loop nor one of the cooperative threads that the other requests run on; each answer has one read there at a time.
struct PageBody: Sendable {
    let page: any ReportPage
    /// Kept until the page is sent.
    let turn: PageTurn
    /// The request's id.
    let request: String
    let logger: Logger

    /// Bytes of a piece.
    static let pieceLimit = 256 * 1024

    /// The body, its length announced. When a piece cannot be read the connection closes before that many bytes are out, and
    /// so the client knows that the page is not whole (RFC 9112 section 8).
    var response: ResponseBody {
        let length = page.bytes
        return ResponseBody(contentLength: length) { writer in
            var offset = 0
            while offset < length {
                let piece = try await self.piece(at: offset, limit: min(Self.pieceLimit, length - offset))
                try await writer.write(ByteBuffer(bytes: piece))
                offset += piece.count
            }
            try await writer.finish(nil)
        }
    }

    private func piece(at offset: Int, limit: Int) async throws -> [UInt8] {
        do {
            let piece = try await NIOThreadPool.singleton.runIfActive { [page] in
                try page.read(at: offset, limit: limit)
            }
            guard (1...limit).contains(piece.count) else {
                throw PageFault.length(read: piece.count, offset: offset, limit: limit)
            }
            return piece
        } catch {
            logger.error(
                "a page could not be sent to its end",
                metadata: ["request": "\(request)", "offset": "\(offset)", "error": "\(error)"]
            )
            throw error
        }
    }
}

/// A page is not what it said it was.
enum PageFault: Error, CustomStringConvertible {
    /// A read gave too few bytes or too many.
    case length(read: Int, offset: Int, limit: Int)

    var description: String {
        switch self {
        case .length(let read, let offset, let limit):
            "\(read) bytes were read at offset \(offset) where there should be 1 to \(limit)"
        }
    }
}
