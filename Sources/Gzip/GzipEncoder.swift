/// Compresses a stream of bytes into one gzip member (RFC 1952, https://www.rfc-editor.org/rfc/rfc1952).
///
/// The compressed bytes depend on the input alone: not on how `append` cut it, nor on the machine or a library's version.
/// So a report that is made again from the same totals has the same digest everywhere. A change of this room's output
/// changes every compressed report; a test holds its digest.
///
/// Memory is constant, about 1.5 MB an encoder.
public struct GzipEncoder: ~Copyable {
    /// Bytes of input that are compressed in one go, matches reaching back into the bytes before them. The cuts are at
    /// multiples of it in the whole input.
    static let chunkLimit = 512 << 10

    private var window: SlidingWindow
    private var deflate = DeflateEncoder()
    private var checksum = CRC32()
    private var inputBytes: UInt64 = 0

    /// An encoder that was given nothing yet.
    public init() {
        window = SlidingWindow(chunkLimit: Self.chunkLimit)
        deflate.output.append(bytes: [
            0x1f, 0x8b,  // gzip
            8,  // deflate
            0,  // no name, no comment, no extra field
            0, 0, 0, 0,  // no time of modification
            0,  // no hint about the effort
            255,  // made on no particular system
        ])
    }

    /// Takes the next bytes of the input, of any number.
    ///
    /// - Returns: the next bytes of the member, often none.
    public mutating func append(_ bytes: [UInt8]) -> [UInt8] {
        inputBytes += UInt64(bytes.count)
        bytes.withUnsafeBytes { bytes in
            checksum.update(bytes)
            var rest = bytes[...]
            while !rest.isEmpty {
                if window.isFull {
                    // Only now, since the last chunk is written otherwise.
                    deflate.encode(window, isLast: false)
                    deflate.slide(by: window.slide())
                }
                rest = rest.dropFirst(window.fill(UnsafeRawBufferPointer(rebasing: rest)))
            }
        }
        return deflate.output.takeBytes()
    }

    /// Ends the member.
    ///
    /// - Returns: its last bytes.
    public consuming func finish() -> [UInt8] {
        deflate.encode(window, isLast: true)
        deflate.output.padToByte()
        deflate.output.append(littleEndian: checksum.value)
        deflate.output.append(littleEndian: UInt32(truncatingIfNeeded: inputBytes))
        return deflate.output.takeBytes()
    }
}
