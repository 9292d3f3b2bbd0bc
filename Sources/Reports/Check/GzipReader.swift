import CCompression

/// Why a file is not what gzip wrote.
enum GzipFault: Error, Hashable, CustomStringConvertible {
    case malformed
    case cutShort
    /// In bytes.
    case tooLarge(limit: Int)
    case noMemory

    var description: String {
        switch self {
        case .malformed: "is not what gzip writes, or its checksum is not that of its content"
        case .cutShort: "ends before its gzip content does"
        case .tooLarge(let limit): "has more than \(limit) bytes of content, the most that check reads"
        case .noMemory: "was not read: there is no memory for zlib"
        }
    }
}

/// Reads gzip (RFC 1952) and hands on its content in pieces, so that a file may be far larger than memory.
enum GzipReader {
    /// Bytes of a piece.
    private static let pieceBytes = 256 << 10
    /// As zlib wants it: 15 is the largest window, 16 more asks for gzip's header.
    private static let windowBits: Int32 = 15 + 16

    /// - Parameters:
    ///   - limit: bytes of content.
    ///   - take: gets a piece, and how many bytes of the file are behind it.
    static func read(
        _ bytes: [UInt8],
        limit: Int,
        _ take: (UnsafeRawBufferPointer, _ consumed: Int) -> Void
    ) throws(GzipFault) {
        // zlib keeps a pointer to it, so it has to stay where it is.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
        defer {
            room.deallocate()
            stream.deallocate()
        }
        guard inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
        }
        defer { inflateEnd(stream) }
        let fault = bytes.withUnsafeBytes { input in
            inflate(input, stream, room, limit: limit, take)
        }
        if let fault { throw fault }
    }

    private static func inflate(
        _ input: UnsafeRawBufferPointer,
        _ stream: UnsafeMutablePointer<z_stream>,
        _ room: UnsafeMutableRawBufferPointer,
        limit: Int,
        _ take: (UnsafeRawBufferPointer, _ consumed: Int) -> Void
    ) -> GzipFault? {
        guard !input.isEmpty else { return .cutShort }
        var consumed = 0
        var content = 0
        while true {
            // zlib counts in 32 bits, and only reads next_in; its header just does not say const.
            let chunk = UnsafeRawBufferPointer(rebasing: input[consumed..<min(consumed + Int(Int32.max), input.count)])
            stream.pointee.next_in = UnsafeMutablePointer(mutating: chunk.bindMemory(to: Bytef.self).baseAddress)
            stream.pointee.avail_in = UInt32(chunk.count)
            stream.pointee.next_out = room.bindMemory(to: Bytef.self).baseAddress
            stream.pointee.avail_out = UInt32(room.count)
            let status = CCompression.inflate(stream, Z_NO_FLUSH)
            consumed += chunk.count - Int(stream.pointee.avail_in)
            let made = room.count - Int(stream.pointee.avail_out)
            content += made
            guard content <= limit else { return .tooLarge(limit: limit) }
            if status == Z_OK || status == Z_STREAM_END {
                take(UnsafeRawBufferPointer(rebasing: room[..<made]), consumed)
            }
            switch status {
            case Z_OK: continue
            case Z_STREAM_END:
                if consumed == input.count { return nil }
                // A file may have several members (section 2.2).
                guard inflateReset(stream) == Z_OK else { return .malformed }
            case Z_BUF_ERROR where consumed == input.count: return .cutShort
            case Z_MEM_ERROR: return .noMemory
            default: return .malformed
            }
        }
    }
}
