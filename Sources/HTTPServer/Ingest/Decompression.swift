import CCompression
import NIOCore

/// Why a body could not be decompressed.
enum DecompressionError: Error, Hashable {
    /// The bytes are not what Content-Encoding says, end early, or have others behind them.
    case malformed
    /// What comes out is longer than the limit.
    case tooLarge
}

/// Decompresses whole bodies. The room that is written to never grows past the limit, whatever the bytes promise.
enum Decompression {
    /// The largest window a zstd frame may ask for, as a power of two: 8 MiB, as RFC 8878 section 3.1.1.1.2 advises.
    private static let zstdWindowLog: Int32 = 23
    /// The room grows by this many bytes at least.
    private static let step = 64 * 1024

    static func decompress(
        _ body: ByteBuffer,
        _ coding: ContentCoding,
        limit: Int
    ) throws(DecompressionError) -> ByteBuffer {
        switch coding {
        case .identity: body
        // Window bits as zlib wants them: 15 is the largest window, 16 more asks for gzip's header.
        case .gzip: try inflate(body, windowBits: 15 + 16, limit: limit, takesMembers: true)
        case .deflate: try inflate(body, windowBits: 15, limit: limit, takesMembers: false)
        case .zstd: try zstd(body, limit: limit)
        }
    }

    private static func inflate(
        _ body: ByteBuffer,
        windowBits: Int32,
        limit: Int,
        takesMembers: Bool
    ) throws(DecompressionError) -> ByteBuffer {
        var body = body
        var stream = z_stream()
        let opened = inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { throw .malformed }
        defer { inflateEnd(&stream) }
        var result = ByteBuffer()
        while true {
            let (status, taken) = try grow(&result, limit: limit) { room -> (Int32, Int, Int) in
                body.withUnsafeReadableBytes { bytes in
                    // zlib reads next_in only; its header just does not say const.
                    stream.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: Bytef.self).baseAddress)
                    stream.avail_in = UInt32(bytes.count)
                    stream.next_out = room.bindMemory(to: Bytef.self).baseAddress
                    stream.avail_out = UInt32(room.count)
                    let status = CCompression.inflate(&stream, Z_NO_FLUSH)
                    return (status, bytes.count - Int(stream.avail_in), room.count - Int(stream.avail_out))
                }
            }
            body.moveReaderIndex(forwardBy: taken)
            if status == Z_STREAM_END {
                if body.readableBytes == 0 { return result }
                // A gzip file may have several members (RFC 1952 section 2.2).
                guard takesMembers, inflateReset(&stream) == Z_OK else { throw .malformed }
            } else if status != Z_OK {
                // Z_BUF_ERROR too: there was room to write to, so the bytes ended early.
                throw .malformed
            }
        }
    }

    private static func zstd(_ body: ByteBuffer, limit: Int) throws(DecompressionError) -> ByteBuffer {
        var body = body
        guard let stream = ZSTD_createDStream() else { throw .malformed }
        defer { ZSTD_freeDStream(stream) }
        guard ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, zstdWindowLog)) == 0 else {
            throw .malformed
        }
        var result = ByteBuffer()
        while true {
            let hadInput = body.readableBytes > 0
            let (status, taken) = try grow(&result, limit: limit) { room -> (Int, Int, Int) in
                body.withUnsafeReadableBytes { bytes in
                    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                    var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                    let status = ZSTD_decompressStream(stream, &output, &input)
                    return (status, input.pos, output.pos)
                }
            }
            guard ZSTD_isError(status) == 0 else { throw .malformed }
            body.moveReaderIndex(forwardBy: taken)
            // Zero: a frame is complete; another may follow.
            if status == 0, body.readableBytes == 0 { return result }
            if !hadInput, status != 0, result.writableBytes > 0 { throw .malformed }
        }
    }

    /// Lets `write` fill the free room of `result`, which is made where there is none. `write` returns its status, the
    /// bytes it took and the bytes it wrote.
    private static func grow<Status>(
        _ result: inout ByteBuffer,
        limit: Int,
        _ write: (UnsafeMutableRawBufferPointer) -> (Status, Int, Int)
    ) throws(DecompressionError) -> (status: Status, taken: Int) {
        // One byte above the limit is let in, to tell a body of exactly the limit from a longer one.
        let free = limit + 1 - result.readableBytes
        guard free > 0 else { throw .tooLarge }
        if result.writableBytes == 0 { result.reserveCapacity(minimumWritableBytes: min(step, free)) }
        var outcome: (Status, Int)?
        result.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { room in
            let (status, taken, written) = write(UnsafeMutableRawBufferPointer(rebasing: room.prefix(free)))
            outcome = (status, taken)
            return written
        }
        guard result.readableBytes <= limit else { throw .tooLarge }
        guard let (status, taken) = outcome else { preconditionFailure("the room was offered") }
        return (status, taken)
    }
}
