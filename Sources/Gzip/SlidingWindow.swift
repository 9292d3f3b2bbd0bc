/// The input under compression: up to 32 KiB that were compressed before (matches may reach back into them), and behind
/// them the chunk that fills up.
struct SlidingWindow: ~Copyable {
    /// How far back a match of deflate may reach, bytes (RFC 1951, section 2).
    static let history = 32 << 10
    /// Bytes behind the last one that a load of a word may touch.
    private static let padding = 8

    private var bytes: FixedBuffer<UInt8>
    private let chunkLimit: Int
    /// Where the chunk begins.
    private(set) var chunkStart = 0
    /// Behind the last byte of the chunk.
    private(set) var end = 0

    init(chunkLimit: Int) {
        precondition(chunkLimit >= Self.history)
        self.chunkLimit = chunkLimit
        bytes = FixedBuffer(repeating: 0, count: Self.history + chunkLimit + Self.padding)
    }

    var isFull: Bool { end - chunkStart == chunkLimit }

    /// Takes as many bytes as the chunk has room for and tells their number.
    mutating func fill(_ source: UnsafeRawBufferPointer) -> Int {
        let taken = min(source.count, chunkLimit - (end - chunkStart))
        guard taken > 0, let first = source.baseAddress else { return 0 }
        UnsafeMutableRawPointer(bytes.base + end).copyMemory(from: first, byteCount: taken)
        end += taken
        return taken
    }

    /// Makes the end of the chunk the history of the next one, which is empty.
    ///
    /// - Returns: by how many bytes everything moved towards the front.
    mutating func slide() -> Int {
        let shift = max(0, end - Self.history)
        UnsafeMutableRawPointer(bytes.base).copyMemory(from: bytes.base + shift, byteCount: end - shift)
        end -= shift
        chunkStart = end
        return shift
    }

    subscript(position: Int) -> UInt8 { bytes[position] }

    /// The four bytes at a position, the same number on every machine.
    func word(at position: Int) -> UInt32 {
        assert(position >= 0 && position + 4 <= bytes.count)
        return UInt32(littleEndian: UnsafeRawPointer(bytes.base + position).loadUnaligned(as: UInt32.self))
    }

    /// How many bytes are equal from two positions on, `limit` at most.
    func commonLength(_ first: Int, _ second: Int, limit: Int) -> Int {
        assert(max(first, second) + limit <= end)
        let one = UnsafeRawPointer(bytes.base + first)
        let other = UnsafeRawPointer(bytes.base + second)
        var length = 0
        while length < limit {
            let difference =
                one.loadUnaligned(fromByteOffset: length, as: UInt64.self)
                ^ other.loadUnaligned(fromByteOffset: length, as: UInt64.self)
            if difference != 0 {
                return min(limit, length + UInt64(littleEndian: difference).trailingZeroBitCount / 8)
            }
            length += 8
        }
        return limit
    }

    /// The bytes of a range, as they are.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= end)
        return UnsafeRawBufferPointer(start: bytes.base + range.lowerBound, count: range.count)
    }
}
