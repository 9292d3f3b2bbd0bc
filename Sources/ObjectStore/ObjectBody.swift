/// The bytes of an object to store: in memory, or chunk by chunk.
public struct ObjectBody: Sendable {
    /// Gives one chunk after the other; nil at the end.
    typealias Reader = () async throws -> [UInt8]?

    /// The whole object's SHA-256 in lower-case hexadecimal, when the caller knows it beforehand.
    let sha256: String?
    private let makeReader: @Sendable () -> Reader

    private init(sha256: String?, makeReader: @escaping @Sendable () -> Reader) {
        self.sha256 = sha256
        self.makeReader = makeReader
    }

    /// An object in memory.
    public static func bytes(_ bytes: [UInt8]) -> ObjectBody {
        ObjectBody(sha256: nil) {
            var offset = 0
            return {
                guard offset < bytes.count else { return nil }
                let end = min(offset + chunkSize, bytes.count)
                defer { offset = end }
                return Array(bytes[offset..<end])
            }
        }
    }

    /// An object that comes as a sequence, read once and no faster than it is stored.
    ///
    /// - Parameter sha256: of the whole object in lower-case hexadecimal, if known. The store refuses other bytes, and a
    ///   large object in a bucket carries it (``ObjectHead/sha256``), for which it must be known before the first byte is sent.
    public static func chunks<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks,
        sha256: String? = nil
    ) -> ObjectBody where Chunks.Element == [UInt8] {
        ObjectBody(sha256: sha256) {
            var iterator = chunks.makeAsyncIterator()
            return { try await iterator.next() }
        }
    }

    /// An object read by offset, such as a file: `read` gives the bytes from an offset on, as many as it likes, none at the end.
    ///
    /// - Parameter sha256: as in ``chunks(_:sha256:)``.
    public static func reading(
        sha256: String? = nil,
        _ read: @escaping @Sendable (_ offset: Int) async throws -> [UInt8]
    ) -> ObjectBody {
        ObjectBody(sha256: sha256) {
            var offset = 0
            return {
                let chunk = try await read(offset)
                offset += chunk.count
                return chunk.isEmpty ? nil : chunk
            }
        }
    }

    /// Begins to read. To be called once.
    func reader() -> Reader {
        makeReader()
    }

    /// Bytes of one chunk of an object in memory.
    private static let chunkSize = 1 << 20
}
